"""The panels of a comparison: which curves stand in which, over what, with which words."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.compare.arms import Arm
from workbench.compare.curves import (
    Curve,
    evaluation_curve,
    means_by_steps,
    raw,
    standardised,
    training_curve,
    win_curve,
)
from workbench.compare.optimisation import Optimisation
from workbench.compare.optimisation_panels import (
    Ground,
    best_of_n_panel,
    frontier_panel,
    kl_profile_panel,
    overoptimisation_panel,
    reward_label,
)
from workbench.compare.sampled import Sampled
from workbench.compare.smoothing import smooth_curve
from workbench.compare.specs import Axis, PanelSpec, ReferenceLine, Role, Series
from workbench.compare.thinning import extremes, thin_curve
from workbench.domain.experiments import START_MODEL, shown_name
from workbench.domain.metrics import describe
from workbench.domain.samples import GOLD, KL, PROXY
from workbench.domain.views import PANELS, View, XAxis

_REWARDS: tuple[tuple[Role, str], ...] = (("gold", GOLD), ("proxy", PROXY))
MOST_POINTS = 2_000  # of a training metric: more than a screen has columns, so that zooming in still shows something
X_AXES: dict[XAxis, Axis] = {
    "step": Axis(label="training step"),
    "episodes": Axis(label="episodes"),
    "tokens": Axis(label="tokens trained on"),
    "seconds": Axis(label="training time", unit="s"),
    "kl": Axis(label="KL to the start model", unit="nats"),
}


def build_panels(
    arms: Sequence[Arm],
    judge: str,
    view: View | None = None,
    most_points: int | None = MOST_POINTS,
    *,
    sampled: Sequence[Sampled] = (),
    figures: Optimisation | None = None,
    further: Mapping[str, Sequence[Path]] | None = None,
    score: str = GOLD,
) -> tuple[PanelSpec, ...]:
    """Returns the panels of a view, in its order, without the arms that it hides.

    Args:
        arms: all that are compared, start models first, as `gather_arms` gives them; colours follow their places.
        judge: the name of the judge that decides.
        view: what is drawn over what. KL over KL says nothing, so that panel then goes by step.
        most_points: of a curve of a training metric, thinned so that every peak stays; None keeps all.
        sampled: best of n from the start models.
        figures: what `examine` said of the arms that are shown.
        further: samples of the last checkpoints from other evaluations, for the KL along the response.
        score: what the judge's scores are called: gold, or the name of another judge.
    """
    view = view or View()
    shown = [arm for arm in arms if arm.name not in view.hidden]
    starts = {arm.start: arm for arm in arms if arm.is_reference}
    baseline = next((arm for arm in arms if arm.name == view.baseline), None)
    sampled = [one for one in sampled if one.name not in view.hidden]
    figures = figures or Optimisation()
    words = interval_words(shown)
    scene = _Scene(shown, starts, baseline, judge, score, view, words, most_points, sampled, figures, further or {})
    panels = [_BUILDERS[name](scene) if name in PANELS else _metric_panel(scene, name) for name in view.panels]
    return tuple(panel.model_copy(update={"score": score}) for panel in panels)


@dataclass(frozen=True)
class _Scene:
    """What every panel is drawn from."""

    arms: Sequence[Arm]
    starts: dict[str, Arm]
    baseline: Arm | None
    judge: str
    score: str
    view: View
    interval: str
    most_points: int | None
    sampled: Sequence[Sampled]
    figures: Optimisation
    further: Mapping[str, Sequence[Path]]

    def ground(self) -> Ground:
        """What the panels of over-optimisation are drawn from."""
        over_kl = self.x == "kl"
        drawn, interval = self.drawn(), self.interval
        return Ground(
            drawn, self.starts, self.sampled, self.figures, self.judge, self.score, interval, over_kl, self.further
        )

    @property
    def x(self) -> XAxis:
        return self.view.x

    def drawn(self) -> list[Arm]:
        """The arms that have a curve; a start model is where all of them begin, and a point of its own only when alone."""
        known = [arm for arm in self.arms if arm.tracks]
        return [arm for arm in known if not arm.is_reference] or known

    def start(self, arm: Arm) -> Arm | None:
        return self.starts.get(arm.start)

    def series(self, arm: Arm, role: Role, curve: Curve) -> Series:
        made = _series(arm, role, curve, self.view.smoothing if role != "point" else 0.0, self.most_points)
        return made.model_copy(update={"name": f"{arm.name}, {self.score}"}) if role == "gold" else made

    def closing(self) -> str:
        """The last sentence of a caption."""
        half_life = self.view.smoothing
        smoothed = (
            f"; smoothed with a half-life of {half_life:g} % of the x-axis, the raw line behind" if half_life else ""
        )
        return _sentence(f"{self.interval}{smoothed}")


def interval_words(arms: Sequence[Arm]) -> str:
    """Says in words what the intervals of these arms are over."""
    tracks = [track for arm in arms for track in arm.tracks]
    n_prompts = max((len(point.samples.groups[0]) for track in tracks for point in track.points[:1]), default=0)
    counts = sorted({len(arm.tracks) for arm in arms if arm.tracks and not arm.is_reference})
    if not counts:
        counts = sorted({len(arm.tracks) for arm in arms if arm.tracks}) or [0]
    if counts == [1]:
        return f"95 % intervals over {n_prompts} prompts; one seed"
    seeds = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"95 % intervals over {seeds} seeds, {n_prompts} prompts each"


def _reward_panel(scene: _Scene) -> PanelSpec:
    arms, starts, score = scene.arms, scene.starts, scene.score
    has_proxy = any(not np.isnan(track.last.samples.column(PROXY)).all() for arm in arms for track in arm.tracks)
    is_proxy = score == PROXY  # the proxy decides: it is the solid line, and there is no other
    # Proxy and gold have units of their own; in the start model's standard deviations one axis can hold both.
    scaled = has_proxy and all(arm.start in starts and starts[arm.start].tracks for arm in arms)
    series = []
    for arm in scene.drawn():
        start = scene.start(arm)
        for role, column in _REWARDS[:1] if is_proxy else _REWARDS:
            measure = standardised(column, start) if scaled and start else raw(column)
            drawn = scene.series(arm, role, evaluation_curve(arm, start, measure, scene.x))
            series.append(_with_scores(drawn, means_by_steps(arm, start, column)) if scaled else drawn)
    return PanelSpec(
        title=PANELS["reward"],
        subtitle=f"solid: {score}, dashed: proxy" if has_proxy and not is_proxy else _score_words(scene),
        x=X_AXES[scene.x],
        y=Axis(label="reward above start", unit="s.d.") if scaled else Axis(label=reward_label(score)),
        series=_shown(series),
        lines=(ReferenceLine(axis="y", value=0.0, label=START_MODEL),) if scaled else _gold_lines(starts),
        caption=_reward_caption(scene, scaled=scaled, has_proxy=has_proxy and not is_proxy),
    )


def _with_scores(series: Series, means: Mapping[tuple[int, ...], float]) -> Series:
    return series.model_copy(update={"scores": tuple(means.get(steps, math.nan) for steps in series.steps)})


def _gold_lines(starts: dict[str, Arm]) -> tuple[ReferenceLine, ...]:
    means = [
        (shown_name(arm.name), np.mean([track.last.mean_gold for track in arm.tracks]))
        for arm in starts.values()
        if arm.tracks
    ]
    return tuple(ReferenceLine(axis="y", value=float(mean), label=name) for name, mean in means if np.isfinite(mean))


def _score_words(scene: _Scene) -> str:
    return f"gold ({scene.judge})" if scene.score == GOLD else f"by {scene.judge}"


def _reward_caption(scene: _Scene, *, scaled: bool, has_proxy: bool) -> str:
    solid = f"gold, mean score by {scene.judge}" if scene.score == GOLD else f"mean score by {scene.judge}"
    proxy = " Dashed: proxy, the reward model that was trained on the preferences." if has_proxy else ""
    scale = (
        " All less the start model's mean, in standard deviations of its scores under the same seed; the summary has the "
        "scores themselves."
        if scaled
        else ""
    )
    return f"Solid: {solid}.{proxy}{scale} {scene.closing()}"


def _kl_panel(scene: _Scene) -> PanelSpec:
    x: XAxis = "step" if scene.x == "kl" else scene.x
    return PanelSpec(
        title=PANELS["kl"],
        subtitle="policy's own samples",
        x=X_AXES[x],
        y=Axis(label="KL", unit="nats per response"),
        series=_shown(
            scene.series(arm, "kl", evaluation_curve(arm, scene.start(arm), raw(KL), x)) for arm in scene.drawn()
        ),
        caption="KL of the policy to the start model on the policy's own samples, exact over the vocabulary at each token, "
        f"summed over the response with its end of sequence. {scene.closing()}",
    )


def _win_panel(scene: _Scene) -> PanelSpec:
    judge, baseline = scene.judge, scene.baseline
    trained = [arm for arm in scene.arms if not arm.is_reference and (baseline or scene.start(arm))]
    curves = [scene.series(arm, "win", win_curve(arm, scene.start(arm), scene.x, baseline)) for arm in trained]
    rival = f"{shown_name(baseline.name)}'s last checkpoint" if baseline else "the start model"
    return PanelSpec(
        title=PANELS["win"],
        subtitle=f"against {_rival(baseline)}, by {judge}",
        x=X_AXES[scene.x],
        y=Axis(label="win rate", unit="%"),
        series=_shown(curves),
        lines=(ReferenceLine(axis="y", value=50.0, label="50 %"),),
        caption=f"Share of test prompts on which {judge} scores the arm's response above that of {rival}; ties count one "
        f"half, responses without a score are left out. {scene.closing()}",
    )


def _rival(baseline: Arm | None) -> str:
    return shown_name(baseline.name) if baseline else "the start model"


def _metric_panel(scene: _Scene, name: str) -> PanelSpec:
    metric = describe(name)
    curves = []
    for arm in scene.drawn():
        curve = training_curve((*arm.tracks, *arm.waiting), name, scene.x)
        curves.append(scene.series(arm, "metric", curve))
    return PanelSpec(
        title=metric.label,
        subtitle=f"{name}, while training",
        x=X_AXES[scene.x],
        y=Axis(label=metric.label, unit=metric.unit),
        series=_shown(curves),
        caption=f"{metric.meaning} As logged while training, mean over seeds. {scene.closing()}",
    )


_BUILDERS: dict[str, Callable[[_Scene], PanelSpec]] = {
    "reward": _reward_panel,
    "kl": _kl_panel,
    "win": _win_panel,
    "frontier": lambda scene: frontier_panel(scene.ground()),
    "overoptimisation": lambda scene: overoptimisation_panel(scene.ground()),
    "kl_profile": lambda scene: kl_profile_panel(scene.ground()),
    "best_of_n": lambda scene: best_of_n_panel(scene.ground()),
}


def _sentence(words: str) -> str:
    return f"{words}." if words else ""


def _series(arm: Arm, role: Role, curve: Curve, smoothing: float, most_points: int | None) -> Series:
    drawn = smooth_curve(curve, smoothing)
    if most_points is not None and len(curve) > most_points and not curve.steps:
        # By what was measured: what is smooth has no peaks to lose.
        kept, is_smoothed = extremes(curve.y, most_points), drawn is not curve
        curve, smoothed = thin_curve(curve, kept), thin_curve(drawn, kept)
        drawn = smoothed if is_smoothed else curve
    band = curve if curve.steps else drawn  # what was measured of a checkpoint stays where it was
    return Series(
        name=f"{arm.name}, {role}" if role in ("gold", "proxy") else arm.name,
        arm=arm.name,
        index=arm.place,
        role=role,
        x=tuple(curve.x.tolist()),
        y=tuple(drawn.y.tolist()),
        low=tuple(band.low.tolist()),
        high=tuple(band.high.tolist()),
        raw=tuple(curve.y.tolist()) if drawn is not curve else (),
        steps=curve.steps,
    )


def _shown(series: Iterable[Series]) -> tuple[Series, ...]:
    return tuple(item for item in series if item.x)
