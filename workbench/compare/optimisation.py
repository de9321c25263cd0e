"""Over-optimisation in figures: KL as measured, where gold turns, who dominates whom, and best of n beside the trained arms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm
from workbench.compare.best_of_n import kl_bound
from workbench.compare.curves import aligned_points, start_track
from workbench.compare.frontier import dominance
from workbench.compare.sampled import Sampled, scale_of
from workbench.compare.samples import Keys, stack
from workbench.compare.scaling import Fitted, Form, Points, fit
from workbench.compare.statistics import FloatArray, known_mean, mean_interval
from workbench.compare.tracks import Point, Track
from workbench.domain.estimates import Estimate
from workbench.domain.samples import GOLD, KL, KL_K1, KL_K3, N_TOKENS, PROXY

MOST_ROADS = 8  # arms that are counted against each other: their pairs grow as the square
_NO_DOMINANCE = (
    f"Checkpoints above another arm's frontier are counted for 2 to {MOST_ROADS} arms that answered the same prompts and "
    "whose start model was evaluated."
)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KlFigures(_Frozen):
    """The KL of one checkpoint to the start model, on the policy's own samples; nats per response."""

    arm: str
    index: int
    steps: tuple[int, ...] = Field(description="The checkpoint's step in every seed.")
    kl: Estimate = Field(description="Exact over the vocabulary at each token; the interval of the comparison.")
    se: float = Field(description="Its standard error over all responses of all seeds.")
    k1: float | None = Field(description="log p - log q of the sampled tokens: right on average, of either sign.")
    k1_se: float | None
    k3: float | None = Field(description="rho - 1 - log rho: right on average, never negative.")
    k3_se: float | None
    per_token: float | None = Field(description="KL of all responses over their tokens.")

    @property
    def dips(self) -> bool:
        """Says whether k1 came out negative, which a KL never is: its noise did that."""
        return self.k1 is not None and self.k1 < 0 and self.k1_se is not None and self.k1_se > 0


class TurningPoint(_Frozen):
    """Gao's form fitted to an arm's gold scores (2210.10760, Eq. 1), or why it is not shown."""

    arm: str
    index: int
    form: Form
    why_not: str = Field("", description="Why no form is shown; empty where one is.")
    alpha: Estimate | None = None
    beta: Estimate | None = None
    kl: Estimate | None = Field(None, description="Where gold is highest, in nats; of best of n the bound.")
    height: Estimate | None = Field(None, description="Gold there, above the start model in its standard deviations.")
    is_measured: bool = Field(
        False, description="The turn lies within the KL that was reached; else it is extrapolated."
    )
    reached: float = Field(0.0, description="The largest KL that was measured, in nats.")
    n_points: int = 0


class Dominance(_Frozen):
    """How many checkpoints of an arm lie above another's frontier (2305.18290, Fig. 2); `above.n` are all of them."""

    row: str
    column: str
    above: Estimate


class BestOfNFigures(_Frozen):
    """What choosing the best of n by the reward model comes to; scores above the start model's, in their own units."""

    name: str
    index: int
    runs: tuple[str, ...]
    n: int
    kl_bound: float = Field(description="log n - (n - 1) / n nats: no more than this is paid.")
    gold: Estimate | None
    proxy: Estimate | None


class Optimisation(_Frozen):
    """What optimising a proxy did, in figures."""

    kl: tuple[KlFigures, ...] = ()
    turning_points: tuple[TurningPoint, ...] = ()
    dominance: tuple[Dominance, ...] = ()
    no_dominance: str = Field("", description="Why nobody was counted above anybody's frontier; empty where it was.")
    best_of_n: tuple[BestOfNFigures, ...] = ()
    notes: tuple[str, ...] = ()


def examine(arms: Sequence[Arm], starts: Mapping[str, Arm], sampled: Sequence[Sampled]) -> Optimisation:
    """Returns the figures of the arms that are shown.

    Args:
        arms: with evaluated checkpoints.
        starts: the start models, by what they are.
        sampled: best of n from them.
    """
    trained = [arm for arm in arms if not arm.is_reference]
    kl = tuple(row for arm in trained for row in _kl_figures(arm, starts.get(arm.start)))
    above = tuple(_dominance(trained, starts, sampled))
    return Optimisation(
        kl=kl,
        turning_points=(
            *(
                _turning_point(arm.name, arm.place, "rl", learning_points(arm, starts.get(arm.start)))
                for arm in trained
            ),
            *(_turning_point(one.name, one.index, "bon", sampled_points(one)) for one in sampled),
        ),
        dominance=above,
        no_dominance="" if above else _NO_DOMINANCE,
        best_of_n=tuple(row for one in sampled for row in _best_of_n(one)),
        notes=tuple(_dips(kl)),
    )


def _kl_figures(arm: Arm, start: Arm | None) -> Iterable[KlFigures]:
    for row in aligned_points(arm, start):
        points = [point for point, _ in row]
        estimate = mean_interval(stack([point.samples.by_prompt(point.samples.column(KL)) for point in points])[1])
        if estimate is None or all(point.step == 0 for point in points):
            continue
        kl, k1, k3, tokens = (_joined(points, name) for name in (KL, KL_K1, KL_K3, N_TOKENS))
        n_tokens = float(np.nansum(tokens))
        yield KlFigures(
            arm=arm.name,
            index=arm.place,
            steps=tuple(point.step for point in points),
            kl=estimate,
            se=_standard_error(kl) or 0.0,
            k1=_mean(k1),
            k1_se=_standard_error(k1),
            k3=_mean(k3),
            k3_se=_standard_error(k3),
            per_token=float(np.nansum(kl)) / n_tokens if n_tokens else None,
        )


def _dips(rows: Iterable[KlFigures]) -> Iterable[str]:
    for row in (row for row in rows if row.dips):
        yield (
            f"k1 of {row.arm} at step {row.steps[0]:,} came out as {row.k1:.3f} (standard error {row.k1_se:.3f}) by chance: it "
            f"is right on average and of either sign; a KL is never negative, and the exact one there is {row.kl.mean:.3f}."
        )


def learning_points(arm: Arm, start: Arm | None, column: str = GOLD) -> list[Points]:
    """Returns what each seed of an arm measured, on the prompts that all its checkpoints have scores of.

    Scores are above the start model's on the same prompt, in the standard deviations of its scores under the same seed.
    """
    found = []
    for track in arm.tracks:
        begin = start_track(track, start)
        if begin is None or not track.points:
            return []
        names, y, kl = _by_checkpoint(track, begin.last, column)
        if len(names) < 2:
            return []
        found.append((names, y, kl))
    shared = _shared([names for names, _, _ in found])
    seeds = []
    for names, y, kl in found:
        if names is not shared:
            at = np.searchsorted(names, shared)
            y, kl = y[:, at], kl[:, at]  # noqa: PLW2901  (the usual case has nothing to leave out)
        seeds.append(Points(np.sqrt(np.maximum(kl.mean(axis=1), 0.0)), y, kl))
    return seeds if len(shared) > 1 else []


def _by_checkpoint(track: Track, begin: Point, column: str) -> tuple[Keys, FloatArray, FloatArray]:
    """Returns the prompts [p], the scores and the KL [j x p] of a seed's checkpoints."""
    points = [begin, *track.points]
    keys, scores = stack([point.samples.by_prompt(point.samples.column(column)) for point in points])
    others, kl = stack([point.samples.by_prompt(point.samples.column(KL)) for point in track.points])
    sd = scale_of(begin.samples, column)[1]
    known = ~np.isnan(scores).any(axis=0)
    if others is not keys:  # the same ones in the usual case
        kl = kl[:, np.searchsorted(others, keys).clip(max=len(others) - 1)]
        known &= np.isin(keys, others)
    known &= ~np.isnan(kl).any(axis=0)
    names = keys if known.all() else keys[known]
    return names, (scores[1:, known] - scores[0, known]) / sd, kl[:, known]


def sampled_points(sampled: Sampled) -> list[Points]:
    """Returns what each seed of best of n comes to, at the root of the KL's bound."""
    ns = [n for n in sampled.sizes if n > 1]
    if not sampled.has(GOLD):
        return []
    gains = [sampled.gain(GOLD, n) for n in ns]  # [s x p] each
    known = ~np.isnan(np.stack(gains)).any(axis=(0, 1))
    if known.sum() < 2:
        return []
    d = np.sqrt([kl_bound(n) for n in ns])
    return [
        Points(d, np.stack([gain[s, known] for gain in gains]) / sampled.scale(GOLD, seed)[1])
        for s, seed in enumerate(sampled.seeds)
    ]


def _turning_point(name: str, index: int, form: Form, seeds: Sequence[Points]) -> TurningPoint:
    about = {"arm": name, "index": index, "form": form}
    found: Fitted | str = fit(form, seeds) if seeds else "Its start model or its scores by this judge are missing."
    if isinstance(found, str):
        return TurningPoint(**about, why_not=found)
    peak = found.peak
    return TurningPoint(
        **about,
        alpha=found.alpha,
        beta=found.beta,
        kl=Estimate(mean=peak.mean**2, low=peak.low**2, high=peak.high**2, n=peak.n),
        height=found.height,
        reached=found.farthest**2,
        is_measured=peak.mean <= found.farthest,
        n_points=found.n_points,
    )


@dataclass(frozen=True)
class _Road:
    """Cost [j] and gold [j x p] of an arm's points, the start model first."""

    name: str
    keys: Keys
    x: FloatArray
    y: FloatArray


def _dominance(trained: Sequence[Arm], starts: Mapping[str, Arm], sampled: Sequence[Sampled]) -> Iterable[Dominance]:
    roads = [road for arm in trained if (road := _arm_road(arm, starts.get(arm.start))) is not None]
    roads += [road for one in sampled if (road := _sampled_road(one)) is not None]
    roads = roads if len(roads) <= MOST_ROADS else []
    for ours in roads:
        for theirs in roads:
            shared = np.intersect1d(ours.keys, theirs.keys, assume_unique=True)
            if ours is theirs or len(shared) < 2:
                continue
            mine, other = (road.y[:, np.searchsorted(road.keys, shared)] for road in (ours, theirs))
            above = dominance((ours.x[1:], mine[1:]), (theirs.x, other))
            yield Dominance(row=ours.name, column=theirs.name, above=above)


def road_points(arm: Arm, start: Arm | None, column: str = GOLD) -> tuple[Keys, FloatArray, FloatArray] | None:
    """Returns prompts [p], KL [j] and mean scores over seeds [j x p] of an arm's checkpoints, the start model first."""
    rows = aligned_points(arm, start)
    if not rows or not _is_start(rows[0]):
        return None
    means = [_mean_of_seeds(row, column) for row in rows]
    keys, y = stack(means)
    x = np.array([float(np.nanmean(_joined([point for point, _ in row], KL))) for row in rows])
    known = ~np.isnan(y).any(axis=0)
    return (keys[known], x, y[:, known]) if known.sum() > 1 and np.isfinite(x).all() else None


def _is_start(row: Sequence[tuple[Point, Track]]) -> bool:
    """Says whether a row of aligned points is the start model's."""
    return all(point.step == 0 for point, _ in row)


def _arm_road(arm: Arm, start: Arm | None) -> _Road | None:
    found = road_points(arm, start)
    return _Road(arm.name, *found) if found is not None else None


def _sampled_road(sampled: Sampled) -> _Road | None:
    if not sampled.has(GOLD):
        return None
    rows = [stack([(seed.keys, seed.scores(GOLD, n)) for seed in sampled.seeds]) for n in sampled.sizes]
    y = np.stack([table.mean(axis=0) for _, table in rows])
    known = ~np.isnan(y).any(axis=0)
    return _Road(sampled.name, rows[0][0][known], np.array([kl_bound(n) for n in sampled.sizes]), y[:, known])


def _best_of_n(sampled: Sampled) -> Iterable[BestOfNFigures]:
    for n in sampled.sizes:
        gold, proxy = (
            mean_interval(sampled.gain(column, n)) if sampled.has(column) else None for column in (GOLD, PROXY)
        )
        yield BestOfNFigures(
            name=sampled.name,
            index=sampled.index,
            runs=tuple(seed.job.id for seed in sampled.seeds),
            n=n,
            kl_bound=kl_bound(n),
            gold=gold,
            proxy=proxy,
        )


def _mean_of_seeds(row: Sequence[tuple[Point, Track]], column: str) -> tuple[Keys, FloatArray]:
    keys, table = stack([point.samples.by_prompt(point.samples.column(column)) for point, _ in row])
    return keys, table.mean(axis=0)


def _shared(keys: Sequence[Keys]) -> Keys:
    shared = keys[0] if keys else np.empty(0, "U1")
    for names in (names for names in keys[1:] if names is not shared):
        shared = np.intersect1d(shared, names, assume_unique=True)
    return shared


def _joined(points: Sequence[Point], name: str) -> FloatArray:
    return np.concatenate([point.samples.column(name) for point in points])


def _mean(values: FloatArray) -> float | None:
    mean = known_mean(values)
    return mean if not np.isnan(mean) else None


def _standard_error(values: FloatArray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else None
