"""Datasets: bring people's comparisons into a project."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import BaseModel

from workbench.data.hub import is_hub_id
from workbench.data.importing import Detection, clear_cut_short, detect, import_file
from workbench.data.preview import preview_file
from workbench.domain.errors import AlreadyExists
from workbench.domain.previews import ImportPreview
from workbench.domain.records import DatasetRecord, Splits
from workbench.storage.hub_access import enter_hub
from workbench.storage.locks import dataset_alone
from workbench.storage.project import Project


class ImportResult(BaseModel):
    """What an import did. `pairs` counts rows of any kind; `rejects` is the file of skipped rows with reasons."""

    dataset: str
    format: str
    why: str
    kind: str
    pairs: int
    prompts: int
    ties: int
    skipped: int
    rejects: str | None
    splits: Splits


def detect_format(source: Path | str) -> Detection:
    """Says which reader would read a file, and why."""
    _enter_hub_for(source)
    return detect(source)


def preview_import(
    source: Path | str,
    *,
    format: str | None = None,  # noqa: A002  (the flag's name)
    columns: Mapping[str, str] | None = None,
) -> ImportPreview:
    """Says what `import_dataset` would do with a file, from its beginning alone; nothing is written.

    Raises:
        BadInput, NotFound, Offline: there is nothing to show of it. A file that can be read but fits no format is shown
            with the reason as its `problem`.
    """
    _enter_hub_for(source)
    return preview_file(source, format=format, columns=columns)


def import_dataset(
    project: Project,
    source: Path | str,
    name: str,
    *,
    format: str | None = None,  # noqa: A002  (the flag's name)
    columns: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> ImportResult:
    """Reads a file (or a hub dataset) into the project, whole or not at all.

    Args:
        project: where to.
        source: a file, or a hub id when online.
        name: what the dataset will be called.
        format: a reader's name, where detection would be wrong.
        columns: our column names to the file's, as {"prompt": "instruction"}.
        skip_bad: leave bad rows out and write them to a file with the reasons.
        progress: called with rows done and, where known, rows in all; may raise to cancel.

    Raises:
        AlreadyExists: the project has a dataset of that name.
        Busy: somebody else is importing under that name, or changing the dataset that has it.
        BadRow, BadInput, NotFound, Offline: nothing was imported.
    """
    _enter_hub_for(source)
    folder = project.dataset_folder(name)
    with dataset_alone(project.state_folder(), name):
        if name in project.manifest().datasets:
            raise AlreadyExists(f"The project already has a dataset named {name!r}.", "Choose another --name.")
        clear_cut_short(folder)
        record, detection, rejects = import_file(
            source, folder, name, format=format, columns=columns, skip_bad=skip_bad, progress=progress
        )
        with project.edit() as edit:
            edit.add_dataset(name, record.splits)
    return _result(record, detection, rejects)


def _enter_hub_for(source: Path | str) -> None:
    if isinstance(source, str) and is_hub_id(source):
        enter_hub()


def _result(record: DatasetRecord, detection: Detection, rejects: Path | None) -> ImportResult:
    return ImportResult(
        dataset=record.name,
        format=record.reader,
        why=detection.why,
        kind=record.kind,
        pairs=record.n_rows,
        prompts=record.n_prompts,
        ties=record.n_ties,
        skipped=record.n_skipped,
        rejects=str(rejects) if rejects else None,
        splits=record.splits,
    )
