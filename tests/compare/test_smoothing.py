import numpy as np
import pytest

from workbench.compare.curves import Curve
from workbench.compare.smoothing import smooth, smooth_curve


def test_a_value_counts_half_as_much_after_each_half_life():
    smoothed = smooth(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 1.0]), 1.0)
    # (1 + 0 / 2) / (1 + 1 / 2), then (1 + 1 / 2 + 0 / 4) / (1 + 1 / 2 + 1 / 4)
    assert smoothed.tolist() == pytest.approx([0, 1 / 1.5, 1.5 / 1.75])


def test_what_is_far_away_in_x_counts_less_than_what_is_near():
    near, far = (smooth(np.array([0.0, gap]), np.array([0.0, 1.0]), 1.0)[1] for gap in (0.1, 10.0))
    assert near < far
    assert far == pytest.approx(1.0, abs=1e-3)


def test_a_constant_stays_and_no_half_life_changes_nothing():
    x, y = np.arange(5.0), np.full(5, 3.0)
    assert smooth(x, y, 2.0).tolist() == pytest.approx([3.0] * 5)
    assert smooth(x, y, 0.0) is y


def test_what_is_unknown_is_left_out_and_stays_unknown():
    smoothed = smooth(np.arange(3.0), np.array([2.0, np.nan, 2.0]), 1.0)
    np.testing.assert_allclose(smoothed, [2.0, np.nan, 2.0])


def test_distance_counts_where_x_goes_back_as_kl_may():
    back, on = (smooth(np.array([0.0, 1.0, x]), np.array([0.0, 0.0, 1.0]), 1.0) for x in (0.5, 1.5))
    assert back.tolist() == on.tolist()


def test_a_long_curve_with_a_short_half_life_does_not_overflow():
    x, y = np.arange(20_000.0), np.sin(np.arange(20_000.0))
    smoothed = smooth(x, y, 1.0)
    assert np.isfinite(smoothed).all()
    weights = 0.5 ** np.arange(60)[::-1]
    assert smoothed[-1] == pytest.approx((y[-60:] * weights).sum() / weights.sum())


def test_a_curve_is_smoothed_with_its_band_by_a_share_of_the_x_that_it_spans():
    x, y = np.array([0.0, 50.0, 100.0]), np.array([0.0, 1.0, 1.0])
    curve = Curve(x, y, y - 1, y + 1, n=3, steps=((0,), (1,), (2,)))
    smoothed = smooth_curve(curve, 50)
    np.testing.assert_allclose(smoothed.y, smooth(x, y, 50.0))
    np.testing.assert_allclose(smoothed.high - smoothed.low, 2.0)
    assert smoothed.steps == curve.steps
    assert smooth_curve(curve, 0) is curve
