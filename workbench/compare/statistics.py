"""Intervals and tests. Pure functions of arrays; every random one takes a seed and gives the same numbers again.

Letters: ``s`` seeds, ``p`` prompts, ``d`` bootstrap draws. NaN marks a score that is missing; it is left out, never guessed.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special  # the distributions alone: `scipy.stats` costs a window 90 MB and a second

from workbench.domain.estimates import Estimate

FloatArray = NDArray[np.float64]
LEVEL = 0.95
DRAWS = 2000
_LUCK = 10.0  # times the level's complement: at 95 % every other case in which seeds do not differ, at 99.5 % one in 20
_CELLS = 2_000_000  # resampling weights held at once: 16 MB


class Spread(NamedTuple):
    """A mean with what its uncertainty is made of: seeds and prompts as crossed random effects.

    With one seed the prompts are the units and the interval is Student's. With several, the interval adds the squared halves
    of two of them (Howe 1974): the seeds' own variance with its few degrees of freedom, and the prompts'. By luck a few
    seeds agree though seeds differ, and then that would be far too narrow. So it is not less than Student's over the seeds,
    unless they differ less than the residual alone makes them differ in all but a few cases: the fewer, the higher the level.
    In simulation (`tests/compare/test_coverage.py`) the 95 % interval covers 93-98 % from three seeds on and 91-98 % with two,
    and a p-value of 0.005 is met by chance in 0.0065 of all cases at most. The plain hierarchical bootstrap covers as little
    as 68 % with three seeds, since it cannot know more seeds than it saw.

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

    def half(self, level: float = LEVEL) -> float:
        """Returns half the width of the interval."""
        over_prompts = _quantile(self.n_prompts - 1, level) ** 2 * self.v_prompts if self.n_prompts > 1 else 0.0
        if self.n_seeds == 1:
            return math.sqrt(over_prompts)
        t_seeds = _quantile(self.n_seeds - 1, level)
        both = math.sqrt(t_seeds**2 * self.v_between + over_prompts)
        return max(both, t_seeds * math.sqrt(self.v_seeds)) if self._seeds_differ(level) else both

    def interval(self, level: float = LEVEL) -> Estimate:
        """Returns the interval."""
        half = self.half(level)
        return Estimate(mean=self.mean, low=self.mean - half, high=self.mean + half, n=self.n)

    def p_value(self, null: float = 0.0) -> float:
        """Returns the two-sided p: one less the level of the interval that just reaches `null`.

        1 where nothing varies and nothing differs.
        """
        far = abs(self.mean - null)
        if self.se == 0:
            return 1.0 if far == 0 else 0.0
        low, high = 0.0, 1.0
        for _ in range(40):
            p = (low + high) / 2
            low, high = (p, high) if self.half(1 - p) > far else (low, p)
        return high

    def _seeds_differ(self, level: float) -> bool:
        if self.v_residual == 0:
            return True
        freedom, by_luck = self.n_seeds - 1, min(1.0, _LUCK * (1 - level))
        expected = float(special.fdtri(freedom, freedom * (self.n_prompts - 1), by_luck))
        return self.v_seeds / self.v_residual > expected


def _quantile(freedom: int, level: float) -> float:
    return float(special.stdtrit(freedom, 0.5 + level / 2))


def wilson(wins: float, n: int, level: float = LEVEL) -> Estimate:
    """Returns a rate with Wilson's interval (1927, Eq. 4); 158 of 256 gives 0.5563 to 0.6746.

    Args:
        wins: successes; a tie counts one half, which makes the interval a little wide and never narrow.
        n: trials, at least 1.
        level: coverage.
    """
    z = float(special.ndtri(0.5 + level / 2))
    rate, scale = wins / n, 1 + z * z / n
    centre = (rate + z * z / (2 * n)) / scale
    half = z / scale * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return Estimate(mean=rate, low=max(0.0, float(centre - half)), high=min(1.0, float(centre + half)), n=n)


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
    table = table[~np.isnan(table).all(axis=1)][:, ~np.isnan(table).all(axis=0)] if table.size else table
    if table.shape[0] < 2:
        return _spread_over_prompts(table.ravel())
    n_seeds, n_prompts = table.shape
    by_seed, by_prompt = np.nanmean(table, axis=1), np.nanmean(table, axis=0)
    mean = float(by_seed.mean())
    v_seeds = float(by_seed.var(ddof=1)) / n_seeds
    if n_prompts < 2:
        return Spread(mean, v_seeds, 0.0, 0.0, n_seeds, n_prompts)
    v_prompts = float(by_prompt.var(ddof=1)) / n_prompts
    residual = table - by_seed[:, None] - by_prompt[None, :] + mean
    v_residual = float(np.nansum(residual**2)) / ((n_seeds - 1) * (n_prompts - 1)) / (n_seeds * n_prompts)
    return Spread(mean, v_seeds, v_prompts, v_residual, n_seeds, n_prompts)


def _spread_over_prompts(values: FloatArray) -> Spread | None:
    values = values[~np.isnan(values)]
    if len(values) < 2:
        return None
    return Spread(float(values.mean()), 0.0, float(values.var(ddof=1)) / len(values), 0.0, 1, len(values))


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


def rate_interval(table: FloatArray, level: float = LEVEL) -> Estimate | None:
    """Returns a share with its interval: Wilson's over prompts with one seed, over seeds with several.

    Args:
        table: [s x p] with values in 0..1, NaN where nothing could be compared.
        level: coverage.
    """
    found = spread(table)
    if found is None:
        return None
    if found.n > 1 and table.shape[0] > 1 and found.se > 0:
        wide = found.interval(level)
        return Estimate(mean=wide.mean, low=max(0.0, wide.low), high=min(1.0, wide.high), n=wide.n)
    # One seed; or several that agree on every prompt, where a t interval would have no width at all.
    by_prompt = np.nanmean(table[:, ~np.isnan(table).all(axis=0)], axis=0)
    rate = wilson(float(by_prompt.sum()), len(by_prompt), level)
    return rate.model_copy(update={"n": found.n})


def paired_bootstrap(
    differences: FloatArray,
    clusters: NDArray[np.generic] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = LEVEL,
) -> Estimate | None:
    """Returns the mean of paired differences with a percentile interval that resamples whole clusters.

    Args:
        differences: [b], one for each pair of responses; NaN where one of the two has no score.
        clusters: [b], the prompt of each: all its pairs stay together. None: each pair is a prompt of its own.
        draws: bootstrap samples.
        seed: of the resampling.
        level: coverage.

    Returns:
        None with fewer than two clusters; `n` is the number of clusters.
    """
    known = ~np.isnan(differences)
    values = differences[known]
    names = np.arange(len(values)) if clusters is None else np.unique(clusters[known], return_inverse=True)[1]
    counts = np.bincount(names).astype(np.float64)
    if len(counts) < 2:
        return None
    sums: FloatArray = np.bincount(names, weights=values).astype(np.float64)
    if draws * len(counts) <= _CELLS:  # the draws are kept: all pairs of arms share them
        drawn = _prompt_draws(len(counts), draws, seed)
        return _percentile(float(values.mean()), (drawn @ sums) / (drawn @ counts), len(counts), level)
    found = _resampled_means(sums[None, :], counts[None, :], draws, np.random.default_rng(seed))[:, 0]
    return _percentile(float(values.mean()), found, len(counts), level)


def hierarchical_bootstrap(
    table: FloatArray, *, draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> Estimate | None:
    """Returns the mean of [s x p] values with a percentile interval that resamples seeds, then prompts.

    The seeds share their prompts, so a draw takes the same prompts for all its seeds (Owen 2007, math/0712.1111). It
    needs no assumption about the shape of the scores, and many seeds: with 20 its 95 % interval covers 93-98 %, with few it
    is too narrow where seeds differ (see `Spread`).
    """
    table = table[~np.isnan(table).all(axis=1)] if table.size else table
    if table.shape[0] < 2:
        return paired_bootstrap(table.ravel(), draws=draws, seed=seed, level=level)
    random = np.random.default_rng(seed)
    known = ~np.isnan(table)
    by_seed = _resampled_means(np.where(known, table, 0.0), known.astype(np.float64), draws, random)
    n_seeds = table.shape[0]
    weights = random.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=draws) / n_seeds
    mean = float(np.nanmean(table, axis=1).mean())
    return _percentile(mean, (np.nan_to_num(by_seed, nan=mean) * weights).sum(axis=1), n_seeds, level)


@lru_cache(maxsize=2)
def _prompt_draws(n: int, draws: int, seed: int) -> NDArray[np.float32]:
    """Returns how often each of `n` prompts is in each of the draws: [d x n]."""
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws)
    return drawn.astype(np.float32)


def _resampled_means(sums: FloatArray, counts: FloatArray, draws: int, random: np.random.Generator) -> FloatArray:
    """Returns [d x s]: the mean of each row over prompts drawn with replacement, as a ratio of sums."""
    # Prompts with the same values are drawn as one kind, which is the same draw: wins and ties have few kinds.
    kinds, size = np.unique(np.vstack([sums, counts]), axis=1, return_counts=True)
    sums, counts, n_prompts = kinds[: len(sums)], kinds[len(sums) :], sums.shape[1]
    at_once = max(1, _CELLS // len(size))
    parts = []
    for start in range(0, draws, at_once):
        weights = random.multinomial(n_prompts, size / n_prompts, size=min(at_once, draws - start)).astype(np.float64)
        with np.errstate(invalid="ignore"):  # a draw without any scored prompt has no mean
            parts.append((weights @ sums.T) / (weights @ counts.T))
    return np.concatenate(parts)


def _percentile(mean: float, draws: FloatArray, n: int, level: float) -> Estimate:
    low, high = np.nanquantile(draws, [0.5 - level / 2, 0.5 + level / 2])
    return Estimate(mean=mean, low=float(low), high=float(high), n=n)
