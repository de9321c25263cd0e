"""The panels of over-optimisation: scores over the root of the KL, the frontier, KL along the response, best of n."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.compare.arms import Arm
from workbench.compare.curves import Curve, evaluation_curve, raw, standardised
from workbench.compare.frontier import envelope_band, staircase, upper_envelope
from workbench.compare.kl_profile import kl_profile
from workbench.compare.naming import without_folders
from workbench.compare.optimisation import Optimisation, TurningPoint, road_points
from workbench.compare.sampled import Sampled
from workbench.compare.scaling import NEAREST, value
from workbench.compare.specs import ENVELOPE, Axis, PanelSpec, ReferenceLine, Role, Series, Span
from workbench.compare.statistics import FloatArray
from workbench.domain.experiments import START_MODEL, shown_name
from workbench.domain.samples import GOLD, PROXY, SCORE_PREFIX
from workbench.domain.views import PANELS

_CHOSEN: tuple[tuple[Role, str], ...] = (("gold", GOLD), ("proxy", PROXY))
_N_FIT = 60  # points of a fitted curve
_BOUND = "best of n stands at the most KL that choosing has, log n - (n - 1)/n (bound)"


@dataclass(frozen=True)
class Ground:
    """What these panels are drawn from.

    Attributes:
        arms: that have a curve.
        starts: the start models, by what they are.
        sampled: best of n that is shown.
        figures: what was worked out of them.
        judge: the name of the judge that decides.
        score: what its scores are called: gold, or its own name.
        interval: what the intervals are over, in words.
        over_kl: the x-axis is the KL itself and not its root.
        further: samples of the last checkpoints from other evaluations, by the arms' own.
    """

    arms: Sequence[Arm]
    starts: Mapping[str, Arm]
    sampled: Sequence[Sampled]
    figures: Optimisation
    judge: str
    score: str
    interval: str
    over_kl: bool
    further: Mapping[str, Sequence[Path]]

    def start(self, arm: Arm) -> Arm | None:
        return self.starts.get(arm.start)

    @property
    def columns(self) -> tuple[tuple[Role, str], ...]:
        """The judge's scores and the proxy's; once where the proxy is the judge."""
        return _CHOSEN[:1] if self.score == PROXY else _CHOSEN

    @property
    def roles(self) -> str:
        """How the two are told apart, in words."""
        return f"solid: {self.score}, dashed: proxy" if len(self.columns) > 1 else f"solid: {self.score}"

    @property
    def judged(self) -> str:
        """The judge's scores, in words."""
        return f"gold, by {self.judge}" if self.score == GOLD else f"by {self.judge}"

    @property
    def it(self) -> str:
        """The judge's scores, in a sentence that has named the judge."""
        return "gold" if self.score == GOLD else "this score"

    @property
    def dashed(self) -> str:
        """A sentence of a caption about the proxy."""
        return " Dashed: proxy, the reward model that was trained on the preferences." if len(self.columns) > 1 else ""


def reward_label(score: str) -> str:
    """Returns what an axis of a judge's raw scores says."""
    return "gold reward" if score == GOLD else f"score by {score}"


def overoptimisation_panel(ground: Ground) -> PanelSpec:
    """Returns proxy, gold and held-out scores in the start model's standard deviations, with Gao's forms where they fit."""
    held_out = _held_out(ground.arms)
    columns = [*ground.columns]
    columns += [("held_out", name) for name in held_out]
    series = []
    for arm in (arm for arm in ground.arms if (start := ground.start(arm)) is not None and start.tracks):
        for role, column in columns:
            curve = evaluation_curve(arm, ground.start(arm), standardised(column, ground.starts[arm.start]), "kl")
            series.append(_series(ground, (arm.name, arm.place), role, _placed(ground, curve), column))
    for one in ground.sampled:
        for role, column in columns:
            series.append(
                _series(
                    ground, (one.name, one.index), role, _placed(ground, one.curve(column, standardised=True)), column
                )
            )
    turns = {turn.arm: turn for turn in ground.figures.turning_points if not turn.why_not}
    series += [_fitted(ground, turn) for turn in turns.values()]
    dotted = f" Dotted: held out, {', '.join(_judge_name(name) for name in held_out)}." if held_out else ""
    return PanelSpec(
        title=PANELS["overoptimisation"],
        subtitle=f"{ground.roles}, dotted: held out" if held_out else ground.roles,
        x=_kl_axis(ground),
        y=Axis(label="score", unit="s.d."),
        series=_shown(series),
        lines=(ReferenceLine(axis="y", value=0.0, label=START_MODEL),),
        spans=tuple(_span(ground, turn) for turn in turns.values()),
        caption=f"Solid: {ground.judged}.{ground.dashed}{dotted} All less the start model's mean, in standard deviations of its "
        f"scores. Thin: Gao's form (2210.10760) fitted to {ground.it}, drawn only where it fits; the "
        f"band across is where it turns. {_fits(ground)}{_bound(ground)}{ground.interval}.",
    )


def frontier_panel(ground: Ground) -> PanelSpec:
    """Returns gold over measured KL, with the most that was reached within each KL."""
    points = [
        _series(ground, (arm.name, arm.place), "point", evaluation_curve(arm, ground.start(arm), raw(GOLD), "kl"), GOLD)
        for arm in ground.arms
    ]
    sampled = [
        _series(ground, (one.name, one.index), "point", one.curve(GOLD, standardised=False), GOLD)
        for one in ground.sampled
    ]
    means = [
        (shown_name(arm.name), [track.last.mean_gold for track in arm.tracks])
        for arm in ground.starts.values()
        if arm.tracks
    ]
    return PanelSpec(
        title=PANELS["frontier"],
        subtitle=f"every checkpoint, {ground.judged}",
        x=Axis(label="KL to the start model", unit="nats"),
        y=Axis(label=reward_label(ground.score)),
        series=_shown([*points, *sampled, _envelope(ground, points)]),
        lines=tuple(
            ReferenceLine(axis="y", value=float(np.mean(gold)), label=name)
            for name, gold in means
            if np.isfinite(np.mean(gold))
        ),
        caption=f"Mean score, {ground.judged}, against measured KL, one mark a checkpoint, joined in the order of training. "
        f"Grey: the most of {ground.it} that any checkpoint shown reached within that KL, chosen on the same prompts and so a "
        f"little too good; its band is over prompts drawn again. {_bound(ground)}{ground.interval}.",
    )


def kl_profile_panel(ground: Ground) -> PanelSpec:
    """Returns the mean KL at each position of the responses of every arm's last checkpoint."""
    series, without = [], []
    for arm in (arm for arm in ground.arms if not arm.is_reference):
        profile = kl_profile(arm, ground.further)
        if profile is None:
            without.append(arm.name)
            continue
        x = np.arange(1, len(profile.mean) + 1, dtype=np.float64)
        curve = Curve(x, profile.mean, profile.low, profile.high)
        made = _series(ground, (arm.name, arm.place), "profile", curve, "")
        series.append(made.model_copy(update={"counts": tuple(int(n) for n in profile.going)}))
    lacking = ""
    if without:
        lacking = (
            f" Not kept when it was evaluated: {', '.join(without)}; `workbench evaluate RUN --checkpoints last` "
            "measures it."
        )
    return PanelSpec(
        title=PANELS["kl_profile"],
        subtitle="last checkpoints" if series else "not kept by these evaluations",
        x=Axis(label="position in the response", unit="tokens"),
        y=Axis(label="KL", unit="nats per token"),
        series=_shown(series),
        lines=(ReferenceLine(axis="y", value=0.0, label=START_MODEL),) if series else (),
        caption="Mean KL to the start model at each token of the policy's own samples, exact over the vocabulary, over the "
        "responses that still go on there; drawn as far as 8 of each seed do. How many go on is read out with it."
        f"{lacking} {ground.interval}.",
    )


def best_of_n_panel(ground: Ground) -> PanelSpec:
    """Returns what choosing the best of n comes to, over n."""
    series = []
    for one in ground.sampled:
        for role, column in ground.columns:
            curve = one.curve(column, standardised=True)
            n = np.array(one.sizes, dtype=np.float64)[: len(curve)]
            drawn = Curve(n, curve.y, curve.low, curve.high)
            series.append(_series(ground, (one.name, one.index), role, drawn, column))
    prompts = max((len(seed.keys) for one in ground.sampled for seed in one.seeds), default=0)
    seeds = max((len(one.seeds) for one in ground.sampled), default=0)
    intervals = f"95 % intervals over {prompts} prompts and {seeds} seeds."
    if not series:
        intervals = "Not sampled yet: `workbench best-of-n PROJECT` does, as the button under Over-optimisation below."
    return PanelSpec(
        title=PANELS["best_of_n"],
        subtitle="no training: the reward model chooses" if series else "not sampled yet",
        x=Axis(label="n", unit="responses to choose from"),
        y=Axis(label="score", unit="s.d."),
        series=_shown(series),
        lines=(ReferenceLine(axis="y", value=0.0, label=START_MODEL),) if series else (),
        caption=f"{ground.roles[0].upper()}{ground.roles[1:]}, of the response that the reward model likes best of n "
        "samples of the start model, above a single sample, in standard deviations of the start model's scores. Every n is "
        "estimated from the same "
        f"samples, over all subsets (2112.09332). {intervals}",
    )


def _held_out(arms: Sequence[Arm]) -> list[str]:
    """Returns the columns of the judges after the gold one that scored every arm."""
    scored = [set(track.last.samples.numbers) for arm in arms for track in arm.tracks]
    return sorted(name for name in set.intersection(*scored) if name.startswith(SCORE_PREFIX)) if scored else []


def _judge_name(column: str) -> str:
    return without_folders(column.removeprefix(SCORE_PREFIX))


def _kl_axis(ground: Ground) -> Axis:
    return Axis(label="KL to the start model", unit="nats") if ground.over_kl else Axis(label="√KL", unit="√nats")


def _at(ground: Ground) -> Callable[[FloatArray], FloatArray]:
    return (lambda kl: kl) if ground.over_kl else (lambda kl: np.sqrt(np.maximum(kl, 0.0)))


def _placed(ground: Ground, curve: Curve) -> Curve:
    return Curve(_at(ground)(curve.x), curve.y, curve.low, curve.high, curve.n, curve.steps)


def _fitted(ground: Ground, turn: TurningPoint) -> Series:
    assert turn.alpha is not None
    assert turn.beta is not None
    assert turn.kl is not None
    d = np.linspace(NEAREST if turn.form == "rl" else 0.0, max(turn.reached, 1.1 * turn.kl.mean) ** 0.5, _N_FIT)
    y = value(turn.form, turn.alpha.mean, turn.beta.mean, d)
    return _series(ground, (turn.arm, turn.index), "fit", Curve(_at(ground)(d * d), y, y, y), GOLD)


def _span(ground: Ground, turn: TurningPoint) -> Span:
    assert turn.kl is not None
    low, middle, high = (float(_at(ground)(np.array(at))) for at in (turn.kl.low, turn.kl.mean, turn.kl.high))
    words = "turns" if turn.is_measured else "would turn (extrapolated)"
    return Span(arm=turn.arm, index=turn.index, at=middle, low=low, high=high, label=words)


def _fits(ground: Ground) -> str:
    told = []
    for turn in ground.figures.turning_points:
        if turn.kl is not None:
            where = "turns" if turn.is_measured else "would turn, beyond what was measured,"
            told.append(f"{turn.arm} {where} at {turn.kl.mean:.3g} nats ({turn.kl.low:.3g} to {turn.kl.high:.3g}).")
    lacking = [turn.arm for turn in ground.figures.turning_points if turn.why_not]
    if lacking:
        told.append(f"No form is shown for {', '.join(lacking)}.")
    return f"{' '.join(told)} " if told else ""


def _bound(ground: Ground) -> str:
    return f"{_BOUND[0].upper()}{_BOUND[1:]}. " if ground.sampled else ""


def _envelope(ground: Ground, points: Sequence[Series]) -> Series:
    x, y = (np.array([value for one in points for value in getattr(one, name)]) for name in ("x", "y"))
    best = upper_envelope(x, y)
    half_low, half_high = _envelope_halves(ground, x[best])
    xs, ys = (tuple(values.tolist()) for values in staircase(x[best], y[best]))
    low = tuple(staircase(x[best], y[best] - half_low)[1].tolist())
    high = tuple(staircase(x[best], y[best] + half_high)[1].tolist())
    return Series(name=ENVELOPE, arm=ENVELOPE, index=0, role="envelope", x=xs, y=ys, low=low, high=high)


def _envelope_halves(ground: Ground, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns how far the envelope's interval reaches below and above it at each x, over the prompts that all arms share."""
    roads = [road for arm in ground.arms if (road := road_points(arm, ground.start(arm))) is not None]
    shared = roads[0][0] if roads else np.empty(0, "U1")
    for keys, _, _ in roads[1:]:
        shared = np.intersect1d(shared, keys, assume_unique=True)
    if len(shared) < 2 or not len(at):
        return np.zeros(len(at)), np.zeros(len(at))
    x = np.concatenate([costs for _, costs, _ in roads])
    y = np.concatenate([gold[:, np.searchsorted(keys, shared)] for keys, _, gold in roads])
    line, low, high = envelope_band(x, y, np.maximum(at, x.min()))
    return np.maximum(line - low, 0.0), np.maximum(high - line, 0.0)


def _series(ground: Ground, arm: tuple[str, int], role: Role, curve: Curve, column: str) -> Series:
    name, index = arm
    words: dict[Role, str] = {
        "gold": f", {ground.score}",
        "proxy": ", proxy",
        "held_out": f", {_judge_name(column)}",
        "fit": ", Gao's form",
    }
    return Series(
        name=f"{name}{words.get(role, '')}",
        arm=name,
        index=index,
        role=role,
        x=tuple(curve.x.tolist()),
        y=tuple(curve.y.tolist()),
        low=tuple(curve.low.tolist()),
        high=tuple(curve.high.tolist()),
        steps=curve.steps,
    )


def _shown(series: Iterable[Series]) -> tuple[Series, ...]:
    return tuple(item for item in series if item.x)
