import numpy as np
import pytest
from scipy import special

from workbench.compare.strengths import ELO, design_of, fit_strengths, resampled_strengths, strengths_over_seeds


@pytest.mark.parametrize(("wins", "logit", "elo"), [(550_000.0, 0.2007, 34.9), (750_000.0, 1.0986, 190.8)])
def test_a_win_rate_of_55_percent_is_34_9_points_of_elo_and_of_75_percent_191(wins, logit, elo):
    design = design_of([(1, 0)], 2)
    (strengths,) = fit_strengths(np.array([[wins]]), np.array([[1_000_000.0]]), design)
    assert strengths[1] == pytest.approx(logit, abs=5e-5)
    assert ELO * strengths[1] == pytest.approx(elo, abs=0.05)


def test_strengths_that_the_rates_follow_are_found_again():
    truth = np.array([0.0, 1.0, -0.5, 2.0])
    pairs = [(i, j) for i in range(4) for j in range(i)]
    design, counts = design_of(pairs, 4), np.full((1, 6), 1e7)
    (found,) = fit_strengths(counts * special.expit(design @ truth), counts, design)
    assert found == pytest.approx(truth, abs=1e-4)


def test_one_who_wins_everything_has_a_strength_that_is_finite_and_grows_with_the_prompts():
    design = design_of([(1, 0)], 2)
    few, many = (fit_strengths(np.array([[n]]), np.array([[n]]), design)[0, 1] for n in (10.0, 1000.0))
    assert few == pytest.approx(np.log(10.5 / 0.5))
    assert many == pytest.approx(np.log(1000.5 / 0.5))


def test_two_that_never_met_are_placed_by_whom_both_met():
    design = design_of([(1, 0), (2, 0), (1, 2)], 3)
    (found,) = fit_strengths(np.array([[7500.0, 2500.0, 0.0]]), np.array([[1e4, 1e4, 0.0]]), design)
    assert found == pytest.approx([0, np.log(3), -np.log(3)], abs=1e-3)


def test_the_same_seed_resamples_the_same_strengths():
    outcomes = np.random.default_rng(0).integers(0, 2, (1, 50, 1)).astype(float)
    design = design_of([(1, 0)], 2)
    first, again = (resampled_strengths(outcomes, design, draws=20, seed=3) for _ in range(2))
    assert (first == again).all()
    assert first[:, 1].std() > 0


def test_with_two_compared_the_interval_is_that_of_the_rate_on_the_logit():
    random = np.random.default_rng(1)
    outcomes = (random.random((1, 4000, 1)) < 0.6).astype(float)
    design = design_of([(1, 0)], 2)
    best = fit_strengths(outcomes.sum(axis=(0, 1))[None], np.array([[4000.0]]), design)[0]
    (zero, found) = strengths_over_seeds(outcomes, best, design)
    rate = outcomes.mean()
    se = np.sqrt(rate * (1 - rate) / 4000) / (rate * (1 - rate))
    assert (zero.low, zero.high) == (0, 0)
    assert found.high - found.mean == pytest.approx(1.96 * se, rel=0.01)
