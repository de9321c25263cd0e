"""What an arm cost, by its runs' logs: time, tokens trained on, tokens that had to be generated first."""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm


class Cost(BaseModel):
    """Means over an arm's seeds, up to the last evaluated checkpoint of each; None where the logs do not say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float | None = Field(None, description="Training time of the arm's own run.")
    device_seconds: float | None = Field(
        None, description="The same with the stages that it rests on, as its reward model: the time devices were held."
    )
    tokens: float | None = Field(None, description="Tokens trained on.")
    generated: float | None = Field(
        None, description="Tokens that the policy generated to learn from: episodes times their mean length; 0 for DPO."
    )


def cost_of(arm: Arm) -> Cost:
    """Returns what an arm cost; nothing is known of a start model."""
    if arm.is_reference or not arm.tracks:
        return Cost()
    spent = [track.last.spent for track in arm.tracks]
    seconds = _mean([used.seconds for used in spent])
    return Cost(
        seconds=seconds,
        device_seconds=_mean([track.device_seconds for track in arm.tracks]),
        tokens=_mean([used.tokens for used in spent]),
        generated=_mean([track.last.spent.episodes * track.length if track.length else 0.0 for track in arm.tracks]),
    )


def _mean(values: Sequence[float]) -> float | None:
    mean = float(np.mean(values)) if values else np.nan
    return mean if np.isfinite(mean) else None
