"""Worlds where the truth is known, and whether an interval that the product shows holds it.

The tests draw each a few hundred times; `tests/benchmarks/coverage.py` draws thousands and prints the table.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.compare.resampling import hierarchical_bootstrap, paired_bootstrap
from workbench.compare.statistics import rate_interval, spread, wilson
from workbench.compare.strengths import design_of, fit_strengths, resampled_strengths, strengths_over_seeds


@dataclass(frozen=True)
class World:
    """A kind of interval in a world that it is drawn from.

    Attributes:
        name: which interval, in which world.
        holds: draws once, with the number of the draw, and says whether the 95% interval holds the truth.
    """

    name: str
    holds: Callable[[np.random.Generator, int], bool]

    def coverage(self, draws: int, seed: int = 1) -> float:
        """Returns the share of draws whose interval holds the truth."""
        random = np.random.default_rng(seed)
        return float(np.mean([self.holds(random, i) for i in range(draws)]))


def crossed(random: np.random.Generator, seeds: float, prompts: float, rest: float, s: int, p: int = 100) -> np.ndarray:
    """Returns scores of the same prompts under several seeds around 0: [s x p]."""
    return seeds * random.normal(size=(s, 1)) + prompts * random.normal(size=(1, p)) + rest * random.normal(size=(s, p))


def meetings(random: np.random.Generator, s: int, p: int, between: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Returns who won of a start model and two arms at 0.4 and -0.3: [s x p x 3], and the design."""
    design = design_of([(0, 1), (0, 2), (1, 2)], 3)
    strengths = np.array([0, 0.4, -0.3]) + between * random.normal(size=(s, 3)) * [0, 1, 1]
    chance = 1 / (1 + np.exp(-(strengths @ design.T)))[:, None, :]
    return (random.random((s, p, 3)) < chance).astype(float), design


def mean_over(s: int, seeds: float, prompts: float) -> World:
    def holds(random: np.random.Generator, _: int) -> bool:
        # An interval reaches a p-value of 0.05 where it leaves the truth out, and the p-value takes a tenth of the time.
        return spread(crossed(random, seeds if s > 1 else 0.0, prompts, 1.0, s)).p_value() >= 0.05

    return World(f"mean, {s} seeds that differ by {seeds}, prompts by {prompts}", holds)


def rate_by_wilson(rate: float) -> World:
    def holds(random: np.random.Generator, _: int) -> bool:
        found = wilson(int(random.binomial(256, rate)), 256)
        return found.low <= rate <= found.high

    return World(f"rate of {rate}, one seed, Wilson", holds)


def rate_over(s: int, between: float) -> World:
    def holds(random: np.random.Generator, _: int) -> bool:
        chance = 0.6 + between * random.normal(size=(s, 1)) + 0.15 * random.normal(size=(1, 200))
        found = rate_interval((random.random((s, 200)) < np.clip(chance, 0, 1)).astype(float))
        return found.low <= 0.6 <= found.high

    return World(f"rate, {s} seeds that differ by {between}", holds)


def paired_differences() -> World:
    prompts = np.repeat(np.arange(60), 4)

    def holds(random: np.random.Generator, i: int) -> bool:
        differences = random.normal(size=60)[prompts] + random.normal(size=240)
        found = paired_bootstrap(differences, prompts, draws=400, seed=i)
        return found.low <= 0 <= found.high

    return World("paired difference, prompts resampled with their answers", holds)


def mean_resampled(seeds: float) -> World:
    def holds(random: np.random.Generator, i: int) -> bool:
        found = hierarchical_bootstrap(crossed(random, seeds, 0.5, 1.0, 25, 60), draws=300, seed=i)
        return found.low <= 0 <= found.high

    return World(f"mean, 25 seeds that differ by {seeds}, seeds then prompts resampled", holds)


def strength_resampled() -> World:
    def holds(random: np.random.Generator, i: int) -> bool:
        outcomes, design = meetings(random, 1, 150)
        low, high = np.quantile(resampled_strengths(outcomes, design, draws=300, seed=i)[:, 1], [0.025, 0.975])
        return low <= 0.4 <= high

    return World("strength, one seed, prompts resampled", holds)


def strength_over(s: int, between: float) -> World:
    def holds(random: np.random.Generator, _: int) -> bool:
        outcomes, design = meetings(random, s, 150, between)
        best = fit_strengths(outcomes.sum(axis=(0, 1))[None], np.full((1, 3), 150.0 * s), design)[0]
        found = strengths_over_seeds(outcomes, best, design)[1]
        return found.low <= 0.4 <= found.high

    return World(f"strength, {s} seeds that differ by {between}", holds)


WORLDS = (
    *(
        mean_over(s, *of)
        for s in (1, 2, 3, 5, 10)
        for of in ((0.0, 1.0), (0.1, 0.5), (0.2, 0.5), (0.5, 0.5), (2.0, 0.5))
    ),
    *(rate_by_wilson(rate) for rate in (0.5, 0.62, 0.85)),
    *(rate_over(s, between) for s in (2, 3) for between in (0.0, 0.05, 0.12)),
    paired_differences(),
    *(mean_resampled(seeds) for seeds in (0.1, 0.5)),
    strength_resampled(),
    *(strength_over(s, between) for s in (2, 3) for between in (0.0, 0.3)),
)
