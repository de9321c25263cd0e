"""Simulations where the truth is known: how often intervals hold it, and how often a verdict sees what is not there."""

import numpy as np
import pytest
from scipy import special

from tests.simulations import WORLDS, World, crossed
from workbench.compare.statistics import Spread, spread
from workbench.compare.verdict import Evidence, write_verdict
from workbench.compare.winrates import Pairing, win_cell


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_a_95_percent_interval_holds_the_truth_about_95_times_in_100(world: World):
    two_errors = 2 * (0.95 * 0.05 / world.in_tests) ** 0.5  # 0.011 with 1,500 draws
    for interval, covered in world.coverage(world.in_tests).items():
        assert 0.94 - two_errors <= covered <= world.most + two_errors, interval


def coverage_of_a_mean(s: int, between: float, own: float = 1.0) -> float:
    """Returns how often the interval of a mean holds the truth: summed over what the seeds may show, and not drawn.

    Args:
        s: seeds.
        between: the variance of the mean that is truly the seeds'.
        own: the same of the prompts, of whom there are so many that it is known.
    """
    x = np.geomspace(1e-7, 2 * special.gammainccinv((s - 1) / 2, 1e-10), 120)  # a chi-square's, over its logarithm
    density = x ** ((s - 1) / 2) * np.exp(-x / 2)
    halves = np.array([Spread(0.0, between * at / (s - 1), own, 0.0, s, 100_000).half() for at in x])
    inside = 1 - 2 * special.ndtr(-halves / np.sqrt(between + own))
    return float(density @ inside / density.sum())


@pytest.mark.parametrize("s", [2, 3, 4, 5, 10, 30])
def test_however_much_of_a_means_variance_is_the_seeds_its_interval_covers_93_to_97_times_in_100(s):
    shares = [coverage_of_a_mean(s, between) for between in np.geomspace(1e-3, 1e3, 19)]
    assert min(shares) > (0.935 if s == 2 else 0.94)
    assert max(shares) < (0.97 if s == 2 else 0.96)


@pytest.mark.parametrize("s", [2, 3, 5])
def test_a_small_p_value_is_as_rare_as_it_says_or_twice_that_with_two_seeds(s):
    random = np.random.default_rng(2)
    tables = (crossed(random, seeds, 0.5, 1.0, s) for seeds in (0.0, 0.1, 0.2, 0.5, 2.0) for _ in range(1000))
    met = np.mean([spread(table).p_value() < 0.005 for table in tables])
    assert met <= (0.01 if s == 2 else 0.0075)


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
