"""How a comparison is looked at: axes, smoothing, panels, what stands aside. Saved under a name, it is a view."""

from typing import Literal, Self

from pydantic import field_validator

from workbench.domain.metrics import is_known
from workbench.domain.settings import Settings, setting

XAxis = Literal["step", "episodes", "tokens", "seconds", "kl"]
PANELS: dict[str, str] = {
    "reward": "Reward",
    "kl": "KL to the start model",
    "win": "Win rate",
    "frontier": "Reward-KL frontier",
    "overoptimisation": "Over-optimisation",
    "kl_profile": "KL along the response",
    "best_of_n": "Best of n",
}


class View(Settings):
    """What is drawn of a comparison, and how.

    Arms stand in it by the names that the comparison gives them, or by those they have or had with their experiment. A
    comparison gives back its view with names that last, by which arms are found however they are called later.
    """

    x: XAxis = setting(
        "step", label="x-axis", help="What the charts are drawn over; kl is the KL measured at a checkpoint."
    )
    smoothing: float = setting(
        0.0,
        label="Smoothing",
        unit="% of the x-axis",
        help="Half-life of the time-weighted moving average that is drawn over each raw curve; 0 draws the raw curve alone.",
        ge=0,
        le=100,
    )
    baseline: str = setting(
        "",
        label="Baseline",
        help="The arm whose last checkpoint win rates are measured against; empty: the start model.",
    )
    judge: str = setting(
        "",
        label="Judge",
        help="Whose scores win rates, tables and verdict go by: proxy, a further judge, or llm:NAME; empty: the gold judge.",
    )
    panels: tuple[str, ...] = setting(
        ("reward", "kl", "win"),
        label="Panels",
        help="The charts, left to right: reward, kl, win, frontier, overoptimisation (over √KL, or over KL where that is the "
        "x-axis), kl_profile, best_of_n, or a metric of training as objective/kl.",
        min_length=1,
        max_length=6,
    )
    hidden: tuple[str, ...] = setting(
        (),
        label="Hidden",
        help="Arms that are left out of charts, tables, verdict and report; colours stay as they were.",
    )

    @field_validator("panels")
    @classmethod
    def _known(cls, panels: tuple[str, ...]) -> tuple[str, ...]:
        for name in panels:
            if name not in PANELS and not is_known(name):
                raise ValueError(
                    f"there is no panel `{name}`; known are {', '.join(PANELS)} and the metrics of training"
                )
        return tuple(dict.fromkeys(panels))

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics of training that have a panel."""
        return tuple(name for name in self.panels if name not in PANELS)

    def with_changes(self, **values: object) -> Self:
        """Returns this view with other values, checked."""
        return self.read(self.model_dump() | values, where="the view")
