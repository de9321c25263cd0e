"""What a run's log says, as arrays."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.compare.log_cache import read_table
from workbench.compare.log_table import LogTable, Spent, Table, read_lines
from workbench.compare.run_use import devices_of
from workbench.compare.statistics import FloatArray
from workbench.storage.runlog import EVENTS

LENGTH = "objective/length"  # mean tokens of the responses of a PPO update
_PARTS, _PART = 16, 8_192  # of a long log that a mean is taken from: how many, and bytes of each


@dataclass(frozen=True)
class RunLog:
    """The numbers of one run's log.

    Attributes:
        steps: [t] the training step of each line of metrics, rising.
        spent: [t x 3] episodes, tokens and seconds at each of them, NaN where unknown.
        values: [t] for each metric, NaN where a line does not name it.
        saved: what had been used when each checkpoint was saved, by step.
        warned: what the run said that a person should know.
        device: where it ran, in words; empty before it started.
        n_devices: that it held at once, the last time that it was started.
        versions: of the libraries it ran with.
    """

    steps: NDArray[np.int64]
    spent: FloatArray
    values: dict[str, FloatArray]
    saved: dict[int, Spent] = field(default_factory=dict)
    warned: tuple[str, ...] = ()
    device: str = ""
    n_devices: int = 1
    versions: dict[str, str] = field(default_factory=dict)


def read_log(run_folder: Path, names: Collection[str] | None = None, *, kept: Path | None = None) -> RunLog:
    """Reads a run's log; steps that a resumed run did again count once, as it did them last.

    Args:
        run_folder: runs/ID of a project; one without a log gives an empty record.
        names: the metrics to keep; None keeps all, an empty collection skips the lines of metrics unread.
        kept: where the log's columns are kept (`kept_columns`), so that a long one is parsed only once; None parses all.
    """
    path = run_folder / EVENTS
    try:
        seen = path.stat()
    except FileNotFoundError:
        return _as_log(LogTable(), names)
    if names is None:  # an export looks at all once: hundreds of long logs are not to stay in memory
        return _as_log(read_table(path, None, kept), None)
    read = _read_measured if names else _read_told
    return read(path, frozenset(names), kept, seen.st_size, seen.st_mtime_ns)


def _read(path: Path, names: frozenset[str], kept: Path | None, _size: int, _changed_ns: int) -> RunLog:
    """Reads a log; one that has not changed since is not read again."""
    return _as_log(read_table(path, names, kept), names)


_read_told = lru_cache(maxsize=4096)(_read)
_read_measured = lru_cache(maxsize=512)(_read)  # half a megabyte each where a run has 10,000 steps


def _as_log(found: LogTable, names: Collection[str] | None) -> RunLog:
    is_measured = names is None or bool(names)
    table = (found.table if is_measured else None) or Table()
    started: Mapping[str, Any] = {}
    saved: dict[int, Spent] = {}
    for line in found.told:
        match line["kind"]:
            case "checkpoint_saved":
                saved[line["step"]] = _spent(line)
            case "started":
                started = line
                if (step := line.get("resumed_from")) is not None:
                    saved = {at: spent for at, spent in saved.items() if at <= step}
    known = {name: column for name, column in table.values.items() if not np.isnan(column).all()}
    return RunLog(
        steps=table.steps,
        spent=table.spent,
        values=known if names is None else {name: known[name] for name in sorted(names) if name in known},
        saved=saved,
        warned=tuple(dict.fromkeys(line["message"] for line in found.told if line["kind"] == "warned")),
        device=started.get("device_name", ""),
        n_devices=devices_of(started),
        versions=started.get("versions", {}),
    )


def _spent(line: Mapping[str, Any]) -> Spent:
    return Spent(*(np.nan if (used := line.get(name)) is None else float(used) for name in Spent._fields))


def mean_metric(run_folder: Path, name: str) -> float:
    """Returns the mean of a metric over a log; of a long log over parts spread evenly over it. NaN where it has none.

    A log of 10,000 steps has some 5 MB; its parts have 1 in 40 of its lines and take a hundredth of the time.
    """
    path = run_folder / EVENTS
    try:
        seen = path.stat()
    except FileNotFoundError:
        return np.nan
    return _mean(path, name, seen.st_size, seen.st_mtime_ns)


@lru_cache(maxsize=4096)
def _mean(path: Path, name: str, size: int, _changed_ns: int) -> float:
    lines: list[bytes] = []
    with path.open("rb") as log:
        if size <= _PARTS * _PART:
            lines = log.read().splitlines()
        else:
            for at in np.linspace(0, size - _PART, _PARTS, dtype=int):
                log.seek(int(at))
                lines += log.read(_PART).splitlines()[1:-1]  # the first and the last are cut
    values = read_lines(lines).values.get(name, np.empty(0))
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan
