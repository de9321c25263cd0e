"""Keep what a model said: its prompt, or two responses as a pair, in a dataset of the project; and take it back."""

import secrets
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from workbench.data.growing import add_rows, drop_row, drop_versions, make_dataset
from workbench.data.importing import clear_cut_short
from workbench.data.store import content_folder, read_rows, read_splits
from workbench.domain.errors import AlreadyExists, BadInput, NotFound
from workbench.domain.pairs import DatasetKind, Row, Turns, prompt_key, response_turns
from workbench.domain.playground import KEPT_PAIRS, KEPT_PROMPTS
from workbench.domain.records import DatasetRecord
from workbench.jobs.removal import delete_dataset
from workbench.storage.locks import dataset_alone
from workbench.storage.project import Project
from workbench.storage.trash import Trash

_MARK = "kept"  # names a kept row in its metadata, so that it can be taken back
_SOURCE = "the playground"


class KeptResponse(BaseModel):
    """One side of a pair.

    Attributes:
        text: as the model said it.
        was_cut: it ended at a length limit, so no ending is taught there.
        gold: an independent judge's score.
        model: who said it, for the row's metadata.
    """

    text: str
    was_cut: bool = False
    gold: float | None = None
    model: str = ""


class Kept(BaseModel):
    """What was kept: the row's mark, and the dataset with the rows that it has now."""

    dataset: str
    mark: str
    n_rows: int


def keep_prompt(
    project: Project, prompt: Turns, dataset: str = KEPT_PROMPTS, *, metadata: Mapping[str, Any] | None = None
) -> Kept:
    """Adds a prompt to a dataset of prompts, which is made where it is not there.

    Runs that read the dataset before still find what they read; see `data.growing`.

    Raises:
        AlreadyExists: the dataset has this prompt.
        BadInput: the dataset holds something else than prompts, or the prompt is empty.
        Busy: another process is changing the dataset.
    """
    key = prompt_key(prompt)
    if dataset in project.manifest().datasets and key in read_splits(project.dataset_folder(dataset)):
        raise AlreadyExists(f"The prompt is in the dataset `{dataset}` already.", "Nothing was changed.")
    return _keep(project, dataset, DatasetKind.PROMPTS, Row(prompt, metadata=dict(metadata or {})))


def keep_pair(
    project: Project,
    prompt: Turns,
    chosen: KeptResponse,
    rejected: KeptResponse,
    dataset: str = KEPT_PAIRS,
    *,
    metadata: Mapping[str, Any] | None = None,
) -> Kept:
    """Adds a comparison to a dataset of preferences, which is made where it is not there.

    Args:
        project: whose dataset.
        prompt: what both answered.
        chosen: the better response.
        rejected: the other one.
        dataset: its name.
        metadata: what else is to be remembered, as JSON values.

    Raises:
        BadInput: the dataset holds something else than preferences, a text is empty, or both are the same.
        Busy: another process is changing the dataset.
    """
    about = {"chosen_model": chosen.model, "rejected_model": rejected.model} | dict(metadata or {})
    row = Row(
        prompt,
        response_turns(prompt, chosen.text),
        response_turns(prompt, rejected.text),
        gold_chosen=chosen.gold,
        gold_rejected=rejected.gold,
        chosen_cut=chosen.was_cut,
        rejected_cut=rejected.was_cut,
        metadata=about,
    )
    return _keep(project, dataset, DatasetKind.PREFERENCE, row)


def take_back(project: Project, kept: Kept) -> None:
    """Takes a kept row out of its dataset; a dataset that holds nothing else goes with it, to the trash.

    Raises:
        NotFound: the dataset or the row is not there any more.
        BadInput: it is the only row and a run reads it.
        Busy: another process is changing the dataset.
    """
    folder = project.dataset_folder(kept.dataset)
    with dataset_alone(project.state_folder(), kept.dataset):
        record = project.dataset(kept.dataset)
        if all(
            row.metadata.get(_MARK) != kept.mark for row in read_rows(content_folder(folder, record.content_sha256))
        ):
            raise NotFound(
                f"The dataset `{kept.dataset}` does not hold what was kept any more.", "Nothing was changed."
            )
        needed = _needed(project, kept.dataset)
        if record.n_rows > 1:
            _settle(project, drop_row(folder, record, _MARK, kept.mark), {*needed, record.content_sha256})
            return
        if needed:
            raise BadInput(f"A run reads the dataset `{kept.dataset}`, which holds nothing else.", "It stays.")
        delete_dataset(project, kept.dataset)


def _keep(project: Project, name: str, kind: DatasetKind, row: Row) -> Kept:
    folder, mark = project.dataset_folder(name), secrets.token_hex(4)
    row.metadata = {**row.metadata, _MARK: mark}
    with dataset_alone(project.state_folder(), name):
        if name not in project.manifest().datasets:
            clear_cut_short(folder)
            record = make_dataset(folder, name, kind, [row], _SOURCE)
            _settle(project, record, set())
        else:
            before = project.dataset(name)
            if before.kind is not kind:
                raise BadInput(f"The dataset `{name}` holds {before.kind} rows; expected {kind}.", "Name another.")
            record = add_rows(folder, before, [row])
            _settle(project, record, {*_needed(project, name), before.content_sha256})
    return Kept(dataset=name, mark=mark, n_rows=record.n_rows)


def _settle(project: Project, record: DatasetRecord, needed: set[str]) -> None:
    """Names the new content in the manifest. The content before it stays too: a run may be planned on it right now."""
    with project.edit() as edit:
        edit.add_dataset(record.name, record.splits)
    drop_versions(project.dataset_folder(record.name), needed)


def _needed(project: Project, name: str) -> set[str]:
    """Returns the contents of a dataset that runs read, those included that may come back from the trash."""
    inputs = [job.inputs for job in (*project.jobs(), *Trash(project).jobs())]
    read = [data for each in inputs for data in (each.data, each.validation, each.prompts) if data is not None]
    folder = project.dataset_folder(name)
    return {data.sha256 for data in read if project.data_folder(data) == folder}  # it may have been renamed since
