"""What each run took, counted alike: examples, tokens, operations, time and memory."""

from collections.abc import Iterator, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm
from workbench.compare.curves import start_track
from workbench.compare.log_cache import kept_columns
from workbench.compare.log_table import Spent
from workbench.compare.model_sizes import ModelSizes
from workbench.compare.operations import Weights, Work, operations, passes
from workbench.compare.run_use import read_use
from workbench.compare.tracks import Track
from workbench.data.judge_names import reward_models_of
from workbench.domain.recipes import RewardRecipe, TrainingRecipe
from workbench.domain.records import Job
from workbench.domain.samples import N_TOKENS
from workbench.storage.project import Project


class Amounts(BaseModel):
    """What something took; None where the logs do not say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompts: float | None = Field(
        None, description="Prompts answered to learn from or to scale a reward model's scores."
    )
    pairs: float | None = Field(None, description="Preference pairs trained on, every epoch counted.")
    tokens_trained: float | None = Field(
        None, description="Tokens that went through training steps, every epoch and every PPO epoch counted."
    )
    tokens_generated: float | None = Field(None, description="Tokens that were sampled to learn from.")
    flops: float | None = Field(None, description="Floating point operations: 6 N a token trained, 2 N a token read.")
    wall_s: float | None = Field(
        None, description="Seconds from start to end, one stage after another; time in the queue and pauses left out."
    )
    device_s: float | None = Field(None, description="Seconds that devices were held, each counted, over all runs.")
    memory_mib: float | None = Field(
        None, description="MiB at most: what torch held on a GPU, else the process's resident memory."
    )


class Ledger:
    """Counts what runs took.

    Args:
        project: whose runs.
        arms: those compared; the answers of start models say how long samples of them are.
    """

    def __init__(self, project: Project, arms: Sequence[Arm]) -> None:
        self._project = project
        self._starts = {arm.start: arm for arm in arms if arm.is_reference}
        tracks = [track for arm in arms for track in arm.tracks]
        jobs = [stage.job for track in tracks for stage in track.stages] + [track.run for track in tracks if track.run]
        self._jobs = {job.id: job for job in jobs}
        self._sizes = ModelSizes(project, self._jobs)

    def runs(self, arm: Arm, track: Track) -> Iterator[tuple[Job, Amounts]]:
        """Yields the runs of a track with what each took, its stages first, its own up to its last evaluated checkpoint."""
        for stage in track.stages:
            yield stage.job, self._amounts(arm, track, stage.job, stage.spent, None)
        if track.run is not None:
            yield track.run, self._amounts(arm, track, track.run, track.last.spent, track.last.step)

    def stage_flops(self, track: Track) -> float:
        """Returns the operations of the stages of a track; NaN where a model's size is not known."""
        return sum(self._flops(stage.job, stage.spent) for stage in track.stages)

    def own_flops(self, track: Track, spent: Spent) -> float:
        """Returns the operations of a track's own run when it had spent this; NaN where a model's size is not known."""
        return self._flops(track.run, spent) if track.run is not None else 0.0

    def _with_rewards(self, job: Job) -> Weights:
        """Returns the weights of a policy that is trained, and of the reward models that score what it writes."""
        names = reward_models_of(job, self._jobs) if job.method == "ppo" else ()
        sizes = [self._sizes.of(name) for name in names]
        return Weights(self._sizes.trained(job), sizes[0] if sizes else 0, sum(sizes[1:]))

    def _amounts(self, arm: Arm, track: Track, job: Job, spent: Spent, step: int | None) -> Amounts:
        use = read_use(self._project.run_folder(job.id), kept_columns(self._project, job.id))
        return Amounts(
            prompts=_known(_n_prompts(job, spent)),
            pairs=_known(spent.episodes if job.method in ("dpo", "reward") else 0.0),
            tokens_trained=_known(spent.tokens * passes(_recipe(job))),
            tokens_generated=_known(self._n_generated(arm, track, job, spent)),
            flops=_known(self._flops(job, spent)),
            wall_s=_known(use.seconds(step)),
            device_s=_known(use.device_seconds(step)),
            memory_mib=_known(use.memory_mib),
        )

    def _n_generated(self, arm: Arm, track: Track, job: Job, spent: Spent) -> float:
        if not (n_prompts := _n_prompts(job, spent)):
            return 0.0
        if job.method == "ppo":
            return n_prompts * track.length
        start = start_track(track, self._starts.get(arm.start))  # sampled as evaluation samples it
        return n_prompts * float(np.nanmean(start.last.samples.column(N_TOKENS))) if start else np.nan

    def _flops(self, job: Job, spent: Spent) -> float:
        recipe, inputs = _recipe(job), job.inputs
        if job.method == "reward":
            weights = Weights(self._sizes.of(inputs.reference or inputs.model), self._sizes.trained(job))
        else:
            weights = self._with_rewards(job)
        if not weights.policy or (not weights.reward and (job.method == "reward" or inputs.rewards)):
            return np.nan
        # What scales the scores is as long as a prompt with one of a pair's responses.
        sampled = (
            _n_prompts(job, spent) * spent.tokens / max(1.0, 2 * spent.episodes) if job.method == "reward" else 0.0
        )
        return operations(recipe, Work(spent.tokens, sampled), weights)


def _n_prompts(job: Job, spent: Spent) -> float:
    if isinstance(job.recipe, RewardRecipe):
        return float(job.recipe.normalize_samples) if job.recipe.normalize else 0.0
    return spent.episodes if job.method == "ppo" else 0.0


def _recipe(job: Job) -> TrainingRecipe:
    if not isinstance(job.recipe, TrainingRecipe):
        raise TypeError(f"a {job.method} run does not train")
    return job.recipe


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
