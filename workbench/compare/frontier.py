"""The reward-KL frontier: the most gold that any checkpoint reached within each KL (Gao et al. 2210.10760)."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from workbench.compare.resampling import DRAWS
from workbench.compare.statistics import LEVEL, FloatArray
from workbench.domain.estimates import Estimate

_FEWEST_DRAWS, _WORK = 200, 4_000_000  # draws where there are many points, and lines to look along in all


def upper_envelope(x: FloatArray, y: FloatArray) -> NDArray[np.intp]:
    """Returns the places of the points that no other beats with as little x, from left to right.

    (0, 0), (1, 2), (2, 1), (3, 3) keep all but the third: 2 was reached at x = 1 already.

    Args:
        x: [n] cost, as KL in nats.
        y: [n] gain, as gold reward; points with NaN are never on the envelope.
    """
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    order = known[np.lexsort((-y[known], x[known]))]
    best = np.concatenate([[-np.inf], np.maximum.accumulate(y[order])[:-1]]) if len(order) else np.empty(0)
    return order[y[order] > best]


def staircase(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns the corners of the line that goes right from each point and up to the next: two for each but the last."""
    return np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]


def envelope_band(
    x: FloatArray, y: FloatArray, at: FloatArray, *, draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Returns the envelope at each place of `at`, and the low and the high end of its interval there.

    Prompts are drawn with replacement, the same for all points. The highest of several means is too high, by about as much as
    the highest of the drawn means is above it: that is taken off the middle of the interval. Its width is that of the
    envelope over the draws, or of the point that makes it where that is wider. Over all places it covered 95 % in simulation,
    with five equal checkpoints as well; a percentile interval fell to 53 % there.

    Args:
        x: [j] cost of each point, taken as known.
        y: [j x p] gain at each point on each prompt; no NaN.
        at: [k] costs, none below the least of `x`.
        draws, seed: of the bootstrap.
        level: coverage.
    """
    order = np.argsort(x, kind="stable")
    means, drawn = y.mean(axis=1)[order], resampled_means(y, draws, seed)[:, order]
    height, heights = np.maximum.accumulate(means), np.maximum.accumulate(drawn, axis=1)
    makers = np.maximum.accumulate(np.where(means >= height, np.arange(len(means)), 0))
    middle = 2 * height - heights.mean(axis=0)
    se = np.maximum(heights.std(axis=0), drawn.std(axis=0)[makers])
    half = se * float(special.stdtrit(y.shape[1] - 1, 0.5 + level / 2))
    place = np.searchsorted(x[order], at, side="right") - 1
    return height[place], (middle - half)[place], (middle + half)[place]


def dominance(
    ours: tuple[FloatArray, FloatArray],
    theirs: tuple[FloatArray, FloatArray],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = LEVEL,
) -> Estimate:
    """Returns how many of our points lie above their frontier, as in the DPO paper's Fig. 2 (2305.18290): 26 of 27.

    Their frontier at a cost is the most that is reached there by any of their points that cost no more, or by drawing each
    response from one of two of them: the gain of such a mixture lies on the straight line between theirs, and its KL at or
    below it (KL is convex). So a point that is merely nearer to the start than all of theirs does not lie above by that alone.
    The interval goes from the points that lie above by more than chance to those that do not lie below by more than chance, by
    the bootstrap over prompts, drawn for both sides alike; what a frontier of noisy points is too high by is taken off. It
    ends in whole counts, so it holds the true one more often than it says, but for arms that are nearly level.

    Args:
        ours, theirs: [j] cost of each point, and its gain [j x p] on each prompt, the same prompts in both. Theirs begin with
            the start model at no cost, so that there is a frontier to be above of everywhere.
        draws, seed: of the bootstrap.
        level: coverage.
    """
    (x, y), (other_x, other_y) = ours, theirs
    draws = max(_FEWEST_DRAWS, min(draws, _WORK // (len(x) * len(other_x) ** 2)))
    both = np.concatenate([y, other_y])
    means = np.concatenate([both.mean(axis=1)[None, :], resampled_means(both, draws, seed)])
    mine, rivals = means[:, : len(x)], means[:, len(x) :]
    above = mine - np.stack([_height_at(at, other_x, rivals) for at in x], axis=1)
    count, drawn = np.count_nonzero(above[0] > 0), above[1:]
    # As far as a drawn frontier is higher than the measured one, the measured one is higher than the true one.
    middle = above[0] - (drawn - mine[1:] - above[0] + mine[0]).mean(axis=0)
    chance = drawn.std(axis=0) * float(special.stdtrit(both.shape[1] - 1, 0.5 + level / 2))
    surely, perhaps = np.count_nonzero(middle > chance), np.count_nonzero(middle > -chance)
    return Estimate(mean=float(count), low=float(min(count, surely)), high=float(max(count, perhaps)), n=len(x))


def _height_at(at: float, x: FloatArray, y: FloatArray) -> FloatArray:
    """Returns [d]: how high the frontier of points at [j] `x` with heights [d x j] `y` is at one x."""
    near, far = np.flatnonzero(x <= at), np.flatnonzero(x > at)
    highest: FloatArray = y[:, near].max(axis=1, initial=-np.inf)
    if len(near) and len(far):
        share = (at - x[near])[:, None] / (x[far][None, :] - x[near][:, None])  # [near x far] of the farther point
        between = y[:, near][:, :, None] * (1 - share) + y[:, far][:, None, :] * share
        highest = np.maximum(highest, between.max(axis=(1, 2)))
    return highest


def resampled_means(y: FloatArray, draws: int, seed: int) -> FloatArray:
    """Returns [draws x j]: the means of [j x p] over prompts drawn with replacement, the same for all rows."""
    means: FloatArray = _weights(y.shape[1], draws, seed) @ y.T
    return means


@lru_cache(maxsize=8)
def _weights(n: int, draws: int, seed: int) -> FloatArray:
    weights: FloatArray = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws) / n
    return weights
