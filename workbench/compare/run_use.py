"""How long a run held its device and how much memory it took at most, by its log."""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from workbench.storage.runlog import EVENTS

_STARTED = b'"kind":"started"'
_AT = re.compile(rb'\{"at":([\d.]+)')
_SAVED = re.compile(rb'\{"at":([\d.]+),"kind":"checkpoint_saved","step":(\d+)')
_MEMORY = re.compile(rb'"kind":"progress"[^\n]*"memory_mib":([-+.\deE]+)')
_HEAD = 96  # bytes of a line in which `kind` stands


@dataclass(frozen=True)
class RunUse:
    """What a run took from the computer.

    Attributes:
        parts: when each part of it began and ended, Unix seconds; a run that was resumed has several.
        saved: when each checkpoint was complete, by step.
        memory_mib: at most: what torch held on a GPU, else the process's resident memory; NaN where it did not say.
    """

    parts: tuple[tuple[float, float], ...] = ()
    saved: tuple[tuple[int, float], ...] = ()
    memory_mib: float = np.nan

    def seconds(self, step: int | None = None) -> float:
        """Returns how long its worker ran, pauses left out: loading, saving and validating included.

        Args:
            step: until this checkpoint was complete; None, or one that the log does not name: until it ended.
        """
        until = dict(self.saved).get(step, np.inf) if step is not None else np.inf
        taken = [min(end, until) - begin for begin, end in self.parts if begin < until]
        return sum(taken) if self.parts else np.nan


def read_use(run_folder: Path) -> RunUse:
    """Reads what a run took; nothing of one that has no log."""
    path = run_folder / EVENTS
    try:
        seen = path.stat()
    except FileNotFoundError:
        return RunUse()
    return _read(path, seen.st_size, seen.st_mtime_ns)


@lru_cache(maxsize=1024)
def _read(path: Path, _size: int, _changed_ns: int) -> RunUse:
    """Looks for the few lines that matter; one that has not grown since is not read again."""
    content = path.read_bytes()
    begins = _starts(content)
    cuts = [*begins, len(content)]
    parts = [(_first(content[begin:end]), _last(content[begin:end])) for begin, end in pairwise(cuts)]
    memory = [float(value) for value in _MEMORY.findall(content)]
    return RunUse(
        parts=tuple((begin, end) for begin, end in parts if end >= begin),
        saved=tuple((int(step), float(at)) for at, step in _SAVED.findall(content)),
        memory_mib=max(memory, default=np.nan),
    )


def _starts(content: bytes) -> list[int]:
    """Returns where the lines begin that say that a worker started."""
    found, at = [], content.find(_STARTED)
    while at >= 0:
        begin = content.rfind(b"\n", 0, at) + 1
        if at - begin < _HEAD:
            found.append(begin)
        at = content.find(_STARTED, at + 1)
    return found


def _first(part: bytes) -> float:
    found = _AT.match(part)
    return float(found[1]) if found else np.inf


def _last(part: bytes) -> float:
    """Returns the time of the last whole line."""
    for line in reversed(part[part.rfind(b"\n", 0, -4096) + 1 :].splitlines()):
        if (found := _AT.match(line)) is not None and line.endswith(b"}"):
            return float(found[1])
    return -np.inf
