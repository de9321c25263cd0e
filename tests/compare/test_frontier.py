import numpy as np

from workbench.compare.frontier import staircase, upper_envelope


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
