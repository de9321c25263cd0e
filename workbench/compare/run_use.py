"""How long a run held its device and how much memory it took at most, by its log."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from workbench.compare.log_cache import read_table
from workbench.compare.log_table import BEFORE_AT
from workbench.storage.runlog import EVENTS


@dataclass(frozen=True)
class RunUse:
    """What a run took from the computer.

    Attributes:
        parts: when each part of it began and ended, Unix seconds; a run that was resumed has several.
        saved: when each checkpoint was complete, by step.
        memory_mib: at most: what torch held on a GPU, else the process's resident memory; NaN where it did not say.
        n_devices: that each part held: a GPU for each of its processes, while those on a CPU share it.
    """

    parts: tuple[tuple[float, float], ...] = ()
    saved: tuple[tuple[int, float], ...] = ()
    memory_mib: float = np.nan
    n_devices: tuple[int, ...] = ()

    def seconds(self, step: int | None = None) -> float:
        """Returns how long its worker ran, pauses left out: loading, saving and validating included.

        Args:
            step: until this checkpoint was complete; None, or one that the log does not name: until it ended.
        """
        return sum(self._taken(step)) if self.parts else np.nan

    def device_seconds(self, step: int | None = None) -> float:
        """Returns how long it held devices, each counted: twice as long as it ran where two GPUs shared it.

        Args:
            step: as in `seconds`.
        """
        parts = zip(self._taken(step), self.n_devices, strict=True)
        return sum(taken * n_devices for taken, n_devices in parts) if self.parts else np.nan

    def _taken(self, step: int | None) -> list[float]:
        until = dict(self.saved).get(step, np.inf) if step is not None else np.inf
        return [max(0.0, min(end, until) - begin) for begin, end in self.parts]


def read_use(run_folder: Path, kept: Path | None = None) -> RunUse:
    """Reads what a run took; nothing of one that has no log.

    Args:
        run_folder: runs/ID of a project.
        kept: where the log's columns are kept (`kept_columns`); None reads the whole log.
    """
    path = run_folder / EVENTS
    try:
        seen = path.stat()
    except FileNotFoundError:
        return RunUse()
    return _read(path, kept, seen.st_size, seen.st_mtime_ns)


@lru_cache(maxsize=1024)
def _read(path: Path, kept: Path | None, _size: int, _changed_ns: int) -> RunUse:
    """Takes the few lines that matter; one that has not grown since is not read again."""
    log = read_table(path, (), kept)
    started = [line for line in log.told if line["kind"] == "started"]
    ends = [*(line[BEFORE_AT] for line in started[1:]), log.last_at]
    parts = [(line, end) for line, end in zip(started, ends, strict=False) if end is not None and end >= line["at"]]
    return RunUse(
        parts=tuple((line["at"], end) for line, end in parts),
        saved=tuple((line["step"], line["at"]) for line in log.told if line["kind"] == "checkpoint_saved"),
        memory_mib=np.nan if log.memory_mib is None else log.memory_mib,
        n_devices=tuple(devices_of(line) for line, _ in parts),
    )


def devices_of(started: Mapping[str, Any]) -> int:
    """Returns how many devices a run held from a start on, by the line of its log: a GPU a process; a CPU is shared."""
    return 1 if started.get("device", "cpu") == "cpu" else int(started.get("processes", 1))
