"""What a run's log says, as arrays. Reads a log once and decodes only the lines and the values that a curve needs."""

import json
import re
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
_PARTS, _PART = 16, 8_192  # of a long log that a mean is taken from: how many, and bytes of each
_LINE = re.compile(
    rb'"step":(\d+)(?:,"episodes":(\d+|null))?(?:,"tokens":(\d+|null))?,"seconds":([-+.\deE]+),"values":\{'
)
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
    metrics: list[dict[str, Any]] = []
    saved: dict[int, Spent] = {}
    warned: list[str] = []
    started: dict[str, Any] = {}
    content = path.read_bytes()
    for line in _said(content) if names is not None and not names else _said_and_measured(content, names):
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
    wanted = {name: f'"{name}":'.encode()}
    lines: list[bytes] = []
    with path.open("rb") as log:
        if size <= _PARTS * _PART:
            lines = log.read().splitlines()
        else:
            for at in np.linspace(0, size - _PART, _PARTS, dtype=int):
                log.seek(int(at))
                lines += log.read(_PART).splitlines()[1:-1]  # the first and the last are cut
    read = (_measured(line, wanted) for line in lines if _METRICS in line[:_HEAD])
    values = [line["values"].get(name, np.nan) for line in read if line is not None]
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else np.nan


def _said(content: bytes) -> Iterator[dict[str, Any]]:
    """Decodes what a log says beside metrics, without a look at the lines between."""
    places = []
    for kind in (_SAVED, _STARTED, _WARNED):
        at = content.find(kind)
        while at >= 0:
            begin = content.rfind(b"\n", 0, at) + 1
            if at - begin < _HEAD:
                places.append(begin)
            at = content.find(kind, at + 1)
    for begin in sorted(places):
        end = content.find(b"\n", begin)
        if (line := _decoded(content[begin : end if end >= 0 else None])) is not None:
            yield line


def _said_and_measured(content: bytes, names: frozenset[str] | None) -> Iterator[dict[str, Any]]:
    wanted = None if names is None else {name: f'"{name}":'.encode() for name in names}
    for line in content.splitlines():
        head = line[:_HEAD]
        if _METRICS in head:
            found = _measured(line, wanted)
        elif any(kind in head for kind in (_SAVED, _STARTED, _WARNED)):
            found = _decoded(line)
        else:
            continue
        if found is not None:
            yield found


def _decoded(line: bytes) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError):  # torn by a crash, or being written this moment
        return None
    return found


def _measured(line: bytes, wanted: dict[str, bytes] | None) -> dict[str, Any] | None:
    """Decodes a line of metrics; where only some are wanted, those alone, which takes a fifth of the time."""
    found = _LINE.search(line) if wanted is not None and line.endswith(b"}}") else None
    if found is None or wanted is None:
        return _decoded(line)
    step, episodes, tokens, seconds = found.groups(b"null")
    values = {}
    for name, token in wanted.items():
        if (begin := line.find(token, found.end())) >= 0:
            values[name] = _number(line[begin + len(token) :].split(b",", 1)[0].rstrip(b"}"))
    used = {"episodes": _number(episodes), "tokens": _number(tokens), "seconds": _number(seconds)}
    return {"kind": "metrics", "step": int(step), **used, "values": values}


def _number(text: bytes) -> float:
    return np.nan if text == b"null" else float(text)


def _spent(line: dict[str, Any]) -> Spent:
    return Spent(*(np.nan if (used := line.get(name)) is None else float(used) for name in Spent._fields))


def _as_arrays(
    metrics: list[dict[str, Any]],
    names: Collection[str] | None,
    saved: dict[int, Spent],
    warned: tuple[str, ...],
    started: dict[str, Any],
) -> RunLog:
    found = dict.fromkeys(name for line in metrics for name in line["values"]) if names is None else sorted(names)
    values = {name: _column([line["values"].get(name) for line in metrics]) for name in found}
    return RunLog(
        steps=np.array([line["step"] for line in metrics], dtype=np.int64),
        spent=np.stack([_column([line.get(name) for line in metrics]) for name in Spent._fields], axis=1),
        values={name: column for name, column in values.items() if not np.isnan(column).all()},
        saved=saved,
        warned=warned,
        device=started.get("device_name", ""),
        versions=started.get("versions", {}),
    )


def _column(values: list[float | None]) -> FloatArray:
    return np.array(values, dtype=np.float64)  # None becomes NaN
