"""export."""

from __future__ import annotations  # names of `api` are imported only when they are used

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from workbench import api
from workbench.cli.output import Debug, Json, ProjectFolder, examples, flag, print_json, say
from workbench.cli.results import Experiment, Hidden, Judge, Named, Panels, given, view_of
from workbench.domain.figures import FigureStyle, Font, Ground

Format = Literal["html", "markdown", "svg", "pdf", "png", "csv", "tensorboard", "model", "script"]
_BY_ENDING: dict[str, Format] = {
    ".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown", ".svg": "svg", ".pdf": "pdf", ".png": "png",
    ".csv": "csv",
}  # fmt: skip
_EPILOG = examples(
    "workbench export my-project --out report.html",
    "workbench export my-project --out report.md --experiment stories",
    "workbench export my-project --out frontier.pdf --panel frontier --width 85 --font serif",
    "workbench export my-project --out logs --format tensorboard",
    "workbench export my-project --out my-model --format model --run dpo-s0-1a2b3c4d --checkpoint 200",
    "workbench export my-project --out my-script --format script --run dpo-s0-1a2b3c4d",
)


def register(app: typer.Typer) -> None:
    """Adds this command."""
    app.command("export", epilog=_EPILOG)(export)


def export(  # noqa: PLR0913, PLR0917  (one argument a flag)
    folder: ProjectFolder,
    out: Annotated[
        Path, typer.Option(help="The file, or the folder of event files, model or script.", show_default=False)
    ],
    format: Annotated[  # noqa: A002  (the flag's name)
        Format | None,
        typer.Option(
            help="html, markdown: the whole comparison as a report. svg, pdf, png: its charts. csv: their numbers. "
            "tensorboard: event files of runs. model: a checkpoint as a Hugging Face folder with a model card. script: a run "
            "as a Python script on TRL. Left away, the ending of --out says it.",
            show_default=False,
        ),
    ] = None,
    runs: Annotated[
        list[str] | None,
        typer.Option(
            "--run",
            metavar="RUN",
            help="For tensorboard (all where none is named), model and script.",
            show_default=False,
        ),
    ] = None,
    checkpoint: Annotated[
        int | None,
        typer.Option(metavar="STEP", help="Of a model; the last one where it is left away.", show_default=False),
    ] = None,
    view: Named = None,
    judge: Judge = None,
    panels: Panels = None,
    hidden: Hidden = None,
    experiment: Experiment = None,
    width: Annotated[float | None, flag(FigureStyle, "width")] = None,
    height: Annotated[float | None, flag(FigureStyle, "height")] = None,
    dpi: Annotated[int | None, flag(FigureStyle, "dpi")] = None,
    ground: Annotated[Ground | None, flag(FigureStyle, "ground")] = None,
    font: Annotated[Font | None, flag(FigureStyle, "font")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write what is kept: report, charts, numbers, event files, a model with its card, a script."""
    project = api.open_project(folder)
    wanted = format or _format_of(out)
    run_ids = [api.find_run(project, run) for run in runs or ()]
    if wanted == "tensorboard":
        written = api.export_event_files(project, out, run_ids or None)
    elif wanted == "script":
        written = api.export_script(project, _the_run(run_ids, wanted), out)
    elif wanted == "model":
        written = api.export_model(project, _the_run(run_ids, wanted), out, step=checkpoint)
    else:
        _check_ending(out, wanted)
        asked = view_of(project, view, judge=judge, panels=panels, hidden=hidden)
        figure = given(width=width, height=height, dpi=dpi, ground=ground, font=font)
        comparison = api.compare_runs(project, view=asked, experiment=experiment, with_all_points=wanted == "csv")
        written = _write_comparison(project, comparison, out, wanted, figure)
    _tell(written, out, wanted, json=json)


def _write_comparison(
    project: api.Project, comparison: api.Comparison, out: Path, wanted: Format, figure: dict[str, Any]
) -> list[Path]:
    """Writes a report, or charts that look as the flags say."""
    style = FigureStyle.read(figure, where="the flags")
    if wanted in ("html", "markdown"):
        return api.export_report(project, out, comparison=comparison)
    return api.write_charts(comparison, out, style)


def _format_of(out: Path) -> Format:
    found = _BY_ENDING.get(out.suffix)
    if found is None:
        raise typer.BadParameter(
            f"{out} does not say what it is to be; give --format, or one of {', '.join(_BY_ENDING)}"
        )
    return found


def _check_ending(out: Path, wanted: Format) -> None:
    if _BY_ENDING.get(out.suffix) != wanted:
        fitting = " or ".join(ending for ending, named in _BY_ENDING.items() if named == wanted)
        raise typer.BadParameter(f"{out} cannot be {wanted}; its name must end in {fitting}")


def _the_run(run_ids: list[str], wanted: Format) -> str:
    if len(run_ids) != 1:
        raise typer.BadParameter(f"name one training run with --run for the format {wanted}")
    return run_ids[0]


def _tell(written: list[Path], out: Path, wanted: Format, *, json: bool) -> None:
    if json:
        print_json({"format": wanted, "out": str(out), "written": [str(path) for path in written]})
    elif wanted == "tensorboard":
        say(f"Wrote {len(written)} runs; look at them with: tensorboard --logdir {out}")
    else:
        more = f" ({len(written)} files)" if len(written) > 1 else ""
        say(f"Wrote {out}{more}")
