"""Every seed of every arm, those that collapsed or never came to be evaluated among them."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm
from workbench.compare.collapse import DIVERGED, Health, look_at, why_collapsed
from workbench.compare.curves import start_track
from workbench.compare.samples import Samples
from workbench.compare.statistics import mean_interval
from workbench.compare.tracks import Track
from workbench.domain.estimates import Estimate
from workbench.domain.samples import GOLD, KL, N_TOKENS, PROXY


class SeedResult(BaseModel):
    """One seed of an arm; figures with intervals over prompts, None where they were not measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    run: str | None = Field(description="The training run; None for the start model.")
    state: str = Field(description="How the training run stands: running, finished, stopped, paused, failed, vanished.")
    last_step: int | None = Field(None, description="The last evaluated checkpoint.")
    gold: Estimate | None = Field(None, description="Mean gold score there.")
    proxy: Estimate | None = Field(None, description="Mean score of the reward model there.")
    kl: Estimate | None = Field(None, description="KL to the start model there, nats per response.")
    length: Estimate | None = Field(None, description="Mean tokens of a response there.")
    best_step: int | None = Field(None, description="The checkpoint that validation prompts, or a half, chose.")
    best_gold: Estimate | None = Field(None, description="Mean gold score there, on prompts that chose nothing.")
    collapsed: tuple[str, ...] = Field((), description="Why it counts as collapsed; empty where it does not.")


class ArmSeeds(BaseModel):
    """All seeds of an arm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arm: str
    index: int = Field(description="The arm's place in the comparison; colours go by it.")
    seeds: tuple[SeedResult, ...]

    @property
    def n_collapsed(self) -> int:
        """How many of its seeds collapsed."""
        return sum(bool(seed.collapsed) for seed in self.seeds)

    @property
    def share(self) -> str:
        """Says how many collapsed: `1 of 4 (25 %)`."""
        share = 100 * self.n_collapsed / len(self.seeds) if self.seeds else 0
        return f"{self.n_collapsed} of {len(self.seeds)} ({share:.0f} %)"


def list_seeds(arms: Sequence[Arm], starts: Mapping[str, Arm]) -> tuple[ArmSeeds, ...]:
    """Returns every seed of every arm, evaluated or not.

    Args:
        arms: those compared.
        starts: the start models that were evaluated, by what they are.
    """
    return tuple(
        ArmSeeds(
            arm=arm.name,
            index=arm.place,
            seeds=tuple(
                _result(track, None if arm.is_reference else starts.get(arm.start))
                for track in sorted((*arm.tracks, *arm.waiting), key=lambda track: track.seed)
            ),
        )
        for arm in arms
    )


def told_collapsed(found: Sequence[ArmSeeds]) -> list[str]:
    """Returns a sentence for each arm with seeds that collapsed."""
    return [
        f"{arm.arm}: {arm.share} of its seeds collapsed: "
        + "; ".join(f"seed {seed.seed}, {', '.join(seed.collapsed)}" for seed in arm.seeds if seed.collapsed)
        + "."
        for arm in found
        if arm.n_collapsed
    ]


def _result(track: Track, start: Arm | None) -> SeedResult:
    about = {
        "seed": track.seed,
        "run": track.run.id if track.run else None,
        "state": track.outcome.state if track.outcome else "running",
        "collapsed": _why(track, start),
    }
    if not track.points:
        return SeedResult(**about)
    last, best = track.last, track.checkpoint("best")
    return SeedResult(
        **about,
        last_step=last.step,
        gold=_mean(last.samples, GOLD),
        proxy=_mean(last.samples, PROXY),
        kl=_mean(last.samples, KL),
        length=_mean(last.samples, N_TOKENS),
        best_step=best.step,
        best_gold=_mean(best.samples, GOLD),
    )


def _why(track: Track, start: Arm | None) -> tuple[str, ...]:
    if track.run is None:
        return ()
    code = track.outcome.code if track.outcome else ""
    diverged = (DIVERGED[code],) if code in DIVERGED else ()
    if not track.points:
        return diverged
    begin = start_track(track, start)
    return (*diverged, *why_collapsed(look_at(track.last.samples), _health(begin)))


def _health(start: Track | None) -> Health | None:
    return look_at(start.last.samples) if start is not None else None


def _mean(samples: Samples, column: str) -> Estimate | None:
    return mean_interval(samples.by_prompt(samples.column(column))[1][None, :])
