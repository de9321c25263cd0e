"""Gao et al.'s forms of a true score against the distance from the reference (2210.10760, Eq. 1), fitted with intervals.

Letters: d is the root of the KL in nats, y the gold score less the reference's, in the reference's standard deviations.
The forms are y = d (alpha - beta log d) for learning and y = d (alpha - beta d) for best of n. Both are straight in alpha and
beta, so each of these is a sum of what single prompts say; its interval is that of any mean over seeds and prompts, and the
turning point, which depends on alpha / beta alone, gets Fieller's interval (1954) for a ratio of two such means.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.compare.statistics import LEVEL, FloatArray, Spread, spread
from workbench.domain.estimates import Estimate

Form = Literal["rl", "bon"]
NEAREST = 0.5  # the slope of the learning form has no end at 0: points nearer than that say nothing of it
FEWEST = 5  # points, with which two parameters and the noise can be told from a straight line
_FEWEST_A_SEED = 3
_GRID = 240
_WIDEST = 30.0  # times the farthest point: no turning point is looked for beyond


@dataclass(frozen=True)
class Points:
    """What one seed measured.

    Attributes:
        d: [j] the root of each checkpoint's KL.
        y: [j x p] the score of each prompt at each checkpoint.
        kl: [j x p] the KL of each prompt's response; None where d is known without error.
    """

    d: FloatArray
    y: FloatArray
    kl: FloatArray | None = None


@dataclass(frozen=True)
class Fitted:
    """A form that fits: its parameters, where it turns and how high, and how far points were measured."""

    form: Form
    alpha: Estimate
    beta: Estimate
    peak: Estimate
    height: Estimate
    farthest: float
    n_points: int


def basis(form: Form, d: FloatArray) -> FloatArray:
    """Returns [n x 2]: what alpha and beta are multiplied by at each distance."""
    bent = d * np.log(np.maximum(d, np.finfo(float).tiny)) if form == "rl" else d * d
    return np.stack([d, -bent], axis=1)


def value(form: Form, alpha: float, beta: float, d: FloatArray) -> FloatArray:
    """Returns the form's score at each distance."""
    found: FloatArray = basis(form, d) @ np.array([alpha, beta])
    return found


def turning_point(form: Form, alpha: float, beta: float) -> tuple[float, float]:
    """Returns where the form is highest, and how high; for beta above 0.

    Of learning d = exp(alpha / beta - 1), height beta d; of best of n d = alpha / (2 beta), height alpha d / 2.
    """
    if form == "rl":
        d = float(np.exp(alpha / beta - 1))
        return d, beta * d
    d = alpha / (2 * beta)
    return d, alpha * d / 2


def fit(form: Form, seeds: Sequence[Points], level: float = LEVEL) -> Fitted | str:
    """Returns the fitted form, or in a sentence why there is none to show.

    It is shown where there are points enough at d > 0.5 (of learning; at any d of best of n), where it is nearer to them than
    a straight line through the reference and than a constant, by AICc, and where beta's interval lies above 0: only then it
    bends down at all.
    """
    used = [_far_enough(form, points) for points in seeds]
    n = sum(len(points.d) for points in used)
    if n < FEWEST or min(len(points.d) for points in used) < _FEWEST_A_SEED:
        where = f"beyond √KL {NEAREST:g}" if form == "rl" else "beyond the reference"
        return f"Too few points {where}: {n}, where {FEWEST} are needed, and {_FEWEST_A_SEED} of each seed."
    d, y = np.concatenate([one.d for one in used]), np.concatenate([one.y.mean(axis=1) for one in used])
    bent = _aicc(basis(form, d), y)
    for words, plain in (("A straight line", d[:, None]), ("A constant", np.ones((len(d), 1)))):
        if (other := _aicc(plain, y)) <= bent:
            return f"{words} fits as well (AICc {other:.1f}, of the form {bent:.1f})."
    tables = [_by_prompt(form, points) for points in used]
    a, b = (np.stack([table[i] for table in tables]) for i in (0, 1))
    alpha, beta = spread(a), spread(b)
    if alpha is None or beta is None:
        return "One prompt alone has no interval."
    bend = beta.interval(level)
    if bend.low <= 0:
        return f"No turn is shown: beta {bend.mean:.2f} ({bend.low:.2f} to {bend.high:.2f}) is not surely above 0."
    return _described(form, a, b, (alpha, beta), float(d.max()), n, level)


def _described(
    form: Form, a: FloatArray, b: FloatArray, found: tuple[Spread, Spread], farthest: float, n: int, level: float
) -> Fitted | str:
    alpha, beta = found
    peak, height = turning_point(form, alpha.mean, beta.mean)
    if peak > _WIDEST * farthest:
        return "No turn within 30 times the distance that was measured."
    # At its highest the form does not move with d, so the height's error is that of the value there.
    at = basis(form, np.array([peak]))[0]
    high = spread(at[0] * a + at[1] * b)
    low_d, high_d = _fieller(form, a, b, peak, farthest, level)
    return Fitted(
        form=form,
        alpha=alpha.interval(level),
        beta=beta.interval(level),
        peak=Estimate(mean=peak, low=low_d, high=high_d, n=alpha.n),
        height=high.interval(level) if high else Estimate(mean=height, low=height, high=height, n=alpha.n),
        farthest=farthest,
        n_points=n,
    )


def _far_enough(form: Form, points: Points) -> Points:
    far = points.d > (NEAREST if form == "rl" else 0.0)
    return Points(points.d[far], points.y[far], points.kl[far] if points.kl is not None else None)


def _by_prompt(form: Form, points: Points) -> FloatArray:
    """Returns [2 x p]: the values whose means over prompts are this seed's alpha and beta.

    A response that is farther away than most moves its point to the right as well as up: the score that the form expects of
    that is taken away again.
    """
    weights = np.linalg.pinv(basis(form, points.d))  # [2 x j], least squares
    found: FloatArray = weights @ points.y
    if points.kl is not None:
        alpha, beta = found.mean(axis=1)
        slope = alpha - beta * (np.log(points.d) + 1 if form == "rl" else 2 * points.d)
        moved = (points.kl - points.kl.mean(axis=1, keepdims=True)) / (2 * points.d[:, None])
        found = found - weights @ (slope[:, None] * moved)
    return found


def _aicc(design: FloatArray, y: FloatArray) -> float:
    """Returns Akaike's criterion for few points (Hurvich and Tsai 1989), the noise counted as a parameter."""
    n, k = design.shape[0], design.shape[1] + 1
    left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return float(n * np.log(max(float(left @ left), 1e-300) / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1))


def _fieller(
    form: Form, a: FloatArray, b: FloatArray, peak: float, farthest: float, level: float
) -> tuple[float, float]:
    """Returns the interval of the turning point: every d at which the form's slope may be 0."""

    def excess(d: float) -> float:
        ratio = np.log(d) + 1 if form == "rl" else 2 * d
        found = spread(a - ratio * b)
        return abs(found.mean) - (found.interval(level).high - found.mean) if found else 1.0

    step = (_WIDEST * max(farthest, peak) / (0.01 * peak)) ** (1 / _GRID)
    ends = []
    for towards in (1 / step, step):
        d = peak
        for _ in range(_GRID):
            if excess(d * towards) > 0:
                break
            d *= towards
        inside, outside = d, d * towards
        for _ in range(30):
            middle = float(np.sqrt(inside * outside))
            inside, outside = (middle, outside) if excess(middle) <= 0 else (inside, middle)
        ends.append(inside)
    return ends[0], ends[1]
