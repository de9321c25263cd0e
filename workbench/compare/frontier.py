"""The reward-KL frontier: the most gold that any checkpoint reached within each KL (Gao et al. 2210.10760)."""

import numpy as np
from numpy.typing import NDArray

from workbench.compare.statistics import FloatArray


def upper_envelope(x: FloatArray, y: FloatArray) -> NDArray[np.intp]:
    """Returns the places of the points that no other beats with as little x, from left to right.

    (0, 0), (1, 2), (2, 1), (3, 3) keep all but the third: 2 was reached at x = 1 already.

    Args:
        x: [n] cost, as KL in nats.
        y: [n] gain, as gold reward; points with NaN are never on the envelope.
    """
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    order = known[np.lexsort((-y[known], x[known]))]
    best = np.concatenate([[-np.inf], np.maximum.accumulate(y[order])[:-1]]) if len(order) else np.empty(0)
    return order[y[order] > best]


def staircase(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns the corners of the line that goes right from each point and up to the next: two for each but the last."""
    return np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]
