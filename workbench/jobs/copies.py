"""A run once more: under another seed, with all that was trained for its seed alone, or with other settings."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.domain.errors import BadInput
from workbench.domain.methods import TRAINING
from workbench.domain.recipes import EvaluateRecipe, PpoRecipe
from workbench.domain.records import Inputs, Job
from workbench.domain.settings import Settings
from workbench.jobs.drafts import result_hash, run_id
from workbench.jobs.plan import OTHER_SEED, REFERENCE
from workbench.jobs.versions import resolved_versions
from workbench.storage.project import Project
from workbench.storage.sources import RUN_PREFIX, parse_run_name, run_of

_MODELS = ("model", "reference", "reward", "heldout")
_STAGES = ("sft", "reward")
_OFFSETS = {place * OTHER_SEED % 2**31 for place in range(33)}  # from an arm's seed to those of its reward models
_OF_THE_EXPERIMENT = ("rewards", "reward_models")  # settings that decide which reward models there must be
_LONGEST_NAME = 60  # as an arm's


@dataclass(frozen=True)
class Copy:
    """What makes up the copy of a run.

    Attributes:
        run: the copy itself.
        jobs: it and all that goes with it, each after those that it needs.
        originals: the run that each of them is a copy of, by the copy's id.
        changes: what is different but the seed, as `beta=0.3`; empty where nothing is.
    """

    run: Job
    jobs: list[Job]
    originals: dict[str, str]
    changes: str


def plan_copy(
    project: Project, source: Job, seed: int | None = None, settings: Mapping[str, Any] | None = None
) -> Copy:
    """Plans a run once more; equal runs that the project has take the place of new ones.

    A copy under another seed has a start and a reward model of that seed, where the source has some of its own, and is
    evaluated as the source is; the start model is evaluated under that seed too.

    Args:
        project: whose run.
        source: a training run, or an evaluation, which stands for the run that it evaluates.
        seed: of the copy; None for the next one that is free, or the source's where settings are given.
        settings: those of its recipe that are to be different.

    Raises:
        BadSetting: a setting is unknown or out of bounds.
        BadInput: the copy would be the same run; or there is nothing to train.
    """
    jobs = {job.id: job for job in project.jobs()}
    source = jobs.get(run_of(source.inputs.model) or "", source) if source.method == "evaluate" else source
    if source.method not in TRAINING:
        raise BadInput(f"Run `{source.id}` trains nothing.", "Duplicate a training run; its evaluation comes along.")
    if fixed := next((name for name in _OF_THE_EXPERIMENT if name in (settings or {})), None):
        raise BadInput(
            f"A copy of a run has the reward models of the run: `{fixed}` cannot be another.",
            "Add an arm to the experiment and run it: what is trained already is found.",
        )
    recipe = type(source.recipe).read(source.recipe.model_dump() | dict(settings or {}), where=f"run `{source.id}`")
    if seed is None:
        seed = source.seed if settings else _next_seed(source, jobs)
    copier = _Copier(jobs, source, seed, recipe)
    copy = copier.all()
    if copy.run.content_hash == source.content_hash:
        raise BadInput(f"The copy would be the run `{source.id}` itself.", "Choose another seed or another setting.")
    return copy


def _next_seed(source: Job, jobs: Mapping[str, Job]) -> int:
    alike = [job.seed for job in jobs.values() if job.method == source.method and job.recipe == source.recipe]
    return max(alike) + 1


class _Copier:
    """Copies one run and what goes with it, each once."""

    def __init__(self, jobs: Mapping[str, Job], source: Job, seed: int, recipe: Settings) -> None:
        self._jobs = jobs
        self._source, self._seed, self._recipe = source, seed, recipe
        self._by_content = {job.content_hash: job for job in jobs.values()}
        self._made: dict[str, Job] = {}  # by the id of what was copied, in the order of the work
        self._created = time.time()

    def all(self) -> Copy:
        """Returns everything that the copy consists of."""
        if self._seed != self._source.seed and (start := self._start_evaluation()) is not None:
            self.copied(start)
        run = self.copied(self._source)
        evaluations = [job for job in self._evaluations() if run_of(job.inputs.model) == self._source.id]
        if evaluations:
            self.copied(evaluations[-1])
        originals = {copy.id: original for original, copy in self._made.items()}
        return Copy(run, list({job.id: job for job in self._made.values()}.values()), originals, self._changes())

    def copied(self, job: Job) -> Job:
        """Returns the copy of a run; of one that does not depend on what is different, the run itself."""
        if job.id not in self._made:
            made = self._copy(job)
            self._made[job.id] = made
        return self._made[job.id]

    def _copy(self, job: Job) -> Job:
        inputs, hashes = dict(job.inputs), dict(job.input_hashes)
        needs = [self._needed(need) for need in job.needs]
        for role in _MODELS:
            if (name := inputs[role]) and (needed := run_of(name)) in self._jobs:
                step = parse_run_name(name)[1]
                copy = self._needed(needed)
                inputs[role] = f"{RUN_PREFIX}{copy.id}" + (f"@{step}" if step is not None else "")
                hashes[role] = f"{copy.content_hash}@{step or 'last'}"
        is_source = job.id == self._source.id
        for place, name in enumerate(inputs["more_rewards"]):
            copy = self._needed(run_of(name))
            inputs["more_rewards"] = tuple(
                f"{RUN_PREFIX}{copy.id}" if i == place else other for i, other in enumerate(inputs["more_rewards"])
            )
            hashes[f"more_rewards {place}"] = f"{copy.content_hash}@last"
        recipe = self._recipe if is_source else self._rewarded_alike(job)
        seed = self._seed_of(job)
        content_hash = result_hash(job.method, recipe, seed, job.budget, hashes)
        if (existing := self._by_content.get(content_hash)) is not None:
            return existing
        changed = is_source or run_of(job.inputs.model) == self._source.id
        name = with_changes(job.name, self._changes()) if changed else job.name
        self._created += 1e-3  # lists show runs in the order in which they were planned
        return job.model_copy(update={
            "id": run_id(name, job.method, seed, content_hash), "name": name, "arm": job.arm and name,
            "seed": seed, "recipe": recipe, "inputs": Inputs.model_validate(inputs),
            "needs": tuple(need.id for need in needs), "input_hashes": hashes, "content_hash": content_hash,
            "versions": resolved_versions(), "created": self._created,
        })  # fmt: skip

    def _needed(self, run: str | None) -> Job:
        """Returns what a copy needs in place of a run: stages of the source's seed are trained anew for another one."""
        job = self._jobs[run or ""]
        is_of_the_seed = (job.seed - self._source.seed) % 2**31 in _OFFSETS
        with_the_seed = job.method in _STAGES and is_of_the_seed and self._seed != self._source.seed
        return self.copied(job) if with_the_seed or job.id in self._made else job

    def _seed_of(self, job: Job) -> int:
        """Returns the seed of a copy: as far from the copy's as the original's is from the source's."""
        return (self._seed + job.seed - self._source.seed) % 2**31

    def _rewarded_alike(self, job: Job) -> Settings:
        """Returns the recipe of what goes with the copy: an evaluation scores by the reward that the copy is trained on."""
        is_its_evaluation = isinstance(job.recipe, EvaluateRecipe) and run_of(job.inputs.model) == self._source.id
        if is_its_evaluation and isinstance(self._recipe, PpoRecipe):
            return job.recipe.model_copy(update=self._recipe.reward_settings())
        return job.recipe

    def _changes(self) -> str:
        before = self._source.recipe.model_dump()
        now = self._recipe.model_dump()
        return " ".join(f"{key}={value}" for key, value in now.items() if value != before[key])

    def _evaluations(self) -> list[Job]:
        return [job for job in self._jobs.values() if job.method == "evaluate"]

    def _start_evaluation(self) -> Job | None:
        """Returns the evaluation of the start model under the source's seed."""
        start = self._source.inputs.reference
        found = [job for job in self._evaluations() if job.name == REFERENCE and job.inputs.model == start]
        return next((job for job in found if job.seed == self._source.seed), None)


def with_changes(name: str, changes: str) -> str:
    """Returns the name of a copy: that of the original, and what is different."""
    return f"{name} {changes}".strip()[:_LONGEST_NAME]
