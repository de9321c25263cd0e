"""Keeping order: delete and bring back, rename, tag, duplicate. Each verb has one that takes it back."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, nullcontext
from typing import Any

from pydantic import BaseModel

from workbench.domain.errors import BadSetting, NotFound
from workbench.jobs import launch, removal
from workbench.jobs.copies import Copy, plan_copy, with_changes
from workbench.jobs.queue import edit_queue
from workbench.jobs.states import StateReader
from workbench.storage import renaming, tags
from workbench.storage.locks import dataset_alone
from workbench.storage.project import Project, nearest, safe_name
from workbench.storage.renaming import rename_experiment, rename_run
from workbench.storage.sources import run_of
from workbench.storage.tags import Retagged, Tagged, undo_tags
from workbench.storage.trash import Trash

__all__ = [
    "CopiedRun",
    "Deletion",
    "change_tags",
    "dataset_readers",
    "delete_dataset",
    "delete_experiment",
    "delete_runs",
    "duplicate_run",
    "empty_trash",
    "read_changes",
    "rename_dataset",
    "rename_experiment",
    "rename_run",
    "restore",
    "show_trash",
    "undo_tags",
]


class Deletion(BaseModel):
    """What was deleted at once. `at` in seconds since 1970, `size` in bytes.

    Attributes:
        id: what `restore` takes.
        words: what it was: `3 runs`, `dataset helpful`.
        run_ids: the runs that went, evaluations included.
    """

    id: str
    words: str
    at: float
    size: int
    run_ids: list[str]


class CopiedRun(BaseModel):
    """A copy of a run.

    Attributes:
        id: of the copy.
        new: the runs that are new, the copy among them, in the order of their work.
    """

    id: str
    new: list[str]


def delete_runs(project: Project, run_ids: Sequence[str]) -> str:
    """Moves runs to the project's trash, each with its evaluations; queued ones leave the queue.

    Returns:
        What `restore` takes to bring them back.

    Raises:
        NotFound: there is no such run.
        Busy: one of them is at work, or one that is at work or queued needs it; nothing was deleted.
    """
    return removal.delete_runs(project, run_ids)


def delete_experiment(project: Project, name: str) -> str:
    """Moves an experiment to the trash with the runs that no other experiment uses; returns what `restore` takes.

    Raises:
        NotFound: there is no such experiment.
        Busy: as for `delete_runs`.
    """
    return removal.delete_experiment(project, name)


def delete_dataset(project: Project, name: str) -> str:
    """Moves a dataset to the trash; runs that are over keep their results. Returns what `restore` takes.

    Raises:
        NotFound: there is no such dataset.
        Busy: a run that is at work or queued reads it, or somebody is adding rows to it.
    """
    with dataset_alone(project.state_folder(), safe_name(name, "dataset")):
        return removal.delete_dataset(project, name)


def dataset_readers(project: Project, name: str) -> list[str]:
    """Returns the ids of the runs that read a dataset, in whatever state they are.

    Raises:
        NotFound: there is no such dataset.
    """
    project.dataset(name)
    return [job.id for job in removal.readers_of(project, name)]


def restore(project: Project, deletion: str) -> Deletion:
    """Brings back what was deleted at once, to the places that it had; runs that were queued are queued again.

    Raises:
        NotFound: it is not in the trash any more.
        AlreadyExists: something of that name is there again.
        Busy: something of that name is being made.
    """
    found = Trash(project).read(deletion)
    is_dataset = found.kind == "dataset"
    with dataset_alone(project.state_folder(), found.name) if is_dataset else nullcontext():
        deleted = removal.restore(project, deletion)
    return Deletion(id=deletion, words=deleted.words, at=deleted.at, size=0, run_ids=list(deleted.runs))


def show_trash(project: Project) -> list[Deletion]:
    """Returns what was deleted and can be brought back, the newest first, with what it takes on the disk."""
    trash = Trash(project)
    return [
        Deletion(id=entry, words=found.words, at=found.at, size=trash.size(entry), run_ids=list(found.runs))
        for entry, found in reversed(trash.entries().items())
    ]


def empty_trash(project: Project, deletions: Sequence[str] | None = None) -> int:
    """Removes what was deleted for good: all of it unless some are named.

    Returns:
        The bytes that this freed.

    Raises:
        NotFound: one is not in the trash any more.
    """
    trash = Trash(project)
    with project.lock():
        chosen = list(trash.entries()) if deletions is None else list(deletions)
        freed = sum(trash.size(entry) for entry in chosen)
        trash.set_aside(chosen)
    trash.sweep()  # may take its time, so nobody waits for the lock meanwhile
    return freed


def rename_dataset(project: Project, old: str, new: str) -> None:
    """Gives a dataset another name; runs that were made from it find it by its content.

    Raises:
        NotFound: there is no such dataset.
        AlreadyExists: another one has the name.
        BadInput: the name cannot be a folder's.
        Busy: a run that is at work reads it, somebody is adding rows to it, or making one of the new name.
    """
    with ExitStack() as held:
        for name in dict.fromkeys((old, new)):
            held.enter_context(dataset_alone(project.state_folder(), safe_name(name, "dataset")))
        edit = held.enter_context(edit_queue(project))
        reader = StateReader(project, set(edit.queue.run_ids))
        removal.refuse_if_read(project, old, reader, removal.AT_WORK, "renamed")
        renaming.rename_dataset(project, old, new)


def duplicate_run(
    project: Project, run_id: str, *, seed: int | None = None, settings: Mapping[str, Any] | None = None
) -> CopiedRun:
    """Queues a run once more: under another seed, with a start and reward model of that seed, or with other settings.

    Args:
        project: whose run.
        run_id: a training run, or its evaluation.
        seed: of the copy; None for the next one that is free, or the run's own where settings are given.
        settings: those of the recipe that are to be different; `seed` among them is the copy's.

    Raises:
        NotFound: there is no such run.
        BadSetting: a setting is unknown or out of bounds.
        BadInput: the copy would be the same run, or there is nothing to train.
    """
    changes = dict(settings or {})
    if "seed" in changes:
        seed = _seed(changes.pop("seed"))
    copy = plan_copy(project, project.job(run_id), seed, changes)
    there = {run.folder.name for run in project.run_folders()}
    with project.edit() as edit:
        edit.change(runs={name: arms | _called(copy, arms) for name, arms in edit.manifest.runs.items()})
    launch.enqueue(project, copy.jobs)
    return CopiedRun(id=copy.run.id, new=[job.id for job in copy.jobs if job.id not in there])


def read_changes(words: Sequence[str]) -> dict[str, str | None]:
    """Reads settings as people write them, `beta=0.3`; `none` stands for a setting that is left open.

    Raises:
        BadSetting: one of the words is not written so.
    """
    found: dict[str, str | None] = {}
    for word in words:
        name, sign, value = (part.strip() for part in word.partition("="))
        if not (sign and name and value):
            raise BadSetting(f"{word!r} says no setting.", "Write setting=value, as beta=0.3.")
        found[name] = None if value == "none" else value
    return found


def _seed(value: object) -> int:
    if not str(value).isdigit():
        raise BadSetting(f"The seed is {value!r}; expected a whole number from 0 on.")
    return int(str(value))


def _called(copy: Copy, arms: Mapping[str, str]) -> dict[str, str]:
    """Returns what an experiment that has the original calls the new runs; nothing where it has not."""
    source = copy.originals[copy.run.id]
    if source not in arms:
        return {}
    names = {job.id: arms.get(copy.originals[job.id], "") for job in copy.jobs if job.id not in arms}
    own = {job.id for job in copy.jobs if copy.run.id in (job.id, run_of(job.inputs.model))}
    return {
        run_id: with_changes(name, copy.changes) if name and run_id in own else name for run_id, name in names.items()
    }


def change_tags(
    project: Project, what: Tagged, names: Sequence[str], *, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> dict[str, Retagged]:
    """Adds tags to runs or experiments and takes others away; returns what `undo_tags` takes to take it back.

    Args:
        project: whose.
        what: `runs`, which are named by their ids, or `experiments`.
        names: which of them.
        add, remove: tags; removing one that is not there changes nothing.

    Raises:
        NotFound: there is no such run or experiment.
        BadInput: a tag is empty, too long or holds a comma.
    """
    _check_names(project, what, names)
    return tags.change_tags(project, what, names, add, remove)


def _check_names(project: Project, what: Tagged, names: Sequence[str]) -> None:
    if what == "runs":
        for name in names:
            project.run(name)
        return
    manifest = project.manifest()
    known = {*manifest.experiments, *manifest.runs, *(job.experiment for job in project.jobs() if job.experiment)}
    for name in names:
        if name not in known:
            raise NotFound(f"There is no experiment `{name}`.", nearest(name, sorted(known), "experiment"))
