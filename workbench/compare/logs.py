"""What a run's log says, as arrays. Reads a log once and decodes only the lines that a curve needs."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.compare.statistics import FloatArray
from workbench.storage.runlog import EVENTS

LENGTH = "objective/length"  # mean tokens of the responses of a PPO update
_HEAD = 96  # bytes of a line in which `kind` stands: it follows the time
_METRICS, _SAVED, _STARTED, _WARNED = (
    f'"kind":"{kind}"'.encode() for kind in ("metrics", "checkpoint_saved", "started", "warned")
)


class Spent(NamedTuple):
    """What training had used at a step; NaN where the method does not count it."""

    episodes: float
    tokens: float
    seconds: float


NOTHING_SPENT = Spent(0.0, 0.0, 0.0)


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
        versions: of the libraries it ran with.
    """

    steps: NDArray[np.int64]
    spent: FloatArray
    values: dict[str, FloatArray]
    saved: dict[int, Spent] = field(default_factory=dict)
    warned: tuple[str, ...] = ()
    device: str = ""
    versions: dict[str, str] = field(default_factory=dict)


def read_log(run_folder: Path, names: Collection[str] | None = None) -> RunLog:
    """Reads a run's log; steps that a resumed run did again count once, as it did them last.

    Args:
        run_folder: runs/ID of a project; one without a log gives an empty record.
        names: the metrics to keep; None keeps all, an empty collection skips the lines of metrics unread.
    """
    path = run_folder / EVENTS
    try:
        seen = path.stat()
    except FileNotFoundError:
        return _as_arrays([], names, {}, (), {})
    return _read(path, None if names is None else frozenset(names), seen.st_size, seen.st_mtime_ns)


@lru_cache(maxsize=1024)
def _read(path: Path, names: frozenset[str] | None, _size: int, _changed_ns: int) -> RunLog:
    """Reads a log; one that has not grown since is not read again."""
    kinds = (_SAVED, _STARTED, _WARNED) if names is not None and not names else (_METRICS, _SAVED, _STARTED, _WARNED)
    metrics: list[dict[str, Any]] = []
    saved: dict[int, Spent] = {}
    warned: list[str] = []
    started: dict[str, Any] = {}
    for line in _decoded(path, kinds):
        match line["kind"]:
            case "metrics":
                metrics.append(line)
            case "checkpoint_saved":
                saved[line["step"]] = _spent(line)
            case "warned":
                warned.append(line["message"])
            case "started":
                started = line
                if (step := line.get("resumed_from")) is not None:
                    metrics = [old for old in metrics if old["step"] <= step]
                    saved = {at: spent for at, spent in saved.items() if at <= step}
    return _as_arrays(metrics, names, saved, tuple(dict.fromkeys(warned)), started)


def _decoded(path: Path, kinds: tuple[bytes, ...]) -> Iterator[dict[str, Any]]:
    with path.open("rb") as lines:
        for line in lines:
            if any(kind in line[:_HEAD] for kind in kinds):
                try:
                    yield json.loads(line)
                except json.JSONDecodeError:  # torn by a crash, or being written this moment
                    continue


def _spent(line: dict[str, Any]) -> Spent:
    return Spent(*(float(line.get(name, "nan")) for name in Spent._fields))


def _as_arrays(
    metrics: list[dict[str, Any]],
    names: Collection[str] | None,
    saved: dict[int, Spent],
    warned: tuple[str, ...],
    started: dict[str, Any],
) -> RunLog:
    found = dict.fromkeys(name for line in metrics for name in line["values"])
    kept = [name for name in found if names is None or name in names]
    return RunLog(
        steps=np.array([line["step"] for line in metrics], dtype=np.int64),
        spent=np.array([_spent(line) for line in metrics], dtype=np.float64).reshape(-1, len(Spent._fields)),
        values={name: np.array([line["values"].get(name, np.nan) for line in metrics], np.float64) for name in kept},
        saved=saved,
        warned=warned,
        device=started.get("device_name", ""),
        versions=started.get("versions", {}),
    )
