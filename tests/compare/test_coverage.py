"""Simulations where the truth is known: how often intervals hold it, and how often a verdict sees what is not there."""

import numpy as np
import pytest

from workbench.compare.resampling import hierarchical_bootstrap, paired_bootstrap
from workbench.compare.statistics import (
    rate_interval,
    spread,
    wilson,
)
from workbench.compare.strengths import design_of, fit_strengths, resampled_strengths, strengths_over_seeds
from workbench.compare.verdict import Evidence, write_verdict
from workbench.compare.winrates import Pairing, win_cell

REPETITIONS = 1500  # two standard errors are 0.011


def crossed(random: np.random.Generator, seeds: float, prompts: float, rest: float, s: int, p: int = 100) -> np.ndarray:
    return seeds * random.normal(size=(s, 1)) + prompts * random.normal(size=(1, p)) + rest * random.normal(size=(s, p))


def share_covered(found, truth: float = 0.0) -> float:
    estimates = list(found)
    assert len(estimates) >= 400
    return float(np.mean([one.low <= truth <= one.high for one in estimates]))


def share_met(found, level: float) -> float:
    """Returns how often a p-value of a true null is below a level."""
    return float(np.mean([one.p_value() < level for one in found]))


@pytest.mark.parametrize("s", [1, 2, 3, 5, 10])
@pytest.mark.parametrize(("seeds", "prompts"), [(0.0, 1.0), (0.1, 0.5), (0.2, 0.5), (0.5, 0.5), (2.0, 0.5)])
def test_a_mean_over_seeds_and_prompts(seeds, prompts, s):
    random = np.random.default_rng(1)
    tables = (crossed(random, seeds if s > 1 else 0.0, prompts, 1.0, s) for _ in range(REPETITIONS))
    # An interval reaches a p-value of 0.05 where it leaves the truth out, and the p-value takes a tenth of the time.
    covered = 1 - share_met([spread(table) for table in tables], 0.05)
    assert 0.93 <= covered <= 0.975


@pytest.mark.parametrize("s", [2, 3, 5])
def test_a_small_p_value_is_as_rare_as_it_says_or_twice_that_with_two_seeds(s):
    random = np.random.default_rng(2)
    found = [
        spread(crossed(random, seeds, 0.5, 1.0, s)) for seeds in (0.0, 0.1, 0.2, 0.5, 2.0) for _ in range(REPETITIONS)
    ]
    assert share_met(found, 0.005) <= (0.01 if s == 2 else 0.0075)


@pytest.mark.parametrize("rate", [0.5, 0.62, 0.85])
def test_a_single_rate_by_wilson(rate):
    wins = np.random.default_rng(2).binomial(256, rate, REPETITIONS)
    assert 0.93 <= share_covered((wilson(int(w), 256) for w in wins), rate) <= 0.97


@pytest.mark.parametrize("s", [2, 3])
@pytest.mark.parametrize("between", [0.0, 0.05, 0.12])
def test_a_rate_over_a_few_seeds(between, s):
    random = np.random.default_rng(3)

    def table() -> np.ndarray:
        chance = 0.6 + between * random.normal(size=(s, 1)) + 0.15 * random.normal(size=(1, 200))
        return (random.random((s, 200)) < np.clip(chance, 0, 1)).astype(float)

    assert 0.93 <= share_covered((rate_interval(table()) for _ in range(REPETITIONS)), 0.6) <= 0.975


def test_paired_differences_by_resampling_prompts_with_their_answers_together():
    random = np.random.default_rng(4)
    prompts = np.repeat(np.arange(60), 4)

    def differences() -> np.ndarray:
        return random.normal(size=60)[prompts] + random.normal(size=240)

    found = (paired_bootstrap(differences(), prompts, draws=400, seed=i) for i in range(REPETITIONS))
    assert 0.93 <= share_covered(found) <= 0.97


@pytest.mark.parametrize("seeds", [0.1, 0.5])
def test_a_mean_by_resampling_twenty_five_seeds_then_prompts(seeds):
    random = np.random.default_rng(5)
    found = (
        hierarchical_bootstrap(crossed(random, seeds, 0.5, 1.0, 25, 60), draws=300, seed=i) for i in range(REPETITIONS)
    )
    assert 0.925 <= share_covered(found) <= 0.97


def meetings(random: np.random.Generator, s: int, p: int, between: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Returns who won of a start model and two arms at 0.4 and -0.3: [s x p x 3], and the design."""
    design = design_of([(0, 1), (0, 2), (1, 2)], 3)
    strengths = np.array([0, 0.4, -0.3]) + between * random.normal(size=(s, 3)) * [0, 1, 1]
    chance = 1 / (1 + np.exp(-(strengths @ design.T)))[:, None, :]
    return (random.random((s, p, 3)) < chance).astype(float), design


def test_a_strength_by_resampling_prompts():
    random, covered = np.random.default_rng(6), []
    for i in range(REPETITIONS):
        outcomes, design = meetings(random, 1, 150)
        low, high = np.quantile(resampled_strengths(outcomes, design, draws=300, seed=i)[:, 1], [0.025, 0.975])
        covered.append(low <= 0.4 <= high)
    assert 0.93 <= np.mean(covered) <= 0.97


@pytest.mark.parametrize("s", [2, 3])
@pytest.mark.parametrize("between", [0.0, 0.3])
def test_a_strength_over_seeds(between, s):
    random, found = np.random.default_rng(7), []
    for _ in range(REPETITIONS):
        outcomes, design = meetings(random, s, 150, between)
        best = fit_strengths(outcomes.sum(axis=(0, 1))[None], np.full((1, 3), 150.0 * s), design)[0]
        found.append(strengths_over_seeds(outcomes, best, design)[1])
    assert 0.93 <= share_covered(found, 0.4) <= 0.975


@pytest.mark.parametrize(("s", "between"), [(1, 0.0), (2, 0.0), (2, 0.3), (3, 0.0), (3, 0.3)])
def test_of_identical_arms_a_verdict_claims_something_at_most_5_times_in_100(s, between):
    random = np.random.default_rng(11)
    names, keys = ("reference", "a", "b", "c"), np.char.add("p", np.arange(120).astype(str))
    told = 0
    for _ in range(500):
        ease = random.normal(size=(1, 120))
        gold = {name: between * random.normal(size=(s, 1)) + ease + random.normal(size=(s, 120)) for name in names}
        cells = [
            win_cell(row, column, [Pairing(keys, gold[row][i] - gold[column][i], 0) for i in range(s)], in_full=False)
            for at, row in enumerate(names)
            for column in names[:at]
        ]
        references, seeds = dict.fromkeys(names[1:], "reference"), dict.fromkeys(names[1:], s)
        evidence = Evidence("gold", names[1:], references, cells, {}, seeds, "intervals")
        sentences = [one.sentence for one in write_verdict(evidence) if one.rule in ("arms", "start")]
        told += any("beat" in sentence or "worse" in sentence or "loses" in sentence for sentence in sentences)
    assert told / 500 <= 0.05


def test_the_p_value_is_one_less_the_level_of_the_interval_that_just_reaches_the_null():
    found = spread(crossed(np.random.default_rng(0), 0.3, 0.5, 1.0, 3))
    assert found is not None
    p = found.p_value(null=0.3)
    reached = found.interval(1 - p)
    assert (reached.high if found.mean < 0.3 else reached.low) == pytest.approx(0.3, abs=1e-9)
