"""Smoothing that knows where the points stand: an average over x, not over however many points were logged."""

import numpy as np

from workbench.compare.curves import Curve
from workbench.compare.statistics import FloatArray

_LARGEST = 500.0  # exponents kept within what a float holds: exp(709) overflows


def smooth(x: FloatArray, y: FloatArray, half_life: float) -> FloatArray:
    """Returns the exponentially weighted mean of the values up to each point.

    A value counts half as much at every `half_life` that x has gone on since; the weights are divided by their sum, so the
    curve does not begin at zero. With a half-life of 1, the values 0 and 1 at x = 0 and 1 give 0 and 1 / 1.5.

    Args:
        x: [t] places in the order of training; distance counts, whichever way x goes, since KL may fall.
        y: [t] values; NaN is left out, and stays NaN.
        half_life: in units of x; 0 returns `y`.
    """
    if half_life <= 0 or len(x) < 2:
        return y
    known = np.isfinite(y) & np.isfinite(x)
    smoothed = np.full(len(y), np.nan)
    if not known.any():
        return smoothed
    at = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x[known])))]) * np.log(2) / half_life
    smoothed[known] = _weighted_mean(at, y[known])
    return smoothed


def _weighted_mean(at: FloatArray, y: FloatArray) -> FloatArray:
    """Returns sum(y_j e^(at_j - at_i)) / sum(e^(at_j - at_i)) over j <= i, block by block so that nothing overflows."""
    found = np.empty(len(y))
    total, weight, begin, last = 0.0, 0.0, 0, float(at[0])
    while begin < len(y):
        end = max(begin + 1, int(np.searchsorted(at, at[begin] + _LARGEST, side="right")))
        fade = np.exp(last - at[begin])  # what came before has faded by then
        grown = np.exp(at[begin:end] - at[begin])
        totals, weights = total * fade + np.cumsum(y[begin:end] * grown), weight * fade + np.cumsum(grown)
        found[begin:end] = totals / weights
        total, weight = float(totals[-1] / grown[-1]), float(weights[-1] / grown[-1])
        last, begin = float(at[end - 1]), end
    return found


def smooth_curve(curve: Curve, percent: float) -> Curve:
    """Returns a curve and its band smoothed with a half-life of `percent` of the x that the curve spans."""
    half_life = percent / 100 * float(np.ptp(curve.x)) if len(curve) else 0.0
    if half_life <= 0:
        return curve
    y, low, high = (smooth(curve.x, values, half_life) for values in (curve.y, curve.low, curve.high))
    return Curve(curve.x, y, low, high, curve.n, curve.steps)
