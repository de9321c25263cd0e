"""Deleting and bringing back: what still needs a thing keeps it from going, and nothing goes for good."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from workbench.domain.errors import AlreadyExists, Busy, NotFound
from workbench.domain.records import DataInput, Deleted, Job, Manifest, RunState
from workbench.jobs import launch
from workbench.jobs.queue import Queue, edit_queue
from workbench.jobs.states import StateReader
from workbench.storage.project import Project, nearest
from workbench.storage.renaming import runs_of
from workbench.storage.sources import run_of
from workbench.storage.trash import Trash

T = TypeVar("T")
AT_WORK = {RunState.RUNNING, RunState.STOPPING}
TO_COME = {RunState.QUEUED, RunState.WAITING, RunState.BLOCKED}


def delete_runs(project: Project, run_ids: Sequence[str]) -> str:
    """Moves runs to the trash, each with its evaluations; queued ones leave the queue.

    Returns:
        The trash's entry, for `restore`.

    Raises:
        NotFound: there is no such run.
        Busy: one of them is at work, or one that is at work or queued needs it.
    """
    jobs = {job.id: job for job in project.jobs()}
    for run_id in run_ids:
        project.run(run_id)  # says which is the nearest where there is none
    chosen = _with_evaluations(jobs, run_ids)
    words = _counted([jobs[run_id] for run_id in chosen], run_ids)
    return _put(project, jobs, chosen, Deleted(kind="runs", words=words))


def delete_experiment(project: Project, name: str) -> str:
    """Moves an experiment to the trash with the runs that no other experiment uses.

    Returns:
        The trash's entry, for `restore`.

    Raises:
        NotFound: there is no such experiment.
        Busy: one of its runs is at work, or one that is at work or queued needs it.
    """
    jobs = {job.id: job for job in project.jobs()}
    manifest = project.manifest()
    runs = runs_of(manifest, jobs, name)
    if not runs and name not in manifest.experiments:
        raise NotFound(f"There is no experiment `{name}`.", nearest(name, manifest.experiments, "experiment"))
    shared = {run_id for other, arms in manifest.runs.items() if other != name for run_id in arms}
    chosen = [run_id for run_id in _with_evaluations(jobs, [r for r in runs if r in jobs]) if run_id not in shared]
    listed = list(manifest.runs)
    deleted = Deleted(
        kind="experiment",
        words=f"experiment {name}",
        name=name,
        place=listed.index(name) if name in listed else len(listed),
        experiment=manifest.experiments.get(name),
        arms=manifest.runs.get(name, {}),
    )
    entry = _put(project, jobs, chosen, deleted)
    with project.edit() as edit:
        edit.change(experiments=_without(edit.manifest.experiments, name), runs=_without(edit.manifest.runs, name))
    return entry


def delete_dataset(project: Project, name: str) -> str:
    """Moves a dataset to the trash; runs that are over keep what they learned from it.

    Returns:
        The trash's entry, for `restore`.

    Raises:
        NotFound: there is no such dataset.
        Busy: a run that is at work or queued reads it.
    """
    record = project.dataset(name)
    with edit_queue(project) as queue:
        reader = StateReader(project, set(queue.queue.run_ids))
        refuse_if_read(project, name, reader, AT_WORK | TO_COME, "deleted")
        with project.edit() as edit:
            deleted = Deleted(
                kind="dataset",
                words=f"dataset {name}",
                name=name,
                place=edit.manifest.datasets.index(name),
                splits=edit.manifest.splits.get(name, record.splits),
            )
            entry = Trash(project).put(deleted, [project.dataset_folder(name)])
            edit.change(
                datasets=[known for known in edit.manifest.datasets if known != name],
                splits=_without(edit.manifest.splits, name),
            )
    return entry


def refuse_if_read(
    project: Project, dataset: str, reader: StateReader, states: Collection[RunState], what: str
) -> None:
    """Raises Busy where a run in one of these states reads a dataset.

    Args:
        project, dataset: which.
        reader: of the runs' states; whoever calls holds the queue's lock, so that none of them can start.
        states: in which a run keeps the dataset from being changed.
        what: would be done to it, for the sentence.
    """
    readers = [job.id for job in readers_of(project, dataset) if reader.state(job.id) in states]
    if readers:
        one = "it" if len(readers) == 1 else "them"
        raise Busy(
            f"The dataset `{dataset}` cannot be {what}: {_listed(readers)} {_reads(readers)} it.",
            f"Wait for {one}, or stop {one} first.",
        )


def readers_of(project: Project, dataset: str) -> list[Job]:
    """Returns the runs that read a dataset, oldest first, whatever state they are in."""
    folder = project.dataset_folder(dataset)
    return [job for job in project.jobs() if any(project.data_folder(data) == folder for data in _read_by(job))]


def restore(project: Project, entry: str) -> Deleted:
    """Brings back what an entry of the trash holds, to the places that it had; runs that were queued are queued again.

    Raises:
        NotFound: it is not in the trash any more.
        AlreadyExists: something of that name is there again.
    """
    with edit_queue(project) as queue, project.edit() as edit:
        trash = Trash(project)
        deleted = trash.read(entry)
        if deleted.kind == "experiment" and _is_another(edit.manifest, deleted):
            raise AlreadyExists(f"There is again an experiment `{deleted.name}`.", "Delete or rename that first.")
        trash.take_back(entry)
        if deleted.kind == "dataset" and deleted.splits is not None:
            names = [name for name in edit.manifest.datasets if name != deleted.name]
            names.insert(deleted.place, deleted.name)
            edit.change(datasets=names, splits=edit.manifest.splits | {deleted.name: deleted.splits})
        if deleted.experiment is not None:
            edit.change(experiments=edit.manifest.experiments | {deleted.name: deleted.experiment})
        if deleted.arms:
            named = list(_without(edit.manifest.runs, deleted.name).items())
            named.insert(deleted.place, (deleted.name, deleted.arms))
            edit.change(runs=dict(named))
        queue.queue = _with_queued(queue.queue, deleted)
    if deleted.queued:
        launch.wake_runner(project)
    return deleted


def _is_another(manifest: Manifest, deleted: Deleted) -> bool:
    """Says whether another experiment has the name; the same has it where a crash cut its deletion short."""
    name = deleted.name
    known = manifest.experiments.get(name, deleted.experiment), manifest.runs.get(name, deleted.arms)
    return known != (deleted.experiment, deleted.arms)


def _put(project: Project, jobs: Mapping[str, Job], chosen: Sequence[str], deleted: Deleted) -> str:
    with edit_queue(project) as edit:
        reader = StateReader(project, set(edit.queue.run_ids))
        _refuse_at_work(reader, chosen)
        _refuse_needed(reader, jobs, set(chosen))
        queued = {entry.run_id: entry.priority for entry in edit.queue.entries if entry.run_id in chosen}
        order = edit.queue.run_ids if queued else []
        whole = deleted.model_copy(update={"runs": tuple(chosen), "queue": tuple(order), "queued": queued})
        with project.lock():
            entry = Trash(project).put(whole, [project.run_folder(run_id) for run_id in chosen])
        for run_id in queued:
            edit.queue = edit.queue.without(run_id)
    return entry


def _with_evaluations(jobs: Mapping[str, Job], run_ids: Iterable[str]) -> list[str]:
    """Returns the runs and what evaluates them, which is nothing without them."""
    chosen = dict.fromkeys(run_ids)
    kinds = ("evaluate", "judge")
    evaluations = [job.id for job in jobs.values() if job.method in kinds and run_of(job.inputs.model) in chosen]
    own = {run_id for run_id in chosen if jobs[run_id].method in ("ppo", "dpo")}
    return list(chosen | {e: None for e in evaluations if run_of(jobs[e].inputs.model) in own})


def _refuse_at_work(reader: StateReader, chosen: Sequence[str]) -> None:
    if working := [run_id for run_id in chosen if reader.state(run_id) in AT_WORK]:
        one = "it" if len(working) == 1 else "them"
        verb = "is" if len(working) == 1 else "are"
        raise Busy(f"{_listed(working)} {verb} at work.", f"Stop {one} first, then delete.")


def _refuse_needed(reader: StateReader, jobs: Mapping[str, Job], chosen: set[str]) -> None:
    for job in jobs.values():
        needed = chosen.intersection(job.needs)
        if job.id not in chosen and needed and reader.state(job.id) in AT_WORK | TO_COME:
            raise Busy(
                f"{_listed(sorted(needed))} cannot be deleted: {job.id}, which is {reader.state(job.id)}, needs it.",
                f"Delete {job.id} too, or stop it first.",
            )


def _with_queued(queue: Queue, deleted: Deleted) -> Queue:
    for run_id in deleted.queue:
        if run_id in deleted.queued:
            queue = queue.put_back(run_id, deleted.queued[run_id], deleted.queue)
    return queue


def _read_by(job: Job) -> list[DataInput]:
    return [data for data in (job.inputs.data, job.inputs.validation, job.inputs.prompts) if data is not None]


def _counted(jobs: Sequence[Job], asked: Sequence[str]) -> str:
    if len(asked) == 1:
        return f"run {asked[0]}"
    return f"{len(jobs)} runs"


def _listed(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _reads(readers: Sequence[str]) -> str:
    return "reads" if len(readers) == 1 else "read"


def _without(named: Mapping[str, T], name: str) -> dict[str, T]:
    return {known: value for known, value in named.items() if known != name}
