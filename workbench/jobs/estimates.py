"""How long planned runs will take and how much memory: by runs that this project has finished, else by stated rates."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from workbench.domain.costs import Basis, RunCost, Spread, parameters
from workbench.domain.records import Method
from workbench.jobs.workload import Workload

DeviceKind = str  # cpu, cuda, mps
_CPU_CORE, _CUDA, _MPS = 2e10, 6e13, 3e12  # operations a second in training: 20 G a core, 60 T a GPU, 3 T an Apple GPU
_PASS_S, _LAYER_S = 0.001, 0.0003  # what a pass costs in Python and launches, and each of its layers
_READ_MIB_S = 500.0
_START_S = 6.0  # a process that imports torch and its family
_LIBRARIES_MIB: Mapping[DeviceKind, float] = {"cpu": 540.0, "cuda": 600.0, "mps": 600.0}
_ONE_CORE = 1_000_000  # parameters, below which training keeps to one core
_ALIKE = math.log(2)  # of the logarithm of sizes: a model between half and twice as large is alike
_MARGIN: Mapping[Basis, tuple[float, float]] = {  # what the range is widened by
    "measured": (0.85, 1.25),
    "scaled": (0.5, 2.0),
    "modelled": (0.33, 3.0),
}
_FEW, _FEW_MARGIN = 3, (0.7, 1.6)  # of so few runs nobody knows how much they differ


class Place(NamedTuple):
    """Where runs compute: cpu, cuda or mps, and the cores that each of them has."""

    kind: DeviceKind
    cores: int


@dataclass(frozen=True)
class Measured:
    """A finished run: what it computed and what that took.

    Attributes:
        n_parameters: of its model.
        seconds: from its worker's first word to its last.
        memory_mib: the most that it reported, of one of its processes.
    """

    method: Method
    kind: DeviceKind
    n_parameters: int
    work: Workload
    seconds: float
    memory_mib: float


def estimate(method: Method, n_parameters: int, work: Workload, place: Place, known: Sequence[Measured]) -> RunCost:
    """Returns what a run will take.

    The stated rates give a figure. Runs that were measured on the same kind of device say by how much those figures are
    wrong here, those of the same method and about the same size first; the figure is corrected by that.

    Args:
        method: of the run.
        n_parameters: of its model.
        work: what it computes.
        place: where.
        known: finished runs.
    """
    modelled_s = seconds_at_stated_rates(work, n_parameters, place)
    basis, chosen, why = _comparable(method, n_parameters, place, known)
    below, above = _FEW_MARGIN if basis == "measured" and len(chosen) < _FEW else _MARGIN[basis]
    rates = [run.seconds / seconds_at_stated_rates(run.work, run.n_parameters, place) for run in chosen] or [1.0]
    # What the libraries take besides is an amount, whatever the model: measured on a small one it is true of a large one.
    besides = [run.memory_mib - run.work.memory_mib for run in chosen] or [_LIBRARIES_MIB[place.kind]]
    mib = Spread(
        low=work.memory_mib * max(below, 0.7) + min(besides),
        expected=work.memory_mib + median(besides),
        high=work.memory_mib * min(above, 1.5) + max(besides),
    )
    seconds = _spread(modelled_s, rates, below, above).plus(_START_S)
    on_one_device = work.processes if place.kind == "cpu" else 1  # else each process has a device of its own
    return RunCost(seconds=seconds, memory_mib=mib.times(on_one_device), basis=basis, why=why)


def seconds_at_stated_rates(work: Workload, n_parameters: int, place: Place) -> float:
    """Returns the seconds that `work` takes at the rates stated in this file, without the start of the process."""
    cores = 1 if n_parameters < _ONE_CORE else max(1, place.cores // work.processes)
    rate = {"cpu": _CPU_CORE * cores, "mps": _MPS}.get(place.kind, _CUDA)
    calls = work.passes * (_PASS_S + work.layers * _LAYER_S)
    computed = work.operations / rate + calls
    wait = (
        max(1.0, work.processes / place.cores) if place.kind == "cpu" else 1.0
    )  # more processes than cores take turns
    return computed * wait + 2 * work.weights_mib / _READ_MIB_S


def makespan(
    costs: Sequence[tuple[str, Sequence[str], float]], at_once: int, widths: Mapping[str, int] | None = None
) -> float:
    """Returns the seconds until the last run has ended.

    Args:
        costs: id, ids of the runs it needs, and seconds, in the order of the queue. Needs that are not listed are there.
        at_once: how many runs go on at the same time.
        widths: of runs that take several of those places, how many, by id.
    """
    ended: dict[str, float] = {}
    lanes = [0.0] * max(1, at_once)
    waiting = list(costs)
    listed = {run_id for run_id, _, _ in costs}
    while waiting:
        now = min(lanes)
        free = [place for place, until in enumerate(lanes) if until == now]
        wide = {item[0]: min((widths or {}).get(item[0], 1), len(lanes)) for item in waiting}
        ready = [
            item
            for item in waiting
            if wide[item[0]] <= len(free) and all(ended.get(need, math.inf) <= now for need in listed & set(item[1]))
        ]
        if not ready:  # the free lanes wait for whatever ends next
            later = min(end for end in [*ended.values(), *lanes] if end > now)
            lanes = [max(until, later) for until in lanes]
            continue
        run_id, _, seconds = ready[0]
        waiting.remove(ready[0])
        ended[run_id] = now + seconds
        for place in free[: wide[run_id]]:
            lanes[place] = ended[run_id]
    return max(ended.values(), default=0.0)


def _comparable(
    method: Method, n_parameters: int, place: Place, known: Iterable[Measured]
) -> tuple[Basis, list[Measured], str]:
    here = [run for run in known if run.kind == place.kind]
    same = [run for run in here if run.method == method]
    alike = [run for run in same if _distance(run, n_parameters) <= _ALIKE]
    if alike:
        return (
            "measured",
            alike,
            f"By {_runs(len(alike))} of {method} on a model of this size, on this project's machine.",
        )
    if same:
        nearest = _nearest(same, n_parameters)
        size = f"{parameters(nearest[0].n_parameters)} parameters"
        return "scaled", nearest, f"Scaled from {_runs(len(nearest))} of {method} on a model of {size}."
    if others := [run for run in here if _distance(run, n_parameters) <= _ALIKE]:
        return "scaled", others, f"No {method} has run here; scaled from {_runs(len(others))} of other methods."
    rates = f"{_CPU_CORE / 1e9:.0f} billion operations a second and core" if place.kind == "cpu" else "stated rates"
    return "modelled", [], f"Nothing like it has run here: counted in operations, at {rates}."


def _nearest(runs: Sequence[Measured], n_parameters: int) -> list[Measured]:
    least = min(_distance(run, n_parameters) for run in runs)
    return [run for run in runs if _distance(run, n_parameters) <= least + 0.1]


def _distance(run: Measured, n_parameters: int) -> float:
    return abs(math.log(run.n_parameters / max(1, n_parameters)))


def _spread(value: float, factors: Sequence[float], below: float, above: float) -> Spread:
    middle = median(factors)
    return Spread(low=value * min(factors) * below, expected=value * middle, high=value * max(factors) * above)


def _runs(n: int) -> str:
    return f"{n} finished run" if n == 1 else f"{n} finished runs"
