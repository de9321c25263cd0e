"""Does the proxy rise while gold falls? Asked so that chance alone seldom answers yes."""

from dataclasses import dataclass

import numpy as np

from workbench.compare.arms import Arm
from workbench.compare.curves import aligned_points
from workbench.compare.samples import Keys, stack
from workbench.compare.statistics import FloatArray, mean_interval
from workbench.compare.tracks import Point, Track
from workbench.domain.estimates import Estimate
from workbench.domain.samples import GOLD, KL, PROXY

_FEWEST = 3  # checkpoints, the start included: with two there is no turn to see


@dataclass(frozen=True)
class Turn:
    """Where gold turned down while the proxy went on rising (Gao et al. 2210.10760).

    Attributes:
        step: the last checkpoint at which gold still stood highest.
        kl: the mean KL there, in nats.
        gold, proxy: change of the mean scores from there to the last checkpoint.
    """

    step: int
    kl: float
    gold: Estimate
    proxy: Estimate


def find_turn(arm: Arm, start: Arm | None) -> Turn | None:
    """Returns where an arm turned, or None where no turn is shown.

    The highest of several noisy points is expected to be followed by lower ones. So one half of the prompts says which
    checkpoint stood highest, and only the other half says how scores changed after it.
    """
    rows = aligned_points(arm, start)
    if len(rows) < _FEWEST:
        return None
    gold = [_table(row, GOLD) for row in rows]
    common = _common([keys for keys, _ in gold])
    first, second = common[::2], common[1::2]
    means = [float(np.nanmean(picked)) if _has_values(picked := _pick(column, first)) else -np.inf for column in gold]
    peak = int(np.argmax(means))
    if peak == len(rows) - 1:
        return None
    gold_change = mean_interval(_pick(gold[-1], second) - _pick(gold[peak], second))
    proxy_change = mean_interval(_pick(_table(rows[-1], PROXY), second) - _pick(_table(rows[peak], PROXY), second))
    if gold_change is None or proxy_change is None or gold_change.high >= 0 or proxy_change.low <= 0:
        return None
    kl = _table(rows[peak], KL)[1]
    return Turn(rows[peak][0][0].step, float(np.nanmean(kl)) if _has_values(kl) else np.nan, gold_change, proxy_change)


def _table(row: list[tuple[Point, Track]], column: str) -> tuple[Keys, FloatArray]:
    return stack([point.samples.by_prompt(point.samples.column(column)) for point, _ in row])


def _common(keys: list[Keys]) -> Keys:
    shared = keys[0]
    for names in keys[1:]:
        shared = np.intersect1d(shared, names, assume_unique=True)
    return shared


def _pick(column: tuple[Keys, FloatArray], keys: Keys) -> FloatArray:
    names, table = column
    return table[:, np.searchsorted(names, keys)]


def _has_values(table: FloatArray) -> bool:
    return bool(table.size) and not bool(np.isnan(table).all())
