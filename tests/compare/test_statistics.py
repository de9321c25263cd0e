import numpy as np
import pytest

from workbench.compare.rates import mcnemar, rate_interval, rate_of_prompts, two_rates, wilson
from workbench.compare.resampling import hierarchical_bootstrap
from workbench.compare.statistics import holm, mean_interval, spread


def crossed(
    random: np.random.Generator, seeds: float, prompts: float, rest: float, s: int = 3, p: int = 100
) -> np.ndarray:
    return seeds * random.normal(size=(s, 1)) + prompts * random.normal(size=(1, p)) + rest * random.normal(size=(s, p))


def test_wilson_gives_the_interval_of_the_dpo_papers_imdb_win_rate():
    rate = wilson(158, 256)
    assert (round(rate.low, 4), round(rate.high, 4)) == (0.5563, 0.6746)
    assert rate.mean == 158 / 256
    assert rate.n == 256


def test_wilson_never_leaves_zero_to_one():
    assert wilson(0, 10).low == pytest.approx(0, abs=1e-12)
    assert wilson(10, 10).high == pytest.approx(1)
    assert wilson(10, 10).low == pytest.approx(10 / (10 + 1.959964**2))


@pytest.mark.parametrize(("n", "half"), [(805, 0.0345), (256, 0.0608)])
def test_wilson_of_805_prompts_is_about_three_and_a_half_points_wide_on_each_side_and_of_256_about_six(n, half):
    rate = wilson(n / 2, n)
    assert rate.high - rate.mean == pytest.approx(half, abs=0.0002)


def test_mcnemar_of_40_against_25():
    p, chi_square = mcnemar(40, 25)
    assert p == pytest.approx(0.0817, abs=5e-5)
    assert chi_square == pytest.approx(3.462, abs=5e-4)
    assert mcnemar(0, 0) == (1.0, 0.0)


def test_holm_multiplies_the_smallest_by_all_and_never_lets_a_larger_one_pass_it():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_with_one_seed_the_prompts_are_the_units():
    found = mean_interval(np.array([[1.0, 2.0, 3.0, 4.0]]))
    assert found is not None
    assert (found.mean, found.n) == (2.5, 4)
    half = 3.182446 * np.sqrt(5 / 3) / 2  # t with 3 degrees of freedom, sd over the root of 4
    assert found.high - found.mean == pytest.approx(half, rel=1e-5)


def test_with_several_seeds_on_one_prompt_the_interval_is_students_over_seeds():
    three, two = mean_interval(np.array([[1.0], [2.0], [3.0]])), mean_interval(np.array([[1.0], [3.0]]))
    assert three is not None
    assert three.n == 3
    assert three.high - three.mean == pytest.approx(4.302653 / np.sqrt(3), rel=1e-5)
    assert two is not None
    assert two.high - two.mean == pytest.approx(12.706205, rel=1e-5)  # sd over the root of 2 is 1


def test_seeds_that_agree_leave_the_uncertainty_of_the_prompts():
    prompts = np.random.default_rng(0).normal(size=50)
    one, three = spread(prompts[None, :]), spread(np.tile(prompts, (3, 1)))
    assert one is not None
    assert three is not None
    assert three.se == pytest.approx(one.se)
    assert (one.n, three.n) == (50, 3)


def test_a_missing_score_is_left_out_and_a_missing_seed_is_not_counted():
    found = mean_interval(np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]]))
    assert found is not None
    assert (found.mean, found.n) == (2.0, 2)


@pytest.mark.parametrize("table", [np.empty((0, 0)), np.array([[np.nan, np.nan]]), np.array([[1.0]])])
def test_fewer_than_two_units_give_no_interval(table):
    assert mean_interval(table) is None
    assert rate_interval(table) is None
    assert hierarchical_bootstrap(table) is None


@pytest.mark.parametrize(("seeds", "prompts", "rest"), [(0, 1, 1), (0.1, 0.5, 1), (0.5, 0.5, 1)])
def test_the_interval_over_three_seeds_covers_the_truth_about_95_times_in_100(seeds, prompts, rest):
    random = np.random.default_rng(1)
    found = [mean_interval(crossed(random, seeds, prompts, rest)) for _ in range(1000)]
    covered = np.mean([item.low <= 0 <= item.high for item in found])
    assert 0.93 <= covered <= 0.98  # two standard errors of the simulation are 0.014


def test_a_rate_over_seeds_stays_between_zero_and_one():
    table = np.array([[1.0, 1.0, 1.0, 0.5], [1.0, 0.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
    rate = rate_interval(table)
    assert rate is not None
    assert rate.mean == pytest.approx(10.5 / 12)
    assert rate.high == 1
    assert rate.n == 3


def test_a_rate_of_one_seed_is_wilsons():
    wins = np.array([[1.0] * 158 + [0.0] * 98])
    assert rate_interval(wins) == wilson(158, 256)


def test_ties_leave_as_much_uncertainty_as_there_were_decisions():
    random = np.random.default_rng(0)
    decided = random.integers(0, 2, 200).astype(float)
    alone, among = rate_of_prompts(decided), rate_of_prompts(np.concatenate([decided, np.full(600, 0.5)]))
    assert among.n == 800
    assert among.high - among.low == pytest.approx((alone.high - alone.low) / 4, rel=0.02)


def test_where_all_is_tied_one_prompt_more_might_have_been_decided():
    found = rate_of_prompts(np.full(100, 0.5))
    assert found.mean == 0.5
    assert found.high - found.mean == pytest.approx(1.96 * 0.5 / 100, rel=0.01)


def test_seeds_that_all_win_everything_keep_the_uncertainty_of_their_prompts():
    rate = rate_interval(np.ones((3, 20)))
    assert rate is not None
    assert rate.n == 3
    assert rate.low == pytest.approx(wilson(20, 20).low)


def test_the_dpo_papers_two_imdb_win_rates_do_not_differ_by_more_than_chance():
    z, p = two_rates((158, 256), (146, 256))
    assert z == pytest.approx(1.08, abs=0.005)
    assert p == pytest.approx(0.28, abs=0.005)
    assert two_rates((5, 5), (5, 5)) == (0, 1)
