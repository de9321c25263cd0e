"""A run once more, exactly as it was recorded, and what is different: numbers step by step, weights by their hashes."""

import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from workbench.domain.errors import BadInput, Busy, NotFound, RunFailure
from workbench.domain.events import Evaluated, Metrics, Progress, Started, current_events
from workbench.domain.records import Job
from workbench.domain.replays import Changed, FileReplay, MetricReplay, Replay
from workbench.jobs.distributed import environment, launched, n_slots
from workbench.jobs.machine import Slot, find_slots, usable_cores
from workbench.jobs.replay_inputs import check_finished, check_inputs
from workbench.jobs.versions import resolved_versions
from workbench.jobs.workers import JOINED, Worker, start_worker, worker_command
from workbench.storage.files import read_record, write_record
from workbench.storage.hashes import Hasher
from workbench.storage.liveness import is_working
from workbench.storage.locks import only_one
from workbench.storage.project import Project
from workbench.storage.runlog import JOB, RunFolder

REPLAY = "replay.json"
Tell = Callable[[str, int, int], None]
STOPPED = "The replay was stopped."
_POLL_S = 0.2
_ASKED_S = 2.0  # whoever asks whether somebody works here holds the folder's lock for far less
_THREADS = re.compile(r"(\d+) threads")
_OF_TIME = {"tokens_per_s"}  # tells of the machine's other work, and nothing of the run
_KEPT = (".safetensors",)  # what a checkpoint is; configurations tell no more


def replay_run(project: Project, run_id: str, tell: Tell) -> Replay:
    """Does a finished run again beside the queue, compares, and keeps only what the comparison found.

    Args:
        project: whose run.
        run_id: of a training run or an evaluation.
        tell: called a few times a second with what is going on, and with the step and the steps in all.

    Raises:
        NotFound: there is no such run, or something that it read is gone.
        BadInput: it has not finished, or something that it read has changed.
        Busy: it is being replayed already.
        RunFailure: the replay failed, died or was stopped.
    """
    run = project.run(run_id)
    job = run.job()
    check_finished(job, run)
    check_inputs(project, job)
    again, taken = RunFolder(replay_folder(project, run_id)), _replayed_already(job)
    with only_one(project.state_folder() / f"replay-{run_id}.lock", taken):
        if is_working(again):  # for somebody who was killed
            raise taken
        shutil.rmtree(again.folder, ignore_errors=True)
        again.folder.mkdir()
        try:
            write_record(again.folder / JOB, job)
            began = time.monotonic()
            _work(again, job, _threads(run), tell)
            found = compare(run, again, time.monotonic() - began)
        finally:
            shutil.rmtree(again.folder, ignore_errors=True)
        write_record(run.folder / REPLAY, found)
    return found


def stop_replay(project: Project, run_id: str) -> None:
    """Ends the replay of a run within a moment, whoever waits for it; nothing of it is kept.

    Raises:
        NotFound: there is no such run, or it is not being replayed.
    """
    project.run(run_id)
    again = RunFolder(replay_folder(project, run_id))
    if not is_working(again):
        raise NotFound(f"Run `{run_id}` is not being replayed.")
    with suppress(FileNotFoundError):  # it has just ended by itself
        again.request_stop()


def replay_folder(project: Project, run_id: str) -> Path:
    """Returns where a replay works: hidden, so that nobody takes it for a run; inside, so that it finds its inputs."""
    return project.run_folder(run_id).with_name(f".replay-{run_id}")


def last_replay(project: Project, run_id: str) -> Replay | None:
    """Returns what the newest replay found; None where there was none."""
    path = project.run_folder(run_id) / REPLAY
    return read_record(path, Replay) if path.exists() else None


def compare(run: RunFolder, again: RunFolder, seconds: float) -> Replay:
    """Returns how the folder of a replay compares with the run's own.

    Args:
        run: as it was.
        again: the replay.
        seconds: that it took.
    """
    job = run.job()
    before, after = _measured(run), _measured(again)
    names = sorted(before.keys() | after.keys())
    return Replay(
        run=job.id,
        method=job.method,
        device=(started.device_name if (started := _started(again)) else ""),
        metrics=tuple(_compared(name, before.get(name, {}), after.get(name, {})) for name in names),
        files=tuple(_files(run, again)),
        changed=tuple(_changes(job, run, again)),
        seconds=seconds,
    )


def _replayed_already(job: Job) -> Busy:
    return Busy(f"Run `{job.id}` is being replayed already.", "Wait for its end.")


def _work(again: RunFolder, job: Job, threads: str | None, tell: Tell) -> None:
    """Runs the worker to its end; whoever waits and gives up ends it."""
    worker = _start(again, job, threads)
    try:
        while worker.is_alive():
            if again.stop_requested():
                raise RunFailure(STOPPED)
            said = [event for event in again.last_events() if isinstance(event, Progress)]
            if said:
                tell(said[-1].phase, said[-1].step, said[-1].total)
            time.sleep(_POLL_S)
    finally:
        worker.end()
    outcome = again.outcome()
    if outcome is None:
        raise RunFailure("The replay died without a last word.", again.log_tail(3))
    if outcome.state == "stopped":  # the worker heeded the request before it was seen here
        raise RunFailure(STOPPED)
    if outcome.state != "finished":
        raise RunFailure(f"The replay {outcome.state}: {outcome.message}", outcome.hint)


def _start(again: RunFolder, job: Job, threads: str | None) -> Worker:
    """Starts the worker, once nobody asks any more whether one is at it.

    Raises:
        Busy: one is.
    """
    began = time.monotonic()
    while time.monotonic() - began < _ASKED_S:
        if (worker := _try_to_start(again, job, threads)) is not None:
            return worker
        time.sleep(_POLL_S / 20)
    raise _replayed_already(job)


def _try_to_start(again: RunFolder, job: Job, threads: str | None) -> Worker | None:
    """Starts the worker with as many processes and threads as the run had; None where its folder is locked."""
    command = worker_command(again.folder)
    if job.processes == 1:
        limits = {} if threads is None else {name: threads for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        return start_worker(again, command, job.device, limits)
    slots = _slots(job)
    limits = environment(job, slots, job.processes * int(threads or max(1, usable_cores() // job.processes)))
    return start_worker(again, launched(again.folder, job, command, slots), JOINED.join(s.name for s in slots), limits)


def _slots(job: Job) -> tuple[Slot, ...]:
    """Returns where a run of several processes is replayed.

    Raises:
        BadInput: this computer has fewer GPUs than the run had processes.
    """
    slots = find_slots()
    suitable = tuple(slot for slot in slots if slot.suits(job.device, slots))
    wanted = n_slots(job, suitable[0].kind) if suitable else job.processes
    if len(suitable) < wanted:
        raise BadInput(
            f"Run `{job.id}` was trained by {job.processes} processes with a GPU each; this computer has {len(suitable)}.",
            "Replay it where there are as many.",
        )
    return suitable[:wanted]


def _threads(run: RunFolder) -> str | None:
    """Returns the threads that the run computed with on a CPU: sums taken in other parts differ in their last bits."""
    started = _started(run)
    found = _THREADS.search(started.device_name) if started else None
    return found[1] if found else None


def _started(run: RunFolder) -> Started | None:
    return next((event for event in run.events()[0] if isinstance(event, Started)), None)


def _measured(run: RunFolder) -> dict[str, dict[int, float]]:
    """Returns each metric's values by step."""
    found: dict[str, dict[int, float]] = {}
    for event in current_events(run.events()[0]):
        if isinstance(event, Metrics | Evaluated):
            for name, value in event.values.items():
                if name in _OF_TIME:
                    continue
                found.setdefault(name, {})[event.step] = value
    return found


def _compared(name: str, before: dict[int, float], after: dict[int, float]) -> MetricReplay:
    both = sorted(before.keys() & after.keys())
    differing = [step for step in both if before[step] != after[step]]
    return MetricReplay(
        name=name,
        n_compared=len(both),
        n_missing=len(before.keys() ^ after.keys()),
        largest=max((abs(before[step] - after[step]) for step in differing), default=0.0),
        first_step=differing[0] if differing else None,
    )


def _files(run: RunFolder, again: RunFolder) -> Iterator[FileReplay]:
    """Yields the weights and samples of every step that either time kept."""
    before, after = dict(_hashed(run)), dict(_hashed(again))
    for step, name in sorted(before.keys() | after.keys()):
        key = step, name
        yield FileReplay(step=step, name=name, before=before.get(key, ""), after=after.get(key, ""))


def _hashed(run: RunFolder) -> Iterator[tuple[tuple[int, str], str]]:
    hasher = Hasher(Project(run.folder.parent.parent))
    for checkpoint in run.checkpoints():
        for path in sorted(checkpoint.folder.iterdir()):
            if path.suffix in _KEPT:
                yield (checkpoint.step, path.name), hasher.file(path)
    for event in run.events()[0]:
        if isinstance(event, Evaluated) and (run.folder / event.samples).is_file():
            yield (event.step, event.samples), hasher.file(run.folder / event.samples)


def _changes(job: Job, run: RunFolder, again: RunFolder) -> Iterator[Changed]:
    first, second = _started(run), _started(again)
    before, after = dict(job.versions), resolved_versions()
    pairs: list[tuple[str, str, str]] = [
        (name, before[name], after.get(name, "not installed")) for name in sorted(before)
    ]
    if first is not None and second is not None:
        pairs += [
            ("device", first.device, second.device),
            ("device, threads", first.device_name, second.device_name),
            ("precision", first.precision, second.precision),
            *_versions(first, second, known=before.keys()),
        ]
    yield from (Changed(what=what, before=was, after=now) for what, was, now in pairs if was != now)


def _versions(first: Started, second: Started, known: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    for name in sorted(first.versions.keys() - set(known)):
        yield name, first.versions[name], second.versions.get(name, "not installed")
