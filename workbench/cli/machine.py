"""doctor, settings, demo, desktop."""

from __future__ import annotations  # names of `api` are imported only when they are used

from pathlib import Path
from typing import Annotated

import typer

from workbench import api
from workbench.cli.follow import follow_to_the_end
from workbench.cli.output import Debug, Json, examples, note, print_json, say
from workbench.cli.results import print_comparison
from workbench.domain.records import RunState

_DEMO_EPILOG = examples(
    "workbench demo",
    "workbench demo --seeds 3        (bands over seeds)",
    "workbench demo --long           (PPO turned up until its reward model is fooled)",
)


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command("about", epilog=examples("workbench about --json"))(about)
    app.command("doctor", epilog=examples("workbench doctor", "workbench doctor --json"))(doctor)
    app.command("settings", epilog=examples("workbench settings", "workbench settings ppo"))(settings)
    app.command("desktop", epilog=examples("workbench desktop"))(desktop)
    app.command("demo", epilog=_DEMO_EPILOG)(demo)


def doctor(json: Json = False, debug: Debug = False) -> None:
    """Report versions and devices, and what is wrong."""
    checks = api.examine()
    if json:
        print_json({"ok": all(check.ok for check in checks), "checks": [check.model_dump() for check in checks]})
    else:
        for check in checks:
            say(f"{'ok ' if check.ok else 'BAD'}  {check.name:<20} {check.value}")
            if not check.ok:
                say(f"     {'':<20} {check.problem}. {check.fix}")
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def settings(
    group: Annotated[str | None, typer.Argument(help="experiment, sampling, budget, sft, reward, ppo or dpo.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List what an experiment file may set."""
    views = api.list_settings(group)
    if json:
        print_json({"settings": [view.model_dump(mode="json") for view in views]})
        return
    for view in views:
        default = "required" if view.required else "" if view.default is None else f"= {view.default}"
        say(f"{view.group}.{view.name} {default} {view.unit}".rstrip())
        say(f"    {view.help}")


def about(json: Json = False, debug: Debug = False) -> None:
    """Say the versions, the licence and where the logs are."""
    found = api.about()
    if json:
        print_json(found)
        return
    say(f"Preference Workbench {found.version}, {found.licence}")
    say(f"Logs: {found.logs}")
    for name, version in found.libraries.items():
        say(f"{name} {version}")


def demo(
    dir: Annotated[Path | None, typer.Option(help="The project's folder.")] = None,  # noqa: A002
    seeds: Annotated[int, typer.Option(min=1, max=20, help="How often each arm is trained.")] = 1,
    long: Annotated[bool, typer.Option("--long", help="PPO pushed until proxy and gold part.")] = False,
    window: Annotated[
        bool, typer.Option("--window", help="Watch it in the window too, where there is a display.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Run the main job on bundled data."""
    folder = dir or api.demo_folder()
    if not json:
        say(f"The film critic: a small model learns to review films from people's comparisons, in {folder}")
    project, jobs = api.start_demo(folder, n_seeds=seeds, long=long)
    shown = api.open_window(project) if window else None
    if shown is not None:
        note("The window is open on it; closing it stops nothing.")
    views = follow_to_the_end(project, [job.id for job in jobs], quiet=json)
    if failed := [view for view in views if view.state is not RunState.FINISHED]:
        first = next((view for view in failed if view.message), failed[0])
        note(f"{first.id} {first.state}: {first.message} {first.hint}")
        raise typer.Exit(1)
    result = api.finish_demo(project, long=long)
    if json:
        print_json(result.model_dump(mode="json") | {"comparison": result.comparison.to_json()})
        return
    print_comparison(result.comparison)
    say()
    say(f"Project  {result.project}")
    say(f"Report   {result.report}")
    for chart in result.charts:
        say(f"Chart    {chart}")


def desktop(json: Json = False, debug: Debug = False) -> None:
    """Have a double click on project.workbench open the window (Linux)."""
    written = api.register_on_desktop()
    if json:
        print_json({"written": [str(path) for path in written]})
        return
    for path in written:
        say(f"Wrote {path}")
    say("A double click on a project.workbench opens it from now on; deleting the two files undoes it.")
