"""Bootstrap intervals: prompts drawn with replacement, or seeds and then prompts. The same seed draws the same again.

Letters: ``s`` seeds, ``p`` prompts, ``b`` pairs of responses, ``d`` draws. NaN marks a score that is missing.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from workbench.compare.statistics import LEVEL, FloatArray
from workbench.domain.estimates import Estimate

DRAWS = 2000
_CELLS = 2_000_000  # resampling weights held at once: 16 MB


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
    needs no assumption about the shape of the scores, and many seeds: with 20 its 95 % interval covers 93-97 %, with few it
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
