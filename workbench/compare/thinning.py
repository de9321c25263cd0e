"""Fewer points for a screen than were logged, without losing what stands out."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workbench.compare.curves import Curve
from workbench.compare.statistics import FloatArray


def extremes(y: FloatArray, most: int) -> NDArray[np.intp]:
    """Returns the places of the lowest and the highest of each of `most / 2` stretches of [t] values, and of both ends.

    A screen's column shows no more of a dense curve than from where to where it reaches; so the thinned curve looks the
    same, while one that takes every tenth point, or means, loses a peak of one step. (0, 1, 9, 2, 3, -5) in two stretches
    keeps the places 0, 2, 4, 5.

    Args:
        y: without NaN.
        most: places kept, beside the ends.
    """
    if len(y) <= most:
        return np.arange(len(y))
    n_stretches = max(1, most // 2)
    begins = np.linspace(0, len(y), n_stretches, endpoint=False).astype(int)
    length = -(-len(y) // n_stretches)
    places = np.minimum(begins[:, None] + np.arange(length), np.append(begins[1:], len(y))[:, None] - 1)
    first = np.arange(n_stretches)
    found = [places[first, pick(y[places], axis=1)] for pick in (np.argmin, np.argmax)]
    return np.unique(np.concatenate([*found, [0, len(y) - 1]]))


def thin_curve(curve: Curve, kept: NDArray[np.intp]) -> Curve:
    """Returns a curve of these places only."""
    if len(kept) == len(curve):
        return curve
    return replace(curve, **{name: getattr(curve, name)[kept] for name in ("x", "y", "low", "high")})
