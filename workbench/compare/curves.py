"""Curves: what was measured as training went on, as mean and band over seeds (or over prompts where there is one seed)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.compare.arms import Arm
from workbench.compare.log_table import Spent
from workbench.compare.rates import rate_interval
from workbench.compare.samples import stack
from workbench.compare.statistics import FloatArray, known_mean, mean_interval, seed_interval
from workbench.compare.tracks import Point, Track
from workbench.compare.winrates import pair, win_table
from workbench.domain.estimates import Estimate
from workbench.domain.samples import KL
from workbench.domain.views import XAxis

_DIGITS = 12  # of a figure that is drawn
Measure = Callable[[Point, Track], FloatArray]  # [b] one value for each response of the checkpoint


@dataclass(frozen=True)
class Curve:
    """Points with their intervals, all of one length. `n` is of the last point: seeds, or prompts with one seed.

    `steps` has the checkpoint's step in every seed, for each point; empty where the points are not checkpoints.
    """

    x: FloatArray
    y: FloatArray
    low: FloatArray
    high: FloatArray
    n: int = 0
    steps: tuple[tuple[int, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.x)


EMPTY = Curve(np.empty(0), np.empty(0), np.empty(0), np.empty(0))


def aligned_points(arm: Arm, start: Arm | None) -> list[list[tuple[Point, Track]]]:
    """Returns the checkpoints that an arm's seeds have in common, each as one (point, track) for every seed.

    Seeds with as many checkpoints as each other are aligned by order, since a budget of time ends each at a step of its
    own; else by step. The start model comes first where it was evaluated.

    Args:
        arm: whose checkpoints.
        start: its start model.
    """
    tracks = list(arm.tracks)
    if len({len(track.points) for track in tracks}) == 1:
        rows = [[(track.points[i], track) for track in tracks] for i in range(len(tracks[0].points))]
    else:
        steps = set.intersection(*({point.step for point in track.points} for track in tracks)) if tracks else set()
        by_step = [{point.step: point for point in track.points} for track in tracks]
        rows = [
            [(points[step], track) for points, track in zip(by_step, tracks, strict=True)] for step in sorted(steps)
        ]
    first = [(begin.last, track) for track in tracks if (begin := start_track(track, start)) is not None]
    # A start model that was sampled for some of the seeds only would make the first point another mixture than the rest.
    return [first, *rows] if first and len(first) == len(tracks) and not arm.is_reference else rows


def start_track(track: Track, start: Arm | None) -> Track | None:
    """Returns the start model's evaluation under a track's seed, else its first; None where it was not evaluated.

    Where it was scored by several rewards, it is the evaluation under that of the track.
    """
    if start is None or not start.tracks:
        return None
    return (start.track(track.seed) or start.tracks[0]).under(track.proxy)


def evaluation_curve(arm: Arm, start: Arm | None, measure: Measure, x: XAxis) -> Curve:
    """Returns a figure of an arm's checkpoints with its interval at each.

    Args:
        arm: whose checkpoints.
        start: its start model, where the curve begins.
        measure: what is averaged.
        x: what the checkpoints are placed by; `kl` is the mean KL that was measured there.
    """
    xs, found, steps = [], [], []
    for row in aligned_points(arm, start):
        table = stack([point.samples.by_prompt(measure(point, track)) for point, track in row])[1]
        estimate, at = mean_interval(table), _place(row, x)
        if estimate is not None and np.isfinite(at):
            xs.append(at)
            found.append(estimate)
            steps.append(_steps(row))
    return _curve(xs, found, steps)


def raw(column: str) -> Measure:
    """Returns the measure of a column in units of its own."""
    return lambda point, _track: point.samples.column(column)


def standardised(column: str, start: Arm) -> Measure:
    """Returns the measure of scores less the start model's mean, in standard deviations of its scores under the same seed.

    It is NaN throughout where the start model's scores do not vary.
    """

    def measure(point: Point, track: Track) -> FloatArray:
        begin = start_track(track, start)
        scores = begin.last.samples.column(column) if begin else np.empty(0)
        known = scores[~np.isnan(scores)]
        if len(known) < 2 or known.std(ddof=1) == 0:
            return np.full(len(point.samples), np.nan)
        shifted: FloatArray = point.samples.column(column) - known.mean()
        return shifted / float(known.std(ddof=1))

    return measure


def means_by_steps(arm: Arm, start: Arm | None, column: str) -> dict[tuple[int, ...], float]:
    """Returns the mean of a column at each checkpoint of `evaluation_curve`, by its steps in every seed; no intervals."""
    found = {}
    for row in aligned_points(arm, start):
        table = stack([point.samples.by_prompt(point.samples.column(column)) for point, _ in row])[1]
        if not np.isnan(table).all():
            found[_steps(row)] = known_mean(table)
    return found


def win_curve(arm: Arm, start: Arm | None, x: XAxis, baseline: Arm | None = None) -> Curve:
    """Returns an arm's win rate in percent at each checkpoint; 50 where a checkpoint is compared with itself.

    Args:
        arm: whose checkpoints.
        start: its start model, where the curve begins.
        x: what the checkpoints are placed by.
        baseline: whose last checkpoint it is compared with, seed by seed; the start model where None.
    """
    xs, found, steps = [], [], []
    for row in aligned_points(arm, start):
        opponents = [
            (point, other.last) for point, track in row if (other := start_track(track, baseline or start)) is not None
        ]
        if not opponents:
            continue
        rate, at = rate_interval(win_table([pair(a.samples, b.samples) for a, b in opponents])), _place(row, x)
        if rate is not None and np.isfinite(at):
            is_start = all(point is begin for point, begin in opponents)
            mean, low, high = (0.5, 0.5, 0.5) if is_start else (rate.mean, rate.low, rate.high)
            xs.append(at)
            found.append(Estimate(mean=100 * mean, low=100 * low, high=100 * high, n=rate.n))
            steps.append(_steps(row))
    return _curve(xs, found, steps)


def _steps(row: list[tuple[Point, Track]]) -> tuple[int, ...]:
    return tuple(point.step for point, _ in row)


def _curve(xs: Sequence[float], found: Sequence[Estimate], steps: Sequence[tuple[int, ...]] = ()) -> Curve:
    if not found:
        return EMPTY
    # A start model's distance to itself is 0 but for rounding, and an axis fitted to 1e-17 says nothing.
    y, low, high = (
        np.array([getattr(item, name) for item in found]).round(_DIGITS) for name in ("mean", "low", "high")
    )
    return Curve(np.array(xs), y, low, high, found[-1].n, tuple(steps))


def _place(row: list[tuple[Point, Track]], x: XAxis) -> float:
    return float(np.mean([_coordinate(point, x) for point, _ in row]))


def _coordinate(point: Point, x: XAxis) -> float:
    match x:
        case "step":
            return point.step
        case "kl":
            return known_mean(point.samples.column(KL))
        case _:
            return float(point.spent._asdict()[x])


def training_curve(tracks: Sequence[Track], metric: str, x: XAxis) -> Curve:
    """Returns a training metric as mean and band over seeds, at the places that all seeds reach.

    The logs of the tracks must hold the metric (`read_log(folder, names=[metric])`). With one seed the band has no width:
    the points of one run are not repetitions of each other.
    """
    lines = [line for track in tracks if (line := _training_line(track, metric, x)) is not None]
    if not lines:
        return EMPTY
    grid, values = _on_one_grid(lines)
    half = seed_interval(values)
    mean = values.mean(axis=0)
    return Curve(grid, mean, mean - half, mean + half, len(lines))


def _on_one_grid(lines: Sequence[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    """Returns [t] places, and [s x t] what each line has there."""
    first = lines[0][0]
    # The usual case, and far faster.
    if all(np.array_equal(xs, first) for xs, _ in lines) and (np.diff(first) > 0).all():
        return first, np.stack([ys for _, ys in lines])
    low, high = max(xs[0] for xs, _ in lines), min(xs[-1] for xs, _ in lines)
    reached = [xs[(xs >= low) & (xs <= high)] for xs, _ in lines]
    grid = np.unique(np.concatenate(reached))
    most = max(map(len, reached))
    if len(grid) > most:  # seeds logged at other places than each other, which would draw stairs
        grid = np.linspace(low, high, most)
    return grid, np.stack([np.interp(grid, xs, ys) for xs, ys in lines]) if len(grid) else np.empty((len(lines), 0))


def _training_line(track: Track, metric: str, x: XAxis) -> tuple[FloatArray, FloatArray] | None:
    log = track.log
    if metric not in log.values:
        return None
    if x == "kl":
        xs = log.values.get("objective/kl", np.full(len(log.steps), np.nan))
    else:
        xs = log.steps.astype(np.float64) if x == "step" else log.spent[:, Spent._fields.index(x)]
    ys = log.values[metric]
    known = ~(np.isnan(xs) | np.isnan(ys))
    order = np.argsort(xs[known], kind="stable")
    return (xs[known][order], ys[known][order]) if known.any() else None
