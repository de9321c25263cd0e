"""Bradley-Terry strengths from who beat whom: P(i beats j) = sigmoid(strength_i - strength_j), a tie counting half to each.

Letters: ``m`` those compared, ``k`` pairs of them that met, ``d`` bootstrap draws, ``s`` seeds, ``p`` prompts.
(Bradley and Terry 1952; Chatbot Arena's use of it, 2403.04132, section 4.)
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from workbench.compare.statistics import LEVEL, FloatArray, spread
from workbench.domain.estimates import Estimate

ELO = 400 / math.log(10)  # points of Elo for one of a strength: a win rate of 55 % is 34.9 points
_STEPS, _CLOSE = 60, 1e-9


def design_of(pairs: Sequence[tuple[int, int]], m: int) -> FloatArray:
    """Returns [k x m]: 1 for the first of each pair, -1 for the second."""
    design = np.zeros((len(pairs), m))
    for row, (first, second) in zip(design, pairs, strict=True):
        row[first], row[second] = 1.0, -1.0
    return design


def fit_strengths(wins: FloatArray, counts: FloatArray, design: FloatArray) -> FloatArray:
    """Returns the strengths of highest likelihood, the first of each being 0: [d x m].

    One made-up tie a pair keeps them finite where one wins everything.

    Args:
        wins: [d x k] comparisons that the first of each pair won, ties half.
        counts: [d x k] comparisons.
        design: [k x m] from `design_of`; every one compared must be linked to the first over pairs that met.
    """
    met = counts.max(axis=0) > 0
    wins, counts, free = wins[:, met] + 0.5, counts[:, met] + 1.0, design[met, 1:]
    # [k x (m-1)^2]: the curvature in one product.
    products = (free[:, :, None] * free[:, None, :]).reshape(len(free), -1)
    strengths = np.zeros((len(wins), free.shape[1]))
    for _ in range(_STEPS):
        p = special.expit(strengths @ free.T)
        curvature = ((counts * p * (1 - p)) @ products).reshape(-1, free.shape[1], free.shape[1])
        step = np.linalg.solve(curvature, ((wins - counts * p) @ free)[:, :, None])[:, :, 0]
        strengths += np.clip(step, -2, 2)  # a full step from far away may overshoot
        if np.abs(step).max(initial=0.0) < _CLOSE:
            break
    return np.concatenate([np.zeros((len(wins), 1)), strengths], axis=1)


def resampled_strengths(outcomes: FloatArray, design: FloatArray, *, draws: int = 1000, seed: int = 0) -> FloatArray:
    """Returns [d x m] strengths on prompts drawn with replacement; all comparisons on a prompt stay together.

    Args:
        outcomes: [s x p x k] 1, one half, 0 or between; NaN where a pair did not meet.
        design: [k x m].
        draws: bootstrap samples.
        seed: of the resampling.
    """
    n_prompts = outcomes.shape[1]
    sums, counts = np.nansum(outcomes, axis=0), (~np.isnan(outcomes)).sum(axis=0).astype(np.float64)
    weights = np.random.default_rng(seed).multinomial(n_prompts, np.full(n_prompts, 1 / n_prompts), size=draws)
    return fit_strengths(weights @ sums, weights @ counts, design)


def strengths_over_seeds(
    outcomes: FloatArray, strengths: FloatArray, design: FloatArray, level: float = LEVEL
) -> list[Estimate]:
    """Returns each strength with an interval over seeds and prompts as crossed effects.

    It is that of a mean (`statistics.Spread`), of each comparison's pull on the strength (the infinitesimal jackknife).

    Args:
        outcomes: [s x p x k], NaN where a pair did not meet.
        strengths: [m] fitted to all of them.
        design: [k x m].
        level: coverage.
    """
    p = special.expit(design @ strengths)
    known = ~np.isnan(outcomes)
    free = design[:, 1:]
    curvature = (free * (known.sum(axis=(0, 1)) * p * (1 - p))[:, None]).T @ free
    surprise = np.where(known, outcomes - p, 0.0) @ free  # [s x p x (m-1)]
    pulls = surprise @ np.linalg.inv(curvature)
    found = [Estimate(mean=0.0, low=0.0, high=0.0, n=outcomes.shape[0])]
    for i, strength in enumerate(strengths[1:]):
        met = known[:, :, design[:, i + 1] != 0].any(axis=2)  # the seeds and prompts that it answered
        total = spread(np.where(met, strength + pulls[:, :, i] * met.sum(), np.nan))
        half = total.half(level) if total is not None else math.inf
        n = total.n if total is not None else 1
        found.append(Estimate(mean=float(strength), low=float(strength) - half, high=float(strength) + half, n=n))
    return found
