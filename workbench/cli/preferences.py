"""preferences, hub-token, machine."""

from __future__ import annotations  # names of `api` are imported only when they are used

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench import api
from workbench.cli.output import Debug, Json, examples, print_json, print_table, say
from workbench.domain.errors import BadInput

_PREFERENCES_EPILOG = examples(
    "workbench preferences",
    "workbench preferences look.theme",
    "workbench preferences look.theme dark",
    "workbench preferences devices.use cuda:0,cuda:1",
    "workbench preferences look.theme --reset",
)
_TOKEN_EPILOG = examples("workbench hub-token", "workbench hub-token --store", "workbench hub-token --forget")
_MACHINE_EPILOG = examples("workbench machine", "workbench machine my-project", "workbench machine my-project --json")
_MEASURE_S = 0.5  # what the processors do is known between two looks


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command("preferences", epilog=_PREFERENCES_EPILOG)(preferences)
    app.command("hub-token", epilog=_TOKEN_EPILOG)(hub_token)
    app.command("machine", epilog=_MACHINE_EPILOG)(machine)


def preferences(
    name: Annotated[str | None, typer.Argument(help="As look.theme; none lists all.")] = None,
    value: Annotated[str | None, typer.Argument(help="What it is to be; none shows it.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Give it its default back.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show and change what you prefer on this computer: look, devices, folders, shortcuts."""
    if reset and (name is None or value is not None):
        raise BadInput("--reset takes one name and no value.", "As in: workbench preferences look.theme --reset.")
    if name is not None and reset:
        api.reset_preference(name)
    elif name is not None and value is not None:
        api.set_preference(name, value)
    shown = _shown(name)
    if json:
        print_json({"file": str(api.preferences_file()), "preferences": shown})
        return
    for entry in shown:
        say(f"{'●' if entry['changed'] else ' '} {entry['name']} = {_words(entry['value'])} {entry['unit']}".rstrip())
        if entry["help"]:
            say(f"    {entry['help']}")


def hub_token(
    store: Annotated[bool, typer.Option("--store", help="Ask for the token, or read it from a pipe.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Take it out of the keyring.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Keep your Hugging Face token in the system's keyring; it is never shown and in no file."""
    if store and forget:
        raise BadInput("--store and --forget were both given.", "Choose one.")
    if store:
        api.store_hub_token(_typed_token())
    if forget:
        api.forget_hub_token()
    state = api.hub_token_state()
    if json:
        print_json(dict(state._asdict()))
    else:
        say(_TOKEN_WORDS[state.source].format(keyring=state.keyring))
        if state.problem:
            say(state.problem)


def _typed_token() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    return str(typer.prompt("Token", hide_input=True, err=True))


_TOKEN_WORDS = {
    "keyring": "There is a token in {keyring}.",
    "environment": "The environment variable HF_TOKEN holds a token.",
    "none": "There is no token; public models and datasets need none.",
}


def machine(
    folder: Annotated[Path | None, typer.Argument(metavar="PROJECT", help="Whose runs are shown too.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show how busy the computer is, and what each run of a project takes of it."""
    project = None if folder is None else api.open_project(folder)
    meter = None if project is None else api.UsageMeter(project)
    api.show_machine()
    if meter is not None:
        meter.look()
    time.sleep(_MEASURE_S)
    load, uses = api.show_machine(), [] if meter is None else meter.look()
    devices = api.list_devices(project)
    if json:
        views = [device.model_dump() for device in devices]
        print_json({"load": load.model_dump(), "devices": views, "runs": [use._asdict() for use in uses]})
        return
    say(f"CPU     {load.cpu_percent:.0f} % of {load.cores} cores")
    say(f"Memory  {load.used_mib / 1024:.1f} of {load.memory_mib / 1024:.1f} GiB")
    for number, gpu in enumerate(load.gpus):
        busy = "" if gpu.busy_percent is None else f"{gpu.busy_percent:.0f} % busy, "
        say(f"GPU {number}   {gpu.name}: {busy}{gpu.used_mib / 1024:.1f} of {gpu.memory_mib / 1024:.1f} GiB")
    for device in devices:
        allowed = "" if device.allowed else " (runs may not use it)"
        say(f"Device  {device.name}: {device.what}{allowed}")
    if uses:
        print_table(["run", "device", "CPU %", "memory MiB", "GPU MiB", "minutes"], [_row(use) for use in uses])
    elif project is not None:
        say("No run of the project goes on.")


def _row(use: api.RunUse) -> list[str]:
    cpu = "" if use.cpu_percent is None else f"{use.cpu_percent:.0f}"
    gpu = "" if use.gpu_mib is None else f"{use.gpu_mib:.0f}"
    return [use.run_id, use.device, cpu, f"{use.memory_mib:.0f}", gpu, f"{use.seconds / 60:.1f}"]


def _shown(name: str | None) -> list[dict[str, Any]]:
    known = api.read_preferences()
    entries = [
        {
            "name": view.name,
            "value": view.value,
            "default": view.setting.default,
            "unit": view.setting.unit,
            "changed": view.changed,
            "help": " ".join(part for part in (view.setting.help, _allowed(view.setting)) if part),
        }
        for view in api.list_preferences(known)
    ]
    entries += [
        {"name": f"shortcuts.{command}", "value": keys, "default": None, "unit": "", "changed": True, "help": ""}
        for command, keys in known.shortcuts.items()
    ]
    if name is None:
        return entries
    found = [entry for entry in entries if str(entry["name"]).startswith(f"{name}.") or entry["name"] == name]
    if not found and not name.startswith("shortcuts"):
        names = ", ".join(str(entry["name"]) for entry in entries)
        raise BadInput(f"There is no preference `{name}`.", f"Known: {names}.")
    return found


def _allowed(setting: api.SettingView) -> str:
    words = f"One of {', '.join(setting.choices)}" if setting.choices else setting.bounds.capitalize()
    return f"{words}." if words else ""


def _words(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "(all)"
    return "(default)" if value in (None, "") else str(value)
