"""metrics."""

from __future__ import annotations  # names of `api` are imported only when they are used

from pathlib import Path
from typing import Annotated

import typer

from workbench import api
from workbench.cli.output import Debug, Json, ProjectFolder, examples, print_json, say


def register(app: typer.Typer) -> None:
    """Adds this command."""
    app.command(
        "metrics",
        epilog=examples(
            "workbench metrics my-project --out all.csv",
            "workbench metrics my-project ppo-s0-1a2b --metric objective/kl --metric objective/scores --out kl.parquet",
        ),
    )(metrics)


def metrics(
    folder: ProjectFolder,
    out: Annotated[Path, typer.Option(help="The table's file, .csv or .parquet.", show_default=False)],
    runs: Annotated[list[str] | None, typer.Argument(metavar="[RUN...]", help="All where none is named.")] = None,
    metric: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this one; may be repeated.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write what runs logged at every step as one table."""
    project = api.open_project(folder)
    run_ids = [api.find_run(project, run) for run in runs] if runs else None
    path = api.export_logged(project, out, run_ids=run_ids, metrics=metric or None)
    if json:
        print_json({"table": str(path)})
    else:
        say(f"Wrote {path}")
