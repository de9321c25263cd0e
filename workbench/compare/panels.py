"""What to draw, not how: the three panels that window, figures and CSV share."""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm, Point, Track
from workbench.compare.curves import Curve, Measure, XAxis, evaluation_curve, start_track, win_curve
from workbench.compare.statistics import FloatArray
from workbench.domain.samples import GOLD, KL, PROXY

Role = Literal["gold", "proxy", "kl", "win"]
_REWARDS: tuple[tuple[Role, str], ...] = (("gold", GOLD), ("proxy", PROXY))


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


class ReferenceLine(_Spec):
    """A straight line to read values against."""

    axis: Literal["x", "y"]
    value: float
    label: str


class PanelSpec(_Spec):
    """One chart: what it shows, over what, with which curves and lines."""

    title: str
    subtitle: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    lines: tuple[ReferenceLine, ...] = ()
    caption: str = Field("", description="What, on how many prompts and seeds, by which judge, which interval.")


X_AXES: dict[XAxis, Axis] = {
    "step": Axis(label="training step"),
    "episodes": Axis(label="episodes"),
    "tokens": Axis(label="tokens trained on"),
    "seconds": Axis(label="training time", unit="s"),
    "kl": Axis(label="KL to the reference", unit="nats"),
}


def build_panels(arms: Sequence[Arm], judge: str, x: XAxis = "step") -> tuple[PanelSpec, PanelSpec, PanelSpec]:
    """Returns reward, KL and win rate of all arms, side by side.

    Args:
        arms: start models first, as `gather_arms` gives them; colours follow this order.
        judge: the gold judge's name.
        x: what the checkpoints are placed by. KL over KL says nothing, so that panel then goes by step.
    """
    starts = {arm.start: arm for arm in arms if arm.is_reference}
    interval = interval_words(arms)
    return (
        _reward_panel(arms, starts, judge, x, interval),
        _kl_panel(arms, starts, "step" if x == "kl" else x, interval),
        _win_panel(arms, starts, judge, x, interval),
    )


def interval_words(arms: Sequence[Arm]) -> str:
    """Says in words what the intervals of these arms are over."""
    tracks = [track for arm in arms for track in arm.tracks]
    n_prompts = max((len(np.unique(point.samples.keys)) for track in tracks for point in track.points[:1]), default=0)
    counts = sorted({len(arm.tracks) for arm in arms if arm.tracks and not arm.is_reference})
    if not counts:
        counts = sorted({len(arm.tracks) for arm in arms if arm.tracks}) or [0]
    if counts == [1]:
        return f"95 % intervals over {n_prompts} prompts; one seed"
    seeds = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"95 % intervals over {seeds} seeds, {n_prompts} prompts each"


def _reward_panel(arms: Sequence[Arm], starts: dict[str, Arm], judge: str, x: XAxis, interval: str) -> PanelSpec:
    has_proxy = any(not np.isnan(track.last.samples.column(PROXY)).all() for arm in arms for track in arm.tracks)
    # Proxy and gold have units of their own; in the start model's standard deviations one axis can hold both.
    scaled = has_proxy and all(arm.start in starts and starts[arm.start].tracks for arm in arms)
    series = []
    for i, arm in _drawn(arms):
        start = starts.get(arm.start)
        for role, column in _REWARDS:
            measure = _standardised(column, start) if scaled and start else _raw(column)
            series.append(_series(arm, i, role, evaluation_curve(arm, start, measure, x)))
    return PanelSpec(
        title="Reward",
        subtitle="solid: gold, dashed: proxy" if has_proxy else f"gold ({judge})",
        x=X_AXES[x],
        y=Axis(label="score above the reference", unit="s.d.") if scaled else Axis(label="gold reward"),
        series=_shown(series),
        lines=(ReferenceLine(axis="y", value=0.0, label="reference"),) if scaled else _gold_lines(starts),
        caption=_reward_caption(judge, interval, scaled=scaled, has_proxy=has_proxy),
    )


def _drawn(arms: Sequence[Arm]) -> list[tuple[int, Arm]]:
    """The arms that have a curve; the start model is where all of them begin, and a point of its own only when alone."""
    numbered = [(i, arm) for i, arm in enumerate(arms) if arm.tracks]
    return [(i, arm) for i, arm in numbered if not arm.is_reference] or numbered


def _gold_lines(starts: dict[str, Arm]) -> tuple[ReferenceLine, ...]:
    means = [
        (arm.name, np.mean([track.last.mean_gold for track in arm.tracks])) for arm in starts.values() if arm.tracks
    ]
    return tuple(ReferenceLine(axis="y", value=float(mean), label=name) for name, mean in means if np.isfinite(mean))


def _reward_caption(judge: str, interval: str, *, scaled: bool, has_proxy: bool) -> str:
    proxy = " Dashed: proxy, the reward model that was trained on the preferences." if has_proxy else ""
    scale = (
        " Both less the start model's mean, in standard deviations of its scores under the same seed." if scaled else ""
    )
    return f"Solid: gold, mean score by {judge}.{proxy}{scale} {_sentence(interval)}"


def _kl_panel(arms: Sequence[Arm], starts: dict[str, Arm], x: XAxis, interval: str) -> PanelSpec:
    return PanelSpec(
        title="KL to the reference",
        subtitle="policy's own samples",
        x=X_AXES[x],
        y=Axis(label="KL", unit="nats per response"),
        series=_shown(
            _series(arm, i, "kl", evaluation_curve(arm, starts.get(arm.start), _raw(KL), x)) for i, arm in _drawn(arms)
        ),
        caption="KL of the policy to the start model on the policy's own samples, exact over the vocabulary at each token, "
        f"summed over the response with its end of sequence. {_sentence(interval)}",
    )


def _win_panel(arms: Sequence[Arm], starts: dict[str, Arm], judge: str, x: XAxis, interval: str) -> PanelSpec:
    trained = [(i, arm) for i, arm in enumerate(arms) if not arm.is_reference and arm.start in starts]
    curves = [_series(arm, i, "win", win_curve(arm, starts[arm.start], x)) for i, arm in trained]
    return PanelSpec(
        title="Win rate",
        subtitle=f"against the reference, by {judge}",
        x=X_AXES[x],
        y=Axis(label="win rate", unit="%"),
        series=_shown(curves),
        lines=(ReferenceLine(axis="y", value=50.0, label="50 %"),),
        caption=f"Share of test prompts on which {judge} scores the arm's response above the start model's; ties count one "
        f"half, responses without a score are left out. {_sentence(interval)}",
    )


def _sentence(words: str) -> str:
    return f"{words}." if words else ""


def _raw(column: str) -> Measure:
    return lambda point, _track: point.samples.column(column)


def _standardised(column: str, start: Arm) -> Measure:
    def measure(point: Point, track: Track) -> FloatArray:
        begin = start_track(track, start)
        scores = begin.last.samples.column(column) if begin else np.empty(0)
        known = scores[~np.isnan(scores)]
        if len(known) < 2 or known.std(ddof=1) == 0:
            return np.full(len(point.samples), np.nan)
        shifted: FloatArray = point.samples.column(column) - known.mean()
        return shifted / float(known.std(ddof=1))

    return measure


def _series(arm: Arm, index: int, role: Role, curve: Curve) -> Series:
    return Series(
        name=f"{arm.name}, {role}" if role in ("gold", "proxy") else arm.name,
        arm=arm.name,
        index=index,
        role=role,
        x=tuple(curve.x.tolist()),
        y=tuple(curve.y.tolist()),
        low=tuple(curve.low.tolist()),
        high=tuple(curve.high.tolist()),
    )


def _shown(series: Iterable[Series]) -> tuple[Series, ...]:
    return tuple(item for item in series if item.x)
