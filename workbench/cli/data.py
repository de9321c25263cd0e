"""import."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from workbench import api
from workbench.cli.output import Debug, Json, ProjectFolder, examples, print_json, say
from workbench.domain.errors import BadSetting

_EPILOG = examples(
    "workbench import my-project pairs.jsonl --name helpful",
    "workbench import my-project export.csv --name ours --map prompt=instruction,chosen=good,rejected=bad",
    "workbench import my-project big.parquet --name big --skip-bad",
    "workbench import my-project trl-lib/ultrafeedback_binarized --name ultra      (from the hub)",
)


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command("import", epilog=_EPILOG)(import_)


def import_(
    folder: ProjectFolder,
    source: Annotated[str, typer.Argument(help="A file, or a hub dataset when online.", show_default=False)],
    name: Annotated[str, typer.Option(help="What the dataset will be called.", show_default=False)],
    format: Annotated[str | None, typer.Option(help="The format, where detection is wrong.")] = None,  # noqa: A002
    map: Annotated[str | None, typer.Option(help="Our columns by the file's, as prompt=instruction,...")] = None,  # noqa: A002
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad rows out and say why in a file.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Bring people's comparisons into a project."""
    project = api.open_project(folder)
    with _bar(json) as bar:
        task = bar.add_task("importing", total=None)
        result = api.import_dataset(
            project,
            source,
            name,
            format=format,
            columns=_column_map(map),
            skip_bad=skip_bad,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if json:
        print_json(result)
        return
    say(f"Read {source} as {result.format}: {result.why}.")
    counts = ", ".join(f"{n} {split}" for split, n in result.splits.counts.items())
    say(f"Imported {result.pairs} rows ({result.kind}) on {result.prompts} prompts as {name!r}: {counts}.")
    if result.rejects:
        rows = "1 row" if result.skipped == 1 else f"{result.skipped} rows"
        say(f"Left out {rows}; the reasons are in {result.rejects}.")


def _column_map(text: str | None) -> dict[str, str]:
    pairs = [part.partition("=") for part in (text or "").split(",") if part.strip()]
    for ours, sign, theirs in pairs:
        if not (sign and ours.strip() and theirs.strip()):
            raise BadSetting(f"--map holds {ours + sign + theirs!r}.", "Write ours=theirs, as prompt=instruction.")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


def _bar(quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=quiet or not sys.stderr.isatty())
