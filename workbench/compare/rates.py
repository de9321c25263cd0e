"""Win rates: their intervals and tests. Letters: ``s`` seeds, ``p`` prompts. NaN marks what could not be compared."""

import math

import numpy as np
from scipy import special

from workbench.compare.statistics import LEVEL, FloatArray, Spread, spread
from workbench.domain.estimates import Estimate


def wilson(wins: float, n: int, level: float = LEVEL) -> Estimate:
    """Returns a rate with Wilson's interval (1927, Eq. 4); 158 of 256 gives 0.5563 to 0.6746.

    Args:
        wins: successes.
        n: trials, at least 1, each of them a success or none; see `rate_of_prompts` for others.
        level: coverage.
    """
    low, high = _wilson(wins / n, n, level)
    return Estimate(mean=wins / n, low=low, high=high, n=n)


def rate_of_prompts(wins: FloatArray, level: float = LEVEL) -> Estimate:
    """Returns the mean of what single prompts say with Wilson's interval, of as many trials as vary like them.

    Where each is won or lost that is Wilson's own. Ties, and shares of several comparisons, vary less than n trials of yes and
    no, whose interval covers 98-100 % there. As many trials as have their variance cover 93-97 %; the variance is taken as
    if one prompt more had been decided, since few or none may have been.

    Args:
        wins: [p] from 0 to 1, at least one.
        level: coverage.
    """
    n, rate = len(wins), float(wins.mean())
    of_trials = rate * (1 - rate)
    variance = min(of_trials, float(wins.var()) + 0.25 / n)
    low, high = _wilson(rate, n * of_trials / variance if variance > 0 else n, level)
    return Estimate(mean=rate, low=low, high=high, n=n)


def _wilson(rate: float, n: float, level: float) -> tuple[float, float]:
    z = float(special.ndtri(0.5 + level / 2))
    scale = 1 + z * z / n
    centre = (rate + z * z / (2 * n)) / scale
    half = z / scale * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def two_rates(first: tuple[float, int], second: tuple[float, int]) -> tuple[float, float]:
    """Returns z and the two-sided p of two rates being equal that were measured on prompts of their own.

    Args:
        first, second: wins and trials; (158, 256) against (146, 256), as in 2305.18290 (Figure 2), gives z = 1.08.
    """
    (wins, n), (others, m) = first, second
    pooled = (wins + others) / (n + m)
    se = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    z = (wins / n - others / m) / se if se > 0 else 0.0
    return z, float(2 * special.ndtr(-abs(z)))


def mcnemar(b: int, c: int) -> tuple[float, float]:
    """Returns McNemar's exact two-sided p and its chi-square without continuity correction.

    Args:
        b, c: prompts that only the one, only the other side wins; 40 and 25 give 0.0817 and 3.462.
    """
    if b + c == 0:
        return 1.0, 0.0
    exact = 2 * float(special.bdtr(min(b, c), b + c, 0.5))
    return min(1.0, exact), (b - c) ** 2 / (b + c)


def rate_interval(table: FloatArray, level: float = LEVEL, found: Spread | None = None) -> Estimate | None:
    """Returns a share with its interval: `rate_of_prompts` with one seed, over seeds and prompts with several.

    Args:
        table: [s x p] with values in 0..1, NaN where nothing could be compared.
        level: coverage.
        found: the table's spread, where it is known already.
    """
    found = found or spread(table)
    if found is None:
        return None
    if found.n > 1 and table.shape[0] > 1 and found.se > 0:
        wide = found.interval(level)
        return Estimate(mean=wide.mean, low=max(0.0, wide.low), high=min(1.0, wide.high), n=wide.n)
    # One seed; or several that agree on every prompt, where a t interval would have no width at all.
    by_prompt = np.nanmean(table[:, ~np.isnan(table).all(axis=0)], axis=0)
    return rate_of_prompts(by_prompt, level).model_copy(update={"n": found.n})
