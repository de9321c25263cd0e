"""Intervals and tests. Pure functions of arrays; every random one takes a seed and gives the same numbers again.

Letters: ``s`` seeds, ``p`` prompts, ``d`` bootstrap draws. NaN marks a score that is missing; it is left out, never guessed.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special  # the distributions alone: `scipy.stats` costs a window 90 MB and a second

from workbench.domain.estimates import Estimate

FloatArray = NDArray[np.float64]
LEVEL = 0.95
_PRECISION = 1e-9  # of itself, to which a half-width is found
_GRAIN = (
    0.005  # of the residual, added to what seeds show: rates are counts, and two seeds may tie by their grain alone
)
_LEANING = 3.0  # how far to lean towards seeds that differ little, see `Spread._chance`; found by simulation
_NODES, _CUT = 128, 1e-13  # places at which a chi-square distribution is summed, and what is left out at each end


class Spread(NamedTuple):
    """A mean with what its uncertainty is made of: seeds and prompts as crossed random effects.

    With one seed the prompts are the units and the interval is Student's. With several, the mean's variance is the prompts'
    own, which is known well, and the seeds', which is known from a few: a mixture of normal distributions over what the
    seeds' variance may be (the Behrens-Fisher problem, in its Bayesian form: Ghosh and Kim 2001). Where seeds alone matter
    that is Student's interval over seeds, where prompts alone do that over prompts.

    Over every mixture of the two (`tests/compare/test_coverage.py`) the 95 % interval covers 93.7-97.0 % with two seeds and
    94.2-95.8 % with more; a p-value of 0.005 is met by chance at most twice as often with two seeds, and as it says with more.
    Two seeds know little of how seeds differ, so that theirs is wide by design: Student's factor there is 12.7. The plain
    hierarchical bootstrap covers as little as 68 % with three seeds, since it cannot know more seeds than it saw.

    Attributes:
        mean: of the seeds' means.
        v_seeds: the variance of the mean that the seeds' means show; 0 with one seed.
        v_prompts: the same of the prompts' means.
        v_residual: what both of these hold of the residual.
        n_seeds, n_prompts: that had values.
    """

    mean: float
    v_seeds: float
    v_prompts: float
    v_residual: float
    n_seeds: int
    n_prompts: int

    @property
    def n(self) -> int:
        """The units: prompts with one seed, else seeds."""
        return self.n_prompts if self.n_seeds == 1 else self.n_seeds

    @property
    def v_between(self) -> float:
        """The variance of the mean that is the seeds' alone: what more prompts would not lessen."""
        return max(0.0, self.v_seeds - self.v_residual)

    @property
    def se(self) -> float:
        """The standard error of the mean."""
        return math.sqrt(self.v_between + self.v_prompts)

    @property
    def v_own(self) -> float:
        """The variance of the mean that is the prompts' alone: what more seeds would not lessen."""
        return max(0.0, self.v_prompts - self.v_residual)

    def half(self, level: float = LEVEL) -> float:
        """Returns half the width of the interval."""
        if self.n_seeds == 1:
            return _quantile(self.n_prompts - 1, level) * math.sqrt(self.v_prompts) if self.n_prompts > 1 else 0.0
        own, over_seeds = math.sqrt(self.v_own), math.sqrt(self._shown)
        if own == 0:
            return _quantile(self.n_seeds - 1, level) * over_seeds
        # Of a sum each part passes its quantile at half of what the level leaves.
        strict, p = 0.5 + level / 2, 1 - level
        highest = _quantile(self.n_prompts - 1, strict) * own + _quantile(self.n_seeds - 1, strict) * over_seeds
        lowest = float(special.ndtri(strict)) * own
        if lowest >= highest:
            return highest

        def excess(log_half: float) -> float:  # of what chance passes over what it may, -1 to 1
            found = self._chance(math.exp(log_half))
            return (found - p) / (found + p)

        return math.exp(_falling_root(excess, math.log(lowest), math.log(highest)))

    def interval(self, level: float = LEVEL) -> Estimate:
        """Returns the interval."""
        half = self.half(level)
        return Estimate(mean=self.mean, low=self.mean - half, high=self.mean + half, n=self.n)

    def p_value(self, null: float = 0.0) -> float:
        """Returns the two-sided p: one less the level of the interval that just reaches `null`.

        1 where nothing varies and nothing differs.
        """
        far, se = abs(self.mean - null), self.se
        if far == 0 or se == 0:
            return 1.0 if far == 0 else 0.0
        if self.n_seeds == 1:
            return 2 * float(special.stdtr(self.n_prompts - 1, -far / se))
        return self._chance(far)

    @property
    def _shown(self) -> float:
        """The variance of the mean that seeds show."""
        return self.v_seeds + _GRAIN * self.v_residual

    def _chance(self, far: float) -> float:
        """Returns how often a mean of several seeds is this far from the truth.

        What the seeds' means show is the true variance times a chi-square over its degrees of freedom. Taken by itself (its
        fiducial distribution) that covers too much wherever prompts matter too. The prior under which frequencies match to
        the second order adds a chi-square of two degrees more, in the proportion of the prompts' variance: right from four
        seeds on, and leaning too far with fewer, the more so the rarer the chance. So it is taken to the share of
        3 (s - 1)^2 p, at most 1, of which p is a root of a quadratic equation.
        """
        freedom = self.n_seeds - 1
        x, density = _chi_square(freedom)
        tail = _normal_tail(far, self.v_own + freedom * self._shown / x, self.v_own, self.n_prompts - 1)
        plain, leaning = float(density @ tail), float((density * x) @ tail) / freedom
        shown, own = self._shown, self.v_own
        if own == 0:
            return plain
        steep = _LEANING * freedom**2
        a, b, c = steep * own, shown - steep * own * leaning, shown * plain
        root = math.sqrt(b * b + 4 * a * c)
        p = 2 * c / (b + root) if b > 0 else (root - b) / (2 * a)
        return p if steep * p <= 1 else (shown * plain + own * leaning) / (shown + own)


@lru_cache(maxsize=64)
def _chi_square(freedom: int) -> tuple[FloatArray, FloatArray]:
    """Returns places of a chi-square, evenly over its logarithm, and the share near each: [n], [n]."""
    ends = 2 * special.gammaincinv(freedom / 2, _CUT), 2 * special.gammainccinv(freedom / 2, _CUT)
    x = np.geomspace(*ends, _NODES)
    log_density = freedom / 2 * np.log(x) - x / 2
    density = np.exp(log_density - log_density.max())
    return x, density / density.sum()


def _normal_tail(far: float, variance: FloatArray, estimated: float, freedom: int) -> FloatArray:
    """Returns how often a normal variable is farther than `far` from its mean, on either side: [n].

    A part of its variance is estimated, so that it is Student's, whose degrees of freedom are Satterthwaite's; it is turned
    into a normal one by Wallace's formula (1959), good to 0.001.

    Args:
        far: the distance.
        variance: [n].
        estimated: the part of each that was estimated.
        freedom: with how many degrees of freedom.
    """
    squared = far * far / variance
    inverse = np.maximum((estimated / variance) ** 2 / max(1, freedom), _PRECISION)
    z = (8 + inverse) / (8 + 3 * inverse) * np.sqrt(np.log1p(squared * inverse) / inverse)
    tail: FloatArray = 2 * special.ndtr(-z)
    return tail


def _falling_root(f: Callable[[float], float], low: float, high: float) -> float:
    """Returns where a falling function comes to 0; `low` where it is 0 or less from there on.

    By false position, halving the value of an end that stays twice (the Illinois method): a dozen steps, where halving
    the interval takes forty.

    Args:
        f: the function, -1 to 1.
        low, high: what the place lies between.
    """
    if (above := f(low)) <= 0:
        return low
    below, was_above = -1.0, None
    x = (low + high) / 2
    while high - low > _PRECISION:
        if not low < x < high:
            x = (low + high) / 2
        y = f(x)
        if abs(y) < _PRECISION / 100:
            return x
        if y > 0:
            low, above, below = x, y, below / 2 if was_above is True else below
        else:
            high, above, below = x, above / 2 if was_above is False else above, y
        was_above = y > 0
        x = (low * below - high * above) / (below - above)
    return high


@lru_cache(maxsize=65_536)  # of 50 arms there are 1,275 pairs, and most ask for the same levels
def _quantile(freedom: int, level: float) -> float:
    return float(special.stdtrit(freedom, 0.5 + level / 2))


def holm(p_values: list[float]) -> list[float]:
    """Returns p-values adjusted for making all these claims at once (Holm 1979); (.01, .04, .03) gives (.03, .06, .06)."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, running = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        running = max(running, (len(p_values) - rank) * p_values[i])
        adjusted[i] = min(1.0, running)
    return adjusted


def spread(table: FloatArray) -> Spread | None:
    """Returns the mean of a figure measured on the same prompts under several seeds, with its variances.

    Args:
        table: [s x p], NaN where a score is missing.

    Returns:
        None where fewer than two units have a value.
    """
    if len(table) > 1 and not np.isnan(table.sum()):  # the usual case, and three times as fast
        return _spread_over_both(table, table.sum(axis=1) / table.shape[1], table.sum(axis=0) / table.shape[0])
    missing = np.isnan(table)
    table = table[~missing.all(axis=1)][:, ~missing.all(axis=0)]
    if table.shape[0] < 2:
        return _spread_over_prompts(table.ravel())
    return _spread_over_both(table, np.nanmean(table, axis=1), np.nanmean(table, axis=0))


def _spread_over_both(table: FloatArray, by_seed: FloatArray, by_prompt: FloatArray) -> Spread:
    n_seeds, n_prompts = table.shape
    mean = float(by_seed.sum()) / n_seeds
    v_seeds = _variance(by_seed) / n_seeds
    if n_prompts < 2:
        return Spread(mean, v_seeds, 0.0, 0.0, n_seeds, n_prompts)
    v_prompts = _variance(by_prompt) / n_prompts
    residual = (table - by_seed[:, None] - (by_prompt - mean)).ravel()
    squares = float(residual @ residual)
    if math.isnan(squares):  # some are missing
        squares = float(np.nansum(residual**2))
    v_residual = squares / ((n_seeds - 1) * (n_prompts - 1)) / (n_seeds * n_prompts)
    return Spread(mean, v_seeds, v_prompts, v_residual, n_seeds, n_prompts)


def _spread_over_prompts(values: FloatArray) -> Spread | None:
    values = values[~np.isnan(values)]
    if len(values) < 2:
        return None
    return Spread(float(values.mean()), 0.0, _variance(values) / len(values), 0.0, 1, len(values))


def _variance(values: FloatArray) -> float:
    """Returns the variance of a sample; numpy's own takes three times as long for a few hundred values."""
    away = values - values.sum() / len(values)
    return float(away @ away) / (len(values) - 1)


def known_mean(values: FloatArray) -> float:
    """Returns the mean of what is not NaN, NaN where nothing is; numpy's own takes five times as long."""
    mean = float(values.sum()) / max(1, values.size)
    if not math.isnan(mean):
        return mean if values.size else math.nan
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan


def mean_interval(table: FloatArray, level: float = LEVEL) -> Estimate | None:
    """Returns the mean of [s x p] values with its interval; see `spread` for what the interval is over."""
    found = spread(table)
    return found.interval(level) if found else None


def seed_interval(values: FloatArray, level: float = LEVEL) -> FloatArray:
    """Returns half the width of the t interval of the mean over seeds at each of many places: [t], 0 with one seed.

    Args:
        values: [s x t], known everywhere.
        level: coverage.
    """
    n_seeds = len(values)
    if n_seeds < 2:
        return np.zeros(values.shape[1])
    se: FloatArray = values.std(axis=0, ddof=1) / np.sqrt(n_seeds)
    return se * float(special.stdtrit(n_seeds - 1, 0.5 + level / 2))
