import numpy as np
import pytest

from workbench.compare.resampling import hierarchical_bootstrap, paired_bootstrap
from workbench.compare.statistics import mean_interval


def test_the_paired_bootstrap_agrees_with_the_t_interval_and_is_the_same_for_the_same_seed():
    differences = np.random.default_rng(0).normal(0.2, 1, 400)
    found, again = paired_bootstrap(differences, seed=7), paired_bootstrap(differences, seed=7)
    exact = mean_interval(differences[None, :])
    assert found == again
    assert found is not None
    assert exact is not None
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=0.012)


def test_responses_to_one_prompt_stay_together_in_the_bootstrap():
    by_prompt = np.random.default_rng(0).normal(size=50)
    one = paired_bootstrap(by_prompt, seed=3)
    eight = paired_bootstrap(np.repeat(by_prompt, 8), np.repeat(np.arange(50), 8), seed=3)
    assert one is not None
    assert eight is not None
    assert (eight.low, eight.high) == pytest.approx(
        (one.low, one.high)
    )  # eight copies of a prompt tell no more than one


def test_the_bootstrap_leaves_out_what_is_missing():
    values = np.array([1.0, 2.0, np.nan, 3.0])
    found = paired_bootstrap(values)
    assert found is not None
    assert (found.mean, found.n) == (2.0, 3)


def test_the_hierarchical_bootstrap_spans_the_seeds_it_saw():
    table = np.array([[0.0], [1.0], [2.0]]) + np.zeros((1, 30))
    found = hierarchical_bootstrap(table, seed=0)
    assert found is not None
    assert (found.mean, found.low, found.high, found.n) == (
        1.0,
        0.0,
        2.0,
        3,
    )  # all three draws alike: 1 in 27, over 2.5 %


def test_a_large_bootstrap_works_in_parts():
    values = np.random.default_rng(0).normal(size=30_000)
    found = paired_bootstrap(values, draws=100)
    assert found is not None
    assert found.low < values.mean() < found.high
