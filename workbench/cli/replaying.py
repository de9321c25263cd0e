"""replay."""

from __future__ import annotations  # names of `api` are imported only when they are used

from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status

from workbench import api
from workbench.cli.output import Debug, Json, ProjectFolder, examples, note, print_json, print_table, say
from workbench.cli.runs import RunId

_SHOWN = 8  # metrics that differ; the first ones say it all


def register(app: typer.Typer) -> None:
    """Adds this command."""
    app.command(
        "replay",
        epilog="On the same device, with the same libraries, the numbers are the same to the last bit on a CPU; on a GPU they "
        "usually differ in their last digits.\n\n"
        "Ctrl+C ends it, and --stop one that was started elsewhere; nothing of it is kept then.\n\n"
        + examples("workbench replay my-project dpo-s0-1a2b3c4d", "workbench replay my-project ppo --json"),
    )(replay)


def replay(
    folder: ProjectFolder,
    run: RunId,
    stop: Annotated[bool, typer.Option("--stop", help="End the replay of this run that is going on.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Do a finished run again from its recorded recipe, and say whether the same came of it."""
    project = api.open_project(folder)
    run_id = api.find_run(project, run)
    if stop:
        api.stop_replay(project, run_id)
        note(f"The replay of {run_id} ends.")
        return
    try:
        with Status(f"replaying {run_id}", console=Console(stderr=True)) as status:
            found = api.replay_run(
                project,
                run_id,
                on_progress=lambda phase, step, total: status.update(f"replaying {run_id}: {phase}, {step}/{total}"),
            )
    except KeyboardInterrupt:
        note("Interrupted: the replay has ended, and nothing of it is kept.")
        raise
    if json:
        print_json(found.model_dump(mode="json") | {"same": found.is_same, "sentence": found.sentence})
        return
    say(f"{found.sentence} Took {found.seconds:.0f} s on {found.device}.")
    differing = [metric for metric in found.metrics if not metric.is_same]
    if differing:
        rows = [[metric.name, str(metric.first_step or "-"), f"{metric.largest:.3g}", str(metric.n_missing)]
                for metric in differing[:_SHOWN]]  # fmt: skip
        print_table(["metric", "first at step", "largest difference", "steps of one only"], rows)
    for change in found.changed:
        note(f"Not as it was: {change.what} was {change.before}, is {change.after}.")
