"""compare, export."""

from __future__ import annotations  # names of `api` are imported only when they are used

from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench import api
from workbench.cli.output import Debug, Json, ProjectFolder, examples, note, print_json, print_table, say
from workbench.domain.estimates import Estimate

Experiment = Annotated[str | None, typer.Option(help="Only the arms of this experiment.", show_default=False)]
_COMPARE_EPILOG = examples(
    "workbench compare my-project",
    "workbench compare my-project --x kl --out comparison.svg",
    "workbench compare my-project --experiment stories",
    "workbench compare my-project ppo-s0-1a2b3c4d dpo-s0-5e6f7a8b --json",
)


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command("compare", epilog=_COMPARE_EPILOG)(compare)
    app.command("export", epilog=examples("workbench export my-project --out report.html"))(export)


def compare(
    folder: ProjectFolder,
    runs: Annotated[list[str] | None, typer.Argument(metavar="[RUN...]", help="All where none is named.")] = None,
    x: Annotated[
        Literal["step", "episodes", "tokens", "seconds", "kl"], typer.Option(help="The panels' x axis.")
    ] = "step",
    out: Annotated[Path | None, typer.Option(help="A figure (.svg, .png, .pdf) or its series (.csv).")] = None,
    dark: Annotated[bool, typer.Option("--dark", help="Draw the figure for a dark page.")] = False,
    experiment: Experiment = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare arms: rewards, KL, win rates, verdict."""
    project = api.open_project(folder)
    run_ids = [api.find_run(project, run) for run in runs] if runs else None
    comparison = api.compare_runs(project, run_ids, x=x, experiment=experiment)
    written = api.write_charts(comparison, out, dark=dark) if out else []
    if json:
        print_json(comparison.to_json())
    else:
        print_comparison(comparison)
    for path in written:
        note(f"Wrote {path}")


def export(
    folder: ProjectFolder,
    out: Annotated[Path, typer.Option(help="The report's file, ending in .html.", show_default=False)],
    experiment: Experiment = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write the comparison as one HTML file."""
    project = api.open_project(folder)
    path = api.export_report(project, out, comparison=api.compare_runs(project, experiment=experiment))
    if json:
        print_json({"report": str(path)})
    else:
        say(f"Wrote {path}")


def print_comparison(comparison: api.Comparison) -> None:
    """Prints the table of arms, the verdict and the warnings."""
    print_table(
        ["arm", "method", "seeds", "gold", "proxy", "KL, nats", "win rate, %", *comparison.further_judges],
        [
            [arm.name, arm.method, str(len(arm.seeds)), _figure(arm.gold), _figure(arm.proxy), _figure(arm.kl),
             _figure(arm.win_rate, digits=1, scale=100),
             *(_figure(arm.last.scores[judge]) for judge in comparison.further_judges)]
            for arm in comparison.arms
        ],
    )  # fmt: skip
    say(f"Under each figure its interval: {comparison.interval}. Win rates are against the start model.")
    say()
    say(comparison.verdict)
    for warning in comparison.warnings:
        say(f"Note: {warning}")


def _figure(value: Estimate | None, *, digits: int = 2, scale: float = 1) -> str:
    """Returns a figure with its interval beneath it, so that all columns stand side by side in a narrow window."""
    if value is None:
        return "-"
    mean, low, high = (f"{scale * number:.{digits}f}" for number in (value.mean, value.low, value.high))
    return f"{mean}\n[{low}, {high}]"
