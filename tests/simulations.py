"""Worlds where the truth is known, and whether an interval that the product shows holds it.

The tests draw each a few hundred times; `tests/benchmarks/coverage.py` draws thousands and prints the table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from workbench.compare.frontier import dominance, envelope_band
from workbench.compare.length_control import Outcomes, control_length
from workbench.compare.rates import rate_interval, rate_of_prompts, wilson
from workbench.compare.resampling import hierarchical_bootstrap, paired_bootstrap
from workbench.compare.scaling import Fitted, Form, Points, fit, turning_point, value
from workbench.compare.statistics import seed_interval, spread
from workbench.compare.strengths import design_of, fit_strengths, resampled_strengths, strengths_over_seeds
from workbench.domain.estimates import Estimate


@dataclass(frozen=True)
class World:
    """A kind of interval in a world that it is drawn from, or several that are worked out together.

    Attributes:
        name: which interval, in which world.
        holds: draws once, with the number of the draw, and says whether the 95% interval holds the truth, or each of several.
        parts: what several are called.
        in_tests: draws that the tests take; fewer where one takes long.
        most: how often it may hold the truth; 1 for whole counts, of which an interval of 95% need not exist.
    """

    name: str
    holds: Callable[[np.random.Generator, int], bool | Sequence[bool]]
    parts: tuple[str, ...] = ("",)
    in_tests: int = 1500
    most: float = 0.96

    def coverage(self, draws: int, seed: int = 1) -> dict[str, float]:
        """Returns the share of draws whose interval holds the truth, by the name of the interval."""
        random = np.random.default_rng(seed)
        held = np.array([self.holds(random, i) for i in range(draws)]).reshape(draws, len(self.parts)).mean(axis=0)
        return {f"{self.name}{part and ': '}{part}": float(share) for part, share in zip(self.parts, held, strict=True)}


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
        return spread(crossed(random, seeds, prompts, 1.0, s)).p_value() >= 0.05

    return World(f"mean, {s} seed(s) that differ by {seeds}, prompts by {prompts}", holds)


def rate_by_wilson(rate: float) -> World:
    def holds(random: np.random.Generator, _: int) -> bool:
        found = wilson(int(random.binomial(256, rate)), 256)
        return found.low <= rate <= found.high

    return World(f"rate of {rate}, one seed, Wilson", holds)


def rate_with_ties(lead: float, ties: float, p: int = 256) -> World:
    chances = [(1 - ties + lead) / 2, ties, (1 - ties - lead) / 2]

    def holds(random: np.random.Generator, _: int) -> bool:
        found = rate_of_prompts(random.choice([1.0, 0.5, 0.0], size=p, p=chances))
        return found.low <= 0.5 + lead / 2 <= found.high

    return World(f"rate, one seed, {p} prompts, {100 * ties:.0f}% ties, lead {lead}", holds)


def rate_of_shares(a: float, b: float) -> World:
    """Each prompt says a share, as of best of n or of several answers."""

    def holds(random: np.random.Generator, _: int) -> bool:
        found = rate_of_prompts(random.beta(a, b, 64))
        return found.low <= a / (a + b) <= found.high

    return World(f"rate, one seed, shares of 64 prompts like beta({a}, {b})", holds)


def rate_over(s: int, between: float, rate: float = 0.6) -> World:
    def holds(random: np.random.Generator, _: int) -> bool:
        ease = 0.15 if rate < 0.8 else 0.03  # none below 0 or above 1, so that the mean is the rate
        chance = rate + between * random.normal(size=(s, 1)) + ease * random.normal(size=(1, 200))
        found = rate_interval((random.random((s, 200)) < np.clip(chance, 0, 1)).astype(float))
        return found.low <= rate <= found.high

    return World(f"rate of {rate}, {s} seeds that differ by {between}", holds)


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


def curve_over(s: int) -> World:
    def holds(random: np.random.Generator, _: int) -> bool:
        values = random.normal(size=(s, 1))
        return bool(abs(values.mean()) <= seed_interval(values)[0])

    return World(f"curve of training, {s} seeds", holds)


def length_held_equal(s: int, theta: float, phi: float) -> World:
    def holds(random: np.random.Generator, _: int) -> bool:
        longer = random.normal(60, 100, 300 * s)
        wins = random.random(300 * s) < special.expit(theta + phi * np.tanh(longer / longer.std()))
        seed, prompt = np.repeat(np.arange(s), 300), np.tile(np.arange(300), s)
        found = control_length(Outcomes(wins.astype(float), longer, seed, prompt))
        return found is not None and found.rate.low <= special.expit(theta) <= found.rate.high

    return World(f"rate at equal length, {s} seed(s), theta {theta}, phi {phi}", holds)


def measured_over(
    random: np.random.Generator,
    n_seeds: int,
    n_points: int,
    form: Form,
    parameters: tuple[float, float],
    wobble: float = 0.0,
    *,
    has_noisy_kl: bool = False,
) -> list[Points]:
    """Returns seeds of an arm whose gold follows the form; prompts differ, and responses on top of them."""
    n_prompts = 100
    ease = random.normal(0, 0.3, n_prompts)
    seeds = []
    for _ in range(n_seeds):
        d = np.linspace(0.7, 5, n_points)
        a, b = parameters[0] + random.normal(0, wobble), parameters[1] + random.normal(0, wobble / 2)
        kl = (d * d)[:, None] * random.gamma(4, 1 / 4, (n_points, n_prompts)) if has_noisy_kl else None
        y = value(form, a, b, d)[:, None] + (d / 5)[:, None] * ease + random.normal(0, 0.8, (n_points, n_prompts))
        y += random.normal(0, 0.5, n_prompts)  # the start model's response, which is taken from all
        seeds.append(Points(np.sqrt(kl.mean(axis=1)) if kl is not None else d, y, kl))
    return seeds


def form_over(
    s: int,
    n_points: int,
    form: Form,
    parameters: tuple[float, float],
    wobble: float = 0.0,
    *,
    has_noisy_kl: bool = False,
) -> World:
    truth = (*parameters, *turning_point(form, *parameters))

    def holds(random: np.random.Generator, _: int) -> list[bool]:
        found: Fitted | str = ""
        while not isinstance(found, Fitted):  # where no form is shown, no interval is
            found = fit(form, measured_over(random, s, n_points, form, parameters, wobble, has_noisy_kl=has_noisy_kl))
        intervals: tuple[Estimate, ...] = (found.alpha, found.beta, found.peak, found.height)
        return [one.low <= true <= one.high for one, true in zip(intervals, truth, strict=True)]

    named = (
        f"Gao's form {form}, {s} seed(s) that differ by {wobble}{', KL of the same answers' if has_noisy_kl else ''}"
    )
    return World(named, holds, ("alpha", "beta", "turning point", "height"), in_tests=500)


def frontier_of(true: tuple[float, ...]) -> World:
    x, frontier = np.arange(float(len(true))), np.maximum.accumulate(true)

    def holds(random: np.random.Generator, i: int) -> bool:
        y = np.array(true)[:, None] + 0.6 * random.normal(size=(1, 100)) + random.normal(size=(len(true), 100))
        _, low, high = envelope_band(x, y, x[i % len(x), None], draws=400, seed=i)
        return bool(low[0] <= frontier[i % len(x)] <= high[0])

    return World(f"frontier of {true}", holds)


def points_above(lead: float) -> World:
    """Five of six checkpoints are `lead` above another arm's, one as far below it."""
    x = np.arange(1.0, 7.0)
    leads = lead * np.array([1, 1, 1, -1, 1, 1])

    def holds(random: np.random.Generator, i: int) -> bool:
        prompts = random.normal(size=(1, 100))
        theirs = np.sqrt(x)[:, None] + prompts + random.normal(size=(6, 100))
        ours = np.sqrt(x)[:, None] + leads[:, None] + prompts + random.normal(size=(6, 100))
        start = np.concatenate([np.zeros((1, 100)), theirs])
        found = dominance((x, ours), (np.arange(7.0), start), draws=400, seed=i)
        return found.low <= 5 <= found.high

    return World(f"checkpoints above a frontier, 5 of 6 by {lead}", holds, in_tests=500, most=1.0)


WORLDS = (
    *(mean_over(1, 0.0, prompts) for prompts in (0.5, 1.0)),
    *(
        mean_over(s, *differ)
        for s in (2, 3, 5, 10)
        for differ in ((0.0, 1.0), (0.1, 0.5), (0.2, 0.5), (0.5, 0.5), (2.0, 0.5))
    ),
    *(rate_by_wilson(rate) for rate in (0.5, 0.62, 0.85)),
    *(rate_with_ties(*how) for how in ((0.0, 0.3), (0.2, 0.3), (0.1, 0.5), (0.0, 0.9), (0.6, 0.3))),
    *(rate_of_shares(*how) for how in ((2, 2), (1, 1), (0.3, 0.2))),
    *(rate_over(s, between) for s in (2, 3) for between in (0.0, 0.05, 0.12)),
    *(rate_over(s, between, 0.9) for s in (2, 3) for between in (0.0, 0.02)),
    paired_differences(),
    *(mean_resampled(seeds) for seeds in (0.1, 0.5)),
    *(curve_over(s) for s in (2, 3)),
    *(length_held_equal(s, *truth) for s in (1, 2, 3) for truth in ((0.0, 0.0), (0.5, 1.0), (-0.3, 2.0))),
    form_over(1, 8, "rl", (2.0, 1.0)),
    form_over(1, 8, "rl", (2.0, 1.0), has_noisy_kl=True),
    form_over(3, 6, "rl", (2.0, 1.0), 0.1, has_noisy_kl=True),
    form_over(1, 8, "bon", (2.0, 0.3)),
    *(frontier_of(true) for true in ((0, 0.5, 0.6, 0.55, 0.7), (0, 0.5, 0.5, 0.5, 0.5), (0, 0.5, 0.6, 0.3, 0.2))),
    strength_resampled(),
    *(strength_over(s, between) for s in (2, 3) for between in (0.0, 0.3)),
    *(points_above(lead) for lead in (0.1, 0.2, 0.3)),
)
