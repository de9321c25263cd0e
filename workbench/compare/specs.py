"""What to draw, not how: the panels that window, figures and CSV share."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

# envelope: the staircase over all arms' points; metric: what a run logged while it trained; held_out: a further judge;
# fit: a formula through the points; profile: along the response
Role = Literal["gold", "proxy", "held_out", "fit", "kl", "win", "point", "envelope", "metric", "profile"]
ENVELOPE = "best so far"  # the name of the envelope, which is no arm


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Axis(_Spec):
    """What an axis shows."""

    label: str
    unit: str = ""


class Series(_Spec):
    """One curve with its band. All tuples are of one length; `low` and `high` bound the interval at each point."""

    name: str = Field(description="For legends and tables: the arm, and the role where a panel has several.")
    arm: str
    index: int = Field(description="The arm's place among those compared, 0 for the start model; colours go by it.")
    role: Role
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    raw: tuple[float, ...] = Field((), description="`y` before it was smoothed; empty where it was not.")
    steps: tuple[tuple[int, ...], ...] = Field(
        (),
        description="The step of the checkpoint at each point, in every seed; empty where points are not checkpoints.",
    )

    scores: tuple[float, ...] = Field(
        (), description="The mean score itself at each point, where `y` is in standard deviations; else empty."
    )
    counts: tuple[int, ...] = Field((), description="Responses behind each point, where it is not the same for all.")

    @property
    def measured(self) -> tuple[float, ...]:
        """What was measured: `y` before any smoothing."""
        return self.raw or self.y


class ReferenceLine(_Spec):
    """A straight line to read values against."""

    axis: Literal["x", "y"]
    value: float
    label: str


class Span(_Spec):
    """A place on the x-axis that is known from `low` to `high`: drawn as a line with a band across the chart."""

    arm: str
    index: int
    at: float
    low: float
    high: float
    label: str


class PanelSpec(_Spec):
    """One chart: what it shows, over what, with which curves and lines."""

    title: str
    subtitle: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    lines: tuple[ReferenceLine, ...] = ()
    spans: tuple[Span, ...] = ()
    score: str = Field("gold", description="What curves of the role gold are called: gold, or another judge's name.")
    caption: str = Field("", description="What, on how many prompts and seeds, by which judge, which interval.")
