"""What a training method knows of the world: its job, its device, whom to tell, and whether to go on."""

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import torch

from workbench.domain.errors import NotANumber
from workbench.domain.events import CheckpointSaved, Event, Heartbeat, Metrics, Progress, Started, Warned
from workbench.domain.records import Job
from workbench.storage.checkpoints import (
    Checkpoint,
    checkpoint_folder,
    clear_unfinished,
    commit_checkpoint,
    drop_resume_state,
    list_checkpoints,
)
from workbench.storage.files import read_record
from workbench.storage.runlog import RunFolder
from workbench.training.background import Background
from workbench.training.clock import Clock, Pace
from workbench.training.device import choose_device, device_name, memory_mib
from workbench.training.precision import dtype_of_run
from workbench.training.processes import Processes

_HEARTBEAT_S = 5.0
_PROGRESS_S = 0.5  # more often than a person can read costs log and says nothing
_LOOK_S = 0.1  # how often the request files are looked at; a stat on a network disk may take milliseconds
_LIBRARIES = ("torch", "transformers", "trl", "datasets", "accelerate", "peft")
_log = logging.getLogger("workbench.session")


class StopRun(Exception):
    """Ends a method after its checkpoint, because the person asked.

    Args:
        how: what the run's outcome says.
        step: the step of the checkpoint that was saved.
    """

    def __init__(self, how: Literal["stopped", "paused"], step: int) -> None:
        super().__init__(f"{how} at step {step}")
        self.how: Literal["stopped", "paused"] = how
        self.step = step


class RunSession:
    """One run's job, device and log, as its method sees them. Use it as a context: inside, it keeps a heartbeat.

    Where several processes train the run, each has a session and calls it alike; the first one's speaks, writes and decides.

    Attributes:
        folder: the run's folder.
        project: the project's folder.
        job: what to do.
        device: where to compute.
        dtype: the number format of matrix products; see `dtype_of_run`.
        processes: those that train the run, this one among them.
        last_step: the highest step that metrics, progress or a checkpoint named.
    """

    def __init__(
        self, folder: Path, job: Job, device: torch.device, dtype: torch.dtype, processes: Processes | None = None
    ) -> None:
        self.folder, self.project = folder, folder.parent.parent
        self.job, self.device, self.dtype = job, device, dtype
        self.processes = processes or Processes(device)
        self.last_step = 0
        self._log = RunFolder(folder)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._committing = Background()
        self._said_at = time.monotonic()
        self._clock = Clock()
        self._pace = Pace()
        self._progress_at = self._looked_at = -math.inf
        self._request: Literal["stop", "pause"] | None = None
        self._warned: set[str] = set()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Reads the run's job and chooses its device and number format.

        Raises:
            WorkbenchError: the job cannot be read, or its device or model is not here.
        """
        job = read_record(folder / "job.json", Job)
        processes = Processes.join(choose_device(job.device))
        return cls(folder, job, processes.device, dtype_of_run(folder, job, processes.device), processes)

    def __enter__(self) -> Self:
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._committing.wait()
        except Exception:
            if kind is None or issubclass(kind, StopRun):
                raise
            _log.exception("The last checkpoint could not be kept.")  # the run has failed before
        finally:
            self._over.set()

    # What a method says

    def say(self, event: Event) -> None:
        """Appends an event to the run's log."""
        with self._lock:
            if self.processes.is_first:
                self._log.append(event)
            self._said_at = time.monotonic()

    def started(self, resumed_from: int | None = None) -> None:
        """Says that the run begins, or goes on from the checkpoint of step `resumed_from`.

        Said before models are loaded. The training clock runs from here, or anew from `start_clock`.
        """
        before = [item.record.seconds for item in list_checkpoints(self.folder) if item.step == resumed_from]
        before_that = self._processes_before() if resumed_from is not None else self.processes.count
        self._clock = Clock(before[0] if before else 0.0)
        self.last_step = resumed_from or 0
        self.say(
            Started(
                pid=os.getpid(),
                device=str(self.device),
                device_name=device_name(self.device),
                precision="bf16" if self.dtype == torch.bfloat16 else "fp32",
                versions={name: version(name) for name in _LIBRARIES},
                resumed_from=resumed_from,
                processes=self.processes.count,
            )
        )
        if self.job.is_sharded and (self.job.method == "ppo" or self.device.type == "cpu"):
            why = "PPO samples from its policy" if self.job.method == "ppo" else "accelerate shards on GPUs only"
            self.warn("whole_copies", f"Each process keeps a whole copy of each model: {why}.")
        if resumed_from is not None and before_that != self.processes.count:
            self.warn(
                "other_processes",
                f"Trained by {_processes(before_that)} up to step {resumed_from}, it goes on with "
                f"{_processes(self.processes.count)}: the batches stay what they were, sums are rounded differently.",
            )

    def _processes_before(self) -> int:
        starts = [event for event in self._log.events()[0] if isinstance(event, Started)]
        return starts[-1].processes if starts else self.processes.count

    def warn(self, code: str, message: str) -> None:
        """Tells the person something that does not end the run; the same words are said once."""
        if message not in self._warned:
            self._warned.add(message)
            self.say(Warned(code=code, message=message))

    def progress(self, phase: str, step: int, total: int, tokens_per_s: float | None = None) -> None:
        """Says how far the run is, at most twice a second except at the end of a phase.

        Args:
            phase: in words, as "training" or "generating".
            step, total: of this phase; a total of 0 is not known.
            tokens_per_s: throughput, where the method knows it.
        """
        now = time.monotonic()
        self._pace.note(phase, step, now)
        if phase == "training":
            self.last_step = max(self.last_step, step)
        if now - self._progress_at < _PROGRESS_S and (step < total or not total):
            return
        self._progress_at = now
        rate = self._pace.rate()
        left = (total - step) / rate if rate and total else None
        memory = memory_mib(self.device)
        self.say(
            Progress(
                phase=phase,
                step=step,
                total=total,
                rate=rate,
                left_s=left,
                tokens_per_s=tokens_per_s,
                memory_mib=memory,
            )
        )

    def metrics(
        self, step: int, values: Mapping[str, float], episodes: int | None = None, tokens: int | None = None
    ) -> None:
        """Says what was measured at a step. A value that is not finite is left out: JSON has no such number.

        Raises:
            NotANumber: the loss or the gradient's norm is NaN or infinite.
        """
        broken = [name for name, value in values.items() if not math.isfinite(value)]
        for name in broken:
            if name in {"loss", "grad_norm"} or name.startswith("loss/"):
                raise NotANumber(
                    f"At step {step} `{name}` became {values[name]}.",
                    "Lower the learning rate, or use fp32 where it is bf16.",
                )
        self.last_step = max(self.last_step, step)
        finite = {name: float(value) for name, value in values.items() if name not in broken}
        self.say(Metrics(step=step, episodes=episodes, tokens=tokens, seconds=self.seconds, values=finite))

    # Whether to go on

    def stop_requested(self) -> Literal["stop", "pause"] | None:
        """Returns what the person asked for, the same in all processes. Cheap: may be called at every step."""
        now = time.monotonic()
        if self._request is None and now - self._looked_at >= _LOOK_S and self.processes.is_first:
            self._looked_at = now
            self._request = self._log.stop_requested()
        return self.processes.agreed(self._request)

    def request_stop(self) -> None:
        """Makes `stop_requested` answer "stop", as a signal to the process does."""
        self._request = "stop"

    def budget_spent(self, episodes: int | None, tokens: int | None) -> bool:
        """Says whether the first limit of the job's budget is reached."""
        budget = self.job.budget
        seconds = self.processes.agreed(self.seconds) if budget.seconds is not None else None
        spent = ((budget.episodes, episodes), (budget.tokens, tokens), (budget.seconds, seconds))
        return any(limit is not None and used is not None and used >= limit for limit, used in spent)

    def start_clock(self) -> None:
        """Starts the training clock at the first training step: loading models and reading data cost no budget."""
        self._clock.start()

    @property
    def seconds(self) -> float:
        """Seconds of training so far, over all parts of a resumed run."""
        return self._clock.seconds()

    @contextmanager
    def off_the_clock(self) -> Iterator[None]:
        """What is done inside, as sampling to show or to normalise, is not training and costs no budget."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._clock.leave_out(time.monotonic() - began)

    # Checkpoints

    def latest_checkpoint(self) -> Checkpoint | None:
        """Returns the newest complete checkpoint."""
        self._committing.wait()
        checkpoints = list_checkpoints(self.folder)
        return checkpoints[-1] if checkpoints else None

    def save_checkpoint(
        self, step: int, write: Callable[[Path], None], episodes: int | None = None, tokens: int | None = None
    ) -> None:
        """Saves a checkpoint whole or not at all.

        One that is there for this step already, and can be gone on from, is left as it is. What `write` wrote is made
        durable while training goes on: the checkpoint is there once the next one is begun, or this session is over.

        Args:
            step: the training step it belongs to.
            write: fills the empty folder that it is given: a model folder, and `resume/` with all that going on needs.
                Called in every process, since sharded weights are gathered from all; the first one writes what all have.
            episodes, tokens: counted so far.

        Raises:
            DiskFull: no room for it, or for the one before.
        """
        self._committing.wait()
        there = (old.step == step and old.resume_folder is not None for old in list_checkpoints(self.folder))
        if self.processes.agreed(any(there)):
            return
        final = checkpoint_folder(self.folder, step)
        temporary = final.with_name(f".{final.name}-{self.processes.agreed(os.getpid())}")
        if self.processes.is_first:
            clear_unfinished(self.folder)  # of a process that died while it wrote
            temporary.mkdir(parents=True)
        self.processes.wait()
        write(temporary)
        self.processes.wait()
        self.last_step = max(self.last_step, step)
        saved = CheckpointSaved(
            step=step, folder=f"checkpoints/{final.name}", episodes=episodes, tokens=tokens, seconds=self.seconds
        )
        if self.processes.is_first:
            self._committing.start(partial(self._commit, temporary, final, saved))

    def _commit(self, temporary: Path, final: Path, saved: CheckpointSaved) -> None:
        commit_checkpoint(temporary, final, saved.step, saved.episodes, saved.tokens, saved.seconds)
        drop_resume_state(self.folder, keep_step=saved.step)
        self.say(saved.model_copy(update={"at": time.time()}))

    def _beat(self) -> None:
        launcher = os.getppid()
        while not self._over.wait(_HEARTBEAT_S / 2):
            if time.monotonic() - self._said_at >= _HEARTBEAT_S:
                self.say(Heartbeat())
            if self.processes.count > 1 and os.getppid() != launcher:
                os._exit(1)  # whoever started the processes and would end them is gone: none is left behind


def _processes(count: int) -> str:
    return "one process" if count == 1 else f"{count} processes"
