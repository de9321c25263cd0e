"""One run's process: `python -m workbench.training.worker RUN_FOLDER`, or one of several under `accelerate launch`.

It reads the run's job, hands it to its method, and always leaves a last word: Finished or Failed in the log, and the
outcome beside it. Of several processes the first does; what ends another it learns and says. Exit status: 0 when the run
went as asked (stopped and paused included), 1 when it failed, 3 when another worker has the run.
"""

import errno
import gc
import importlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Protocol

import psutil
from filelock import FileLock, Timeout

from workbench.domain.errors import DiskFull, OutOfMemory, ProcessLost, WorkbenchError
from workbench.domain.events import Failed, Finished
from workbench.domain.records import Job, Outcome
from workbench.storage.files import read_record, write_record
from workbench.storage.runlog import LOG, RunFolder

if TYPE_CHECKING:
    from workbench.training.session import RunSession

_TRAIN = {method: f"workbench.training.{method}" for method in ("sft", "reward", "dpo", "ppo")}
_RUN = {method: f"workbench.training.{method}" for method in ("evaluate", "best_of_n", "score", "judge")}
QUIET = {
    "TOKENIZERS_PARALLELISM": "false",  # forked tokenizer threads warn and may hang
    "TQDM_DISABLE": "1",  # the log is for people; progress goes through events
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRL_EXPERIMENTAL_SILENCE": "1",
    "TRANSFORMERS_VERBOSITY": "warning",
    "HF_HUB_ETAG_TIMEOUT": "5",  # an unreachable hub is known within seconds
    "HF_HUB_DOWNLOAD_TIMEOUT": "10",
}
_BESIDE = "failed-process-{}.json"
_SAYS_WHY_S = 0.5  # a process that fails writes its note before the system closes its connections
_log = logging.getLogger("workbench.worker")


class Terminations:
    """Hears SIGTERM from the first moment on; a run's session learns of it when there is one."""

    def __init__(self) -> None:
        self._heard = False
        self._tell: Callable[[], None] | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Is the signal's handler."""
        self._heard = True
        if self._tell is not None:
            self._tell()

    def pass_to(self, tell: Callable[[], None]) -> None:
        """Calls `tell` at every signal, and at once if there was one already."""
        self._tell = tell
        if self._heard:
            tell()


class Method(Protocol):
    """What a method's module offers: it works the job through, talking to the session."""

    def __call__(self, job: Job, session: "RunSession") -> None: ...


def main(arguments: list[str]) -> int:
    """Works one run through and returns the exit status."""
    terminations = Terminations()
    signal.signal(signal.SIGTERM, terminations)
    folder = Path(arguments[0]).resolve()
    os.environ.update({name: value for name, value in QUIET.items() if name not in os.environ})
    rank = int(os.environ.get("RANK", "0"))
    _log_to(folder / LOG, rank)
    if rank:
        return work_beside(folder, terminations, rank)
    lock = FileLock(folder / "worker.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _log.warning("Another worker has this run; this one ends.")
        return 3
    try:
        return work_through(folder, terminations)
    finally:
        _end_children()
        lock.release()


def work_through(folder: Path, terminations: Terminations) -> int:
    """Runs the job of a run's folder to its last word; returns the exit status.

    Args:
        folder: the run's.
        terminations: stop the run.

    Raises:
        Exception: what no error of ours names; it is in the log already.
    """
    log = RunFolder(folder)
    log.clear_outcome()
    for path in folder.glob(_BESIDE.format("*")):
        path.unlink()
    try:
        finished = _run(folder, terminations)
    except WorkbenchError as error:
        _log.exception("The run failed.")
        _fail(log, error.code, error.sentence, error.hint)
        return 1
    except Exception as error:
        _log.exception("The run failed.")
        if named := failure_beside(folder, error) or named_failure(error):
            _fail(log, named.code, named.sentence, named.hint)
            return 1
        _fail(log, "crashed", f"{type(error).__name__}: {error}", "The log has the details; this looks like a fault.")
        raise
    _log.info("%s at step %d.", finished.outcome, finished.step)
    return finish(log, finished)


def work_beside(folder: Path, terminations: Terminations, rank: int) -> int:
    """Works a run through beside its first process, which alone has the last word; leaves a note of what failed here."""
    try:
        _run(folder, terminations)
    except Exception as error:
        _log.exception("Process %d failed.", rank + 1)
        known = error if isinstance(error, WorkbenchError) else failure_beside(folder, error) or named_failure(error)
        if not isinstance(known, ProcessLost):
            known = known or WorkbenchError(f"{type(error).__name__}: {error}.", "The log has the details.")
            note = Outcome(state="failed", code=known.code, message=known.sentence, hint=known.hint)
            write_record(folder / _BESIDE.format(rank + 1), note)
        return 1
    return 0


def failure_beside(folder: Path, error: Exception) -> WorkbenchError | None:
    """Returns what ended another process of the run, where that is what an exception tells of."""
    from workbench.training.processes import is_loss_of_another  # noqa: PLC0415  (torch, which is here by now)

    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1 or not is_loss_of_another(error):
        return None
    time.sleep(_SAYS_WHY_S)
    for path in sorted(folder.glob(_BESIDE.format("*"))):
        note, place = read_record(path, Outcome), path.stem.rpartition("-")[2]
        found = WorkbenchError(f"Process {place} of {count}: {note.message}", note.hint)
        found.code = note.code
        return found
    return ProcessLost(
        f"Another of the run's {count} processes died without a last word.",
        "If nobody killed it, the computer ran out of memory: choose a smaller batch or model. Resume it: it continues "
        "from its last checkpoint.",
    )


def finish(log: RunFolder, finished: Finished) -> int:
    """Says how the run ended; where the disk is too full for that, it has failed, and retrying it only says it again."""
    try:
        log.write_outcome(Outcome(state=finished.outcome, step=finished.step, message=finished.message))
        log.append(finished)
    except DiskFull as error:
        log.clear_outcome()
        _fail(log, error.code, error.sentence, error.hint)
        return 1
    return 0


def _run(folder: Path, terminations: Terminations) -> Finished:
    # Here and not above: torch takes seconds to import, and a run that another worker has must not wait for it.
    with importing():
        from workbench.training.session import RunSession, StopRun  # noqa: PLC0415

    with RunSession.open(folder) as session:
        terminations.pass_to(session.request_stop)
        session.job.refuse_unknown()
        with importing():
            train = find_method(session.job.method)
        try:
            train(session.job, session)
        except StopRun as stop:
            return Finished(outcome=stop.how, step=stop.step)
        return Finished(outcome="finished", step=session.last_step)


def find_method(name: str) -> Method:
    """Imports the module of a method, and of no other: each draws in libraries that the others do without."""
    module, entry = (_TRAIN[name], "train") if name in _TRAIN else (_RUN[name], "run")
    method: Method = vars(importlib.import_module(module))[entry]
    return method


@contextmanager
def importing() -> Iterator[None]:
    """Collects no garbage while there is none: modules are here to stay, and looking through them takes a fifth longer.

    And transformers does without scipy, which takes a third of a second and 35 MB for the losses of object detection.
    """
    gc.disable()
    from transformers import utils  # noqa: PLC0415

    scipy = vars(utils)["is_scipy_available"]
    vars(utils)["is_scipy_available"] = lambda: False
    try:
        yield
    finally:
        vars(utils)["is_scipy_available"] = scipy
        gc.enable()
        gc.freeze()


def _fail(log: RunFolder, code: str, message: str, hint: str) -> None:
    checkpoints = log.checkpoints()
    step = checkpoints[-1].step if checkpoints else 0
    tail = "" if code != "crashed" else log.log_tail()
    outcome = Outcome(state="failed", step=step, code=code, message=message, hint=hint, log_tail=tail)
    for say in (
        partial(log.write_outcome, outcome),
        partial(log.append, Failed(code=code, message=message, hint=hint)),
    ):
        try:
            say()
        except DiskFull:
            _log.exception("The last word could not be written.")


def named_failure(error: Exception) -> WorkbenchError | None:
    """Returns the named failure behind a library's exception, if it is one."""
    text = str(error).lower()
    if isinstance(error, MemoryError) or "out of memory" in text or "not enough memory" in text:
        return OutOfMemory(
            "The device's memory did not suffice.",
            "Halve the batch size, use gradient accumulation or checkpointing, LoRA, or shorter sequences.",
        )
    if (isinstance(error, OSError) and error.errno == errno.ENOSPC) or "no space left on device" in text:
        return DiskFull("The disk has no room left.", "Free some space, then resume the run.")
    return None


def _log_to(path: Path, rank: int) -> None:
    handler = logging.FileHandler(path, encoding="utf-8")
    place = f" [process {rank + 1}]" if rank else ""
    handler.setFormatter(logging.Formatter(f"%(asctime)s{place} %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for chatty in ("httpx", "httpx2", "httpcore", "httpcore2", "urllib3", "filelock", "fsspec", "datasets"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _end_children() -> None:
    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
