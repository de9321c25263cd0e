"""An experiment becomes runs: one fine-tuning and one reward model a seed, each arm, and the same evaluation for all."""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.domain.errors import BadSetting
from workbench.domain.experiments import Arm, Budget, Experiment
from workbench.domain.pairs import DatasetKind
from workbench.domain.recipes import EvaluateRecipe, PpoRecipe
from workbench.domain.records import DataInput, Inputs, Job, Method
from workbench.domain.settings import Settings
from workbench.jobs.hashes import Hasher, hash_values
from workbench.jobs.references import Reference, References, rows, rows_if_any
from workbench.jobs.versions import resolved_versions
from workbench.storage.project import Project
from workbench.storage.sources import RUN_PREFIX

REFERENCE = "reference"  # the start model, which is always compared
_DEMONSTRATIONS = {DatasetKind.DEMONSTRATION, DatasetKind.PREFERENCE, DatasetKind.THUMBS}
_NO_EFFECT = {"model", "judges"}  # recipe fields that name something whose content is hashed instead


def plan(experiment: Experiment, project: Project, *, base: Path) -> list[Job]:
    """Returns the runs of an experiment, each after those that it needs.

    A run that the project holds already, under whatever name, takes the place of an equal one.

    Args:
        experiment: what to compare.
        project: where its datasets are and its runs will be.
        base: the experiment file's folder; relative paths start there.

    Raises:
        NotFound: a dataset, model or judge is not there.
        BadInput: a dataset does not hold what is needed.
        BadSetting: two arms are the same.
    """
    hasher = Hasher(project)
    planner = _Planner(experiment, project, References(project, base, hasher))
    jobs = [job for seed in experiment.seeds for job in planner.seed(seed)]
    hasher.save()
    return list({job.id: job for job in jobs}.values())


def result_hash(method: Method, recipe: Settings, seed: int, budget: Budget, inputs: dict[str, str]) -> str:
    """Returns what names the result of a run: the same for runs that compute the same.

    Args:
        method, recipe, seed, budget: as in the job.
        inputs: hashes of what is read, by role.
    """
    settings = {name: value for name, value in recipe.model_dump(mode="json").items() if name not in _NO_EFFECT}
    values = {"method": method, "recipe": settings, "seed": seed, "inputs": inputs}
    return hash_values(values | {"budget": budget.model_dump(mode="json")})


class _Planner:
    """Plans one experiment; what does not depend on the seed is resolved once."""

    def __init__(self, experiment: Experiment, project: Project, references: References) -> None:
        self._experiment = experiment
        self._references = references
        self._existing = {job.content_hash: job for job in project.jobs()}
        self._versions = resolved_versions()
        self._created = time.time()
        self._base_model = references.model(experiment.model)
        other = experiment.reward.model
        self._reward_model = None if other is None else references.model(other)
        self._pairs = references.dataset(experiment.dataset, {DatasetKind.PREFERENCE}, "training on comparisons")
        self._train = rows(self._pairs, "train")
        self._validation = rows_if_any(self._pairs, "validation")
        self._prompts = self._find_prompts()
        self._judges = [references.judge(name) for name in experiment.judges]

    def _find_prompts(self) -> DataInput:
        name = self._experiment.test_prompts
        if name is None or name == self._experiment.dataset:
            return rows(self._pairs, "test")
        record = self._references.dataset(name, set(DatasetKind), "evaluation")
        return DataInput(name=name, sha256=record.content_sha256)

    def seed(self, seed: int) -> list[Job]:
        """Returns the runs of one seed."""
        jobs: list[Job] = []
        start = self._base_model
        if self._experiment.sft is not None:
            jobs.append(self._sft(seed))
            start = result_of(jobs[-1])
        jobs.append(self._reward(seed, start))
        reward = result_of(jobs[-1])
        jobs.append(self._evaluate(REFERENCE, seed, start, start, reward))
        trained = {arm.name: self._arm(arm, seed, start, reward) for arm in self._experiment.arms}
        self._refuse_twins(trained)
        for name, job in trained.items():
            jobs += [job, self._evaluate(name, seed, result_of(job), start, reward)]
        return jobs

    def _sft(self, seed: int) -> Job:
        stage = self._experiment.sft
        assert stage is not None
        record = self._pairs
        if stage.dataset is not None:
            record = self._references.dataset(stage.dataset, _DEMONSTRATIONS, "fine-tuning")
        draft = _Draft("sft", "sft", seed, stage.recipe)
        draft.read("model", self._base_model)
        draft.read_rows("data", rows(record, "train"))
        draft.read_rows("validation", rows_if_any(record, "validation"))
        return self._finish(draft)

    def _reward(self, seed: int, start: Reference) -> Job:
        recipe = self._experiment.reward
        if self._reward_model is not None:
            recipe = recipe.model_copy(update={"model": self._reward_model.name})
        draft = _Draft("reward", "reward", seed, recipe)
        draft.read("model", self._reward_model or start)
        draft.read("reference", start)  # whose samples the scores are normalised on
        draft.read_rows("data", self._train)
        draft.read_rows("validation", self._validation)
        draft.read_rows("prompts", self._train)
        return self._finish(draft)

    def _arm(self, arm: Arm, seed: int, start: Reference, reward: Reference) -> Job:
        draft = _Draft(arm.method, arm.name, seed, self._completed(arm), arm=arm.name, budget=self._experiment.budget)
        draft.read("model", start)
        draft.read("reference", start)
        if arm.method == "ppo":
            draft.read("reward", reward)
        draft.read_rows("data", self._train)
        draft.read_rows("validation", self._validation)
        return self._finish(draft)

    def _completed(self, arm: Arm) -> Settings:
        """Fills in what a policy that samples while it trains takes from the experiment's sampling."""
        if not isinstance(arm.recipe, PpoRecipe):
            return arm.recipe
        sampling = self._experiment.sampling
        filled = {
            "temperature": arm.recipe.temperature or sampling.temperature,
            "response_length": arm.recipe.response_length or sampling.max_new_tokens,
        }
        return arm.recipe.model_copy(update=filled)

    def _evaluate(self, arm: str, seed: int, model: Reference, start: Reference, reward: Reference) -> Job:
        sampling = self._experiment.sampling
        recipe = EvaluateRecipe(
            temperature=sampling.temperature,
            max_new_tokens=sampling.max_new_tokens,
            max_prompts=self._experiment.max_prompts,
            judges=tuple(judge.name for judge in self._judges),
        )
        draft = _Draft("evaluate", arm, seed, recipe, arm=arm)
        draft.read("model", model)
        draft.read("reference", start)
        draft.read("reward", reward)
        draft.read_rows("prompts", self._prompts)
        for place, judge in enumerate(self._judges):
            draft.judge(place, judge)
        return self._finish(draft)

    def _refuse_twins(self, trained: dict[str, Job]) -> None:
        seen: dict[str, str] = {}
        for name, job in trained.items():
            if (twin := seen.setdefault(job.content_hash, name)) != name:
                raise BadSetting(f"The arms `{twin}` and `{name}` are the same.", "Change a setting, or drop one.")

    def _finish(self, draft: "_Draft") -> Job:
        content_hash = result_hash(draft.method, draft.recipe, draft.seed, draft.budget, draft.hashes)
        if content_hash in self._existing:
            return self._existing[content_hash]
        self._created += 1e-3  # lists show runs in the order in which they were planned
        return Job(
            id=run_id(draft.name, draft.method, draft.seed, content_hash),
            name=draft.name,
            method=draft.method,
            experiment=self._experiment.name,
            arm=draft.arm,
            seed=draft.seed,
            recipe=draft.recipe,
            inputs=Inputs.model_validate(draft.inputs),
            needs=tuple(draft.needs),
            budget=draft.budget,
            device=self._experiment.device,
            trust_remote_code=self._experiment.trust_remote_code,
            input_hashes=draft.hashes,
            content_hash=content_hash,
            versions=self._versions,
            created=self._created,
        )


@dataclass
class _Draft:
    """A job while its inputs are gathered."""

    method: Method
    name: str
    seed: int
    recipe: Settings
    arm: str | None = None
    budget: Budget = field(default_factory=Budget)
    inputs: dict[str, Any] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    needs: dict[str, None] = field(default_factory=dict)

    def read(self, role: str, source: Reference) -> None:
        """Adds a model."""
        self.inputs[role] = source.name
        self.hashes[role] = source.hash
        self.needs |= dict.fromkeys(source.needs)

    def read_rows(self, role: str, source: DataInput | None) -> None:
        """Adds rows, if there are any."""
        if source is not None:
            self.inputs[role] = source
            self.hashes[role] = f"{source.sha256}/{source.split or 'all'}"

    def judge(self, place: int, judge: Reference) -> None:
        """Adds a judge; the first is the gold judge, so the order counts."""
        self.hashes[f"judge {place}"] = judge.hash
        self.needs |= dict.fromkeys(judge.needs)


def result_of(job: Job) -> Reference:
    """Returns what a run makes, for the runs that need it."""
    return Reference(f"{RUN_PREFIX}{job.id}", f"{job.content_hash}@last", (job.id,))


def run_id(name: str, method: Method, seed: int, content_hash: str) -> str:
    """Returns a run's id: what it is for people, and enough of its hash to be its own."""
    slug = re.sub(r"[^\w.-]+", "-", name).strip("-._") or method
    kind = "-eval" if method == "evaluate" else ""
    return f"{slug[:40]}{kind}-s{seed}-{content_hash[:8]}"
