"""Win rates with length held equal: how often an arm would win if its answers were as long as its rival's.

AlpacaEval 2's model (2404.04475, Eq. 2) without the difficulty of the prompts:

    logit P(win) = theta + phi tanh(dlength / sd(dlength))

and the controlled rate is sigmoid(theta), P with no difference in length. Lengths are in characters, as theirs. Their term
for a prompt's difficulty is fitted once over more than a hundred models; two arms cannot tell it, and leaving it out moves
the mean over prompts little, since difficulty is no matter of which answer is longer. In place of their L1 penalty, which
pulls one side towards zero by cross-validation, stand two made-up ties (Greenland and Mansournia 2015, log-F(1,1)): one for
theta, one for phi. They keep both finite where an arm wins everything, and exchanging the arms exchanges the rate exactly.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy import special

from workbench.compare.samples import Samples, read_columns
from workbench.compare.statistics import FloatArray, spread
from workbench.domain.estimates import Estimate
from workbench.domain.samples import RESPONSE

_STEPS, _CLOSE = 50, 1e-10  # of Newton's method, which takes about seven
_FEW = 5.0  # wins or losses, fewer of which show nothing of their own variance


class LengthControlled(BaseModel):
    """A win rate with length held equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: Estimate = Field(description="Share that the row would win with answers as long as the column's, ties half.")
    p_value: float = Field(description="Of this rate being one half.")
    length_effect: float = Field(description="phi: what an answer longer by many sd adds to the logit of winning.")
    longer: float = Field(description="Characters that the row's answers have more than the column's, in the mean.")

    def swapped(self) -> "LengthControlled":
        """Returns the same from the other side."""
        rate = Estimate(mean=1 - self.rate.mean, low=1 - self.rate.high, high=1 - self.rate.low, n=self.rate.n)
        return self.model_copy(update={"rate": rate, "longer": -self.longer})


class Outcomes(NamedTuple):
    """Comparisons of two arms, one row each; unknown ones left out.

    Attributes:
        wins: [b] 1, one half or 0.
        longer: [b] characters of the first answer less those of the second.
        seed: [b] which of the seeds, from 0.
        prompt: [b] which of the prompts, from 0.
    """

    wins: FloatArray
    longer: FloatArray
    seed: NDArray[np.intp]
    prompt: NDArray[np.intp]


def control_length(outcomes: Outcomes) -> LengthControlled | None:
    """Returns the win rate with length held equal.

    Its interval is that of the raw rate, over prompts or over seeds and prompts, of each one's pull on theta
    (the infinitesimal jackknife), on the scale of the logit.

    Returns:
        None where the answers of the one are all longer than the other's by one and the same number of characters, which
        leaves nothing to tell length from quality by; or where there are fewer than two prompts.
    """
    wins, longer, seed, prompt = outcomes
    if len(wins) == 0 or (longer.std() == 0 and longer[0] != 0):
        return None
    scaled = longer / longer.std() if longer.std() > 0 else longer
    weight, shape = _equal_prompts(seed, prompt)
    design = np.column_stack([np.ones_like(wins), np.tanh(scaled)])
    beta, curvature = _fit(design, wins, weight)
    pulls = (weight * (wins - special.expit(design @ beta)))[:, None] * design @ np.linalg.inv(curvature)
    found = spread(beta[0] + _per_cell(pulls[:, 0], seed, prompt, shape))
    if found is None:
        return None
    theta = found._replace(mean=float(beta[0]))
    if min((weight * wins).sum(), (weight * (1 - wins)).sum()) < _FEW:
        theta = theta._replace(v_prompts=max(theta.v_prompts, float(np.linalg.inv(curvature)[0, 0])))
    on_logit = theta.interval()
    low, rate, high = (float(special.expit(value)) for value in (on_logit.low, theta.mean, on_logit.high))
    return LengthControlled(
        rate=Estimate(mean=rate, low=low, high=high, n=theta.n),
        p_value=theta.p_value(),
        length_effect=float(beta[1]),
        longer=float((weight * longer).sum() / weight.sum()),
    )


def _equal_prompts(seed: NDArray[np.intp], prompt: NDArray[np.intp]) -> tuple[FloatArray, tuple[int, int]]:
    """Returns [b] weights by which several answers to a prompt count as one, and (s, p)."""
    shape = int(seed.max()) + 1, int(prompt.max()) + 1
    cell = seed * shape[1] + prompt
    weight: FloatArray = 1 / np.bincount(cell)[cell]
    return weight, shape


def _per_cell(
    pulls: FloatArray, seed: NDArray[np.intp], prompt: NDArray[np.intp], shape: tuple[int, int]
) -> FloatArray:
    """Returns [s x p] of which the mean's error is theta's: each cell's pull times their number; NaN in empty ones."""
    cell, size = seed * shape[1] + prompt, shape[0] * shape[1]
    filled = np.bincount(cell, minlength=size) > 0
    sums = np.bincount(cell, weights=pulls, minlength=size) * filled.sum()
    table: FloatArray = np.where(filled, sums, np.nan).reshape(shape)
    return table


def _fit(design: FloatArray, wins: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns (theta, phi) by Newton's method, and the curvature [2 x 2] of the likelihood there."""
    x, y = np.vstack([design, np.eye(2)]), np.append(wins, [0.5, 0.5])
    w = np.append(weight, [1.0, 1.0])
    beta = np.zeros(2)
    for _ in range(_STEPS):
        p = special.expit(x @ beta)
        curvature = (x * (w * p * (1 - p))[:, None]).T @ x
        step = np.linalg.solve(curvature, x.T @ (w * (y - p)))
        beta += step * min(1.0, 4 / max(1e-9, float(np.abs(step).max())))
        if np.abs(step).max() < _CLOSE:
            break
    return beta, curvature


def read_lengths(samples: Samples) -> FloatArray:
    """Returns the characters of each response: [b]; all NaN where the samples are a part of their file only."""
    seen = samples.path.stat()
    found = _lengths(samples.path, seen.st_size, seen.st_mtime_ns)
    return found if len(found) == len(samples) else np.full(len(samples), np.nan)


@lru_cache(maxsize=1024)
def _lengths(path: Path, _size: int, _changed_ns: int) -> FloatArray:
    return np.array([len(text or "") for text in read_columns(path, [RESPONSE])[RESPONSE].to_pylist()], np.float64)
