import numpy as np
import pytest

from workbench.compare.frontier import dominance, envelope_band, staircase, upper_envelope


def test_a_point_that_another_beats_with_less_kl_is_not_on_the_envelope():
    x, y = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 2.0, 1.0, 3.0])
    assert upper_envelope(x, y).tolist() == [0, 1, 3]


def test_the_envelope_goes_from_left_to_right_whatever_the_order_of_the_points():
    x, y = np.array([3.0, 0.0, 1.0, 1.0]), np.array([3.0, 0.0, 1.0, 2.0])
    assert upper_envelope(x, y).tolist() == [1, 3, 0]


def test_points_without_a_score_are_never_on_it():
    assert upper_envelope(np.array([0.0, 1.0, np.nan]), np.array([np.nan, 1.0, 5.0])).tolist() == [1]
    assert upper_envelope(np.empty(0), np.empty(0)).tolist() == []


def test_the_staircase_goes_right_then_up():
    xs, ys = staircase(np.array([0.0, 2.0, 5.0]), np.array([1.0, 3.0, 4.0]))
    assert list(zip(xs.tolist(), ys.tolist(), strict=True)) == [(0, 1), (2, 1), (2, 3), (5, 3), (5, 4)]


def constant(heights, n_prompts=4):
    """Points whose gain is the same on every prompt: nothing is left to chance."""
    return np.repeat(np.asarray(heights, float)[:, None], n_prompts, axis=1)


@pytest.mark.parametrize(("n", "n_above"), [(27, 26), (29, 28), (35, 34)])
def test_dominance_counts_as_the_dpo_paper_does(n, n_above):
    x = np.linspace(1, 20, n)
    other_x = np.concatenate([[0.0], x])
    theirs = np.sqrt(other_x)
    ours = np.sqrt(x) + 0.1
    ours[3] -= 0.2  # the one that does not beat the other road
    found = dominance((x, constant(ours)), (other_x, constant(theirs)))
    assert (found.mean, found.low, found.high, found.n) == (n_above, n_above, n_above, n)


def test_a_point_below_a_mixture_of_two_of_theirs_does_not_lie_above():
    theirs = (np.array([0.0, 10.0]), constant([0.0, 1.0]))
    below, above = constant([0.4]), constant([0.6])
    assert dominance((np.array([5.0]), below), theirs).mean == 0
    assert dominance((np.array([5.0]), above), theirs).mean == 1


def test_the_interval_of_a_count_says_how_many_hang_on_the_prompts():
    random = np.random.default_rng(0)
    x = np.arange(1.0, 5.0)
    ours = np.array([2.0, 2.0, 0.0, 0.0])[:, None] + random.normal(0, 0.5, (4, 50))
    theirs = np.concatenate([np.zeros((1, 50)), np.array([0, 0, 0, 0.0])[:, None] + random.normal(0, 0.5, (4, 50))])
    found = dominance((x, ours), (np.arange(0.0, 5.0), theirs))
    assert 2 <= found.low <= found.mean <= found.high <= 4
    assert found.low < found.high


def test_the_envelopes_line_is_the_highest_mean_so_far_and_lies_in_its_band():
    random = np.random.default_rng(0)
    y = np.array([0, 0.5, 0.6, 0.3, 0.2])[:, None] + random.normal(size=(5, 100))
    line, low, high = envelope_band(np.arange(5.0), y, np.arange(5.0), draws=400)
    assert line.tolist() == np.maximum.accumulate(y.mean(axis=1)).tolist()
    assert (low < high).all()
    assert (line[:2] < high[:2]).all()
    assert (low <= line).all()


def test_between_two_points_the_envelope_stays_where_the_cheaper_one_is():
    line, low, high = envelope_band(np.array([0.0, 2.0]), constant([1.0, 3.0]), np.array([0.0, 1.9, 2.0, 9.0]))
    assert line.tolist() == low.tolist() == high.tolist() == [1, 1, 3, 3]
