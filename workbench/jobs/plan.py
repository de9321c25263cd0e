"""An experiment becomes runs: a fine-tuning and the reward models of each seed, each arm, the same evaluation for all."""

import time
from pathlib import Path
from typing import NamedTuple

from workbench.domain.errors import BadSetting
from workbench.domain.experiments import Arm, Experiment
from workbench.domain.pairs import DatasetKind
from workbench.domain.recipes import BestOfNRecipe, EvaluateRecipe, PpoRecipe, RewardRecipe, TrainingRecipe
from workbench.domain.records import DataInput, Job
from workbench.domain.samples import HELDOUT
from workbench.domain.settings import Settings
from workbench.jobs.distributed import check_shares, read_configuration
from workbench.jobs.drafts import Draft, result_of
from workbench.jobs.evaluations import is_beyond_repeating
from workbench.jobs.judgements import is_pairwise, judgement
from workbench.jobs.references import Reference, References, rows, rows_if_any
from workbench.jobs.rewards import PlannedReward
from workbench.storage.endpoints import find_endpoint
from workbench.storage.hashes import Hasher
from workbench.storage.project import Project

REFERENCE = "reference"  # the start model, which is always compared
OTHER_SEED = 1_000_003  # added to a seed: far from those that people choose
_DEMONSTRATIONS = {DatasetKind.DEMONSTRATION, DatasetKind.PREFERENCE, DatasetKind.THUMBS}


def plan(experiment: Experiment, project: Project, *, base: Path) -> list[Job]:
    """Returns the runs of an experiment, each after those that it needs.

    A run that the project holds already, under whatever name, takes the place of an equal one.

    Args:
        experiment: what to compare.
        project: where its datasets are and its runs will be.
        base: the experiment file's folder; relative paths start there.

    Raises:
        NotFound: a dataset, model or judge is not there.
        ModelRefused: a model folder is incomplete or not safe to load.
        BadInput: a dataset does not hold what is needed.
        BadSetting: two arms are the same.
    """
    jobs = _planned(experiment, project, base)
    known = {job.id for job in project.jobs()}
    if all(job.id in known for job in jobs if job.method == "evaluate"):
        return jobs
    # Arms that were evaluated before validation prompts were sampled are evaluated anew, so that all choose alike. Where
    # their checkpoints are gone that cannot be: then no arm has validation prompts.
    earlier = _planned(experiment.model_copy(update={"max_validation_prompts": 0}), project, base)
    is_lost = any(is_beyond_repeating(project, job) for job in earlier if job.method == "evaluate" and job.id in known)
    return earlier if is_lost else jobs


def _planned(experiment: Experiment, project: Project, base: Path) -> list[Job]:
    hasher = Hasher(project)
    planner = _Planner(experiment, project, References(project, base, hasher, experiment.trust_remote_code))
    jobs = [job for seed in experiment.seeds for job in planner.seed(seed)]
    hasher.save()
    return list({job.id: job for job in jobs}.values())


class _Scorers(NamedTuple):
    """The reward models of one seed: those that rewards read, and the one that only judges."""

    models: list[Reference]
    heldout: Reference | None = None


class _Planner:
    """Plans one experiment; what does not depend on the seed is resolved once."""

    def __init__(self, experiment: Experiment, project: Project, references: References) -> None:
        self._experiment = experiment
        self._references = references
        self._existing = {job.content_hash: job for job in project.jobs()}
        self._created = time.time()
        self._accelerate = read_configuration(experiment, references.base)
        from_scratch = experiment.sft is not None and experiment.sft.recipe.from_scratch
        self._base_model = references.model(experiment.model, needs_weights=not from_scratch)
        other = experiment.reward.model
        self._reward_model = None if other is None else references.model(other)
        self._pairs = references.dataset(experiment.dataset, {DatasetKind.PREFERENCE}, "training on comparisons")
        self._train = rows(self._pairs, "train")
        self._validation = rows_if_any(self._pairs, "validation")
        self._prompts, self._choosing = self._find_prompts()
        self._rewards = {
            arm.name: PlannedReward.of(arm.recipe, references)
            for arm in experiment.arms
            if isinstance(arm.recipe, PpoRecipe)
        }
        # What optimises no reward is scored by that of the first arm that does.
        self._shared_reward = next(iter(self._rewards.values()), PlannedReward())
        if is_pairwise(experiment.judges[0]):
            raise BadSetting(
                f"The judge `{experiment.judges[0]}` compares two answers and scores none, so it cannot be the gold judge.",
                "Name one that scores before it, as a reward model.",
            )
        self._judges = [references.judge(name) for name in experiment.judges if not is_pairwise(name)]
        self._pairwise = [name for name in experiment.judges if is_pairwise(name)]
        for name in self._pairwise:
            find_endpoint(name)

    def _find_prompts(self) -> tuple[DataInput, DataInput | None]:
        """Returns the prompts to report on, and those to choose checkpoints by.

        Prompts that were divided when they were imported choose by their own validation split; else the pairs' one does.
        """
        name, choosing = self._experiment.test_prompts, self._validation
        if name is None or name == self._experiment.dataset:
            prompts = rows(self._pairs, "test")
        else:
            record = self._references.dataset(name, set(DatasetKind), "evaluation")
            own = rows_if_any(record, "validation") if record.kind is DatasetKind.PROMPTS else None
            choosing = own or choosing
            prompts = rows(record, "test") if own else DataInput(name=name, sha256=record.content_sha256)
        return prompts, choosing if self._experiment.max_validation_prompts else None

    def seed(self, seed: int) -> list[Job]:
        """Returns the runs of one seed."""
        jobs: list[Job] = []
        start = self._base_model
        if self._experiment.sft is not None:
            jobs.append(self._sft(seed))
            start = result_of(jobs[-1])
        models = self._reward_models(seed, start)
        jobs += models
        scorers = _Scorers([result_of(model) for model in models])
        if self._experiment.heldout_reward != "none":
            jobs.append(self._heldout(seed, start))
            scorers = scorers._replace(heldout=result_of(jobs[-1]))
        rivals = [
            self._evaluate(REFERENCE, seed, start, start, reward, scorers)
            for reward in dict.fromkeys([self._shared_reward, *self._rewards.values()])
        ]
        jobs += rivals
        if self._experiment.best_of_n is not None:
            jobs.append(self._best_of_n(self._experiment.best_of_n, seed, start, scorers))
        seen: dict[str, str] = {}
        for arm in self._experiment.arms:
            jobs.append(self._arm(arm, seed, start, scorers))
            _refuse_twin(arm.name, seen.setdefault(jobs[-1].content_hash, arm.name))
            reward = self._rewards.get(arm.name, self._shared_reward)
            answers = self._evaluate(arm.name, seed, result_of(jobs[-1]), start, reward, scorers)
            jobs += [answers, *(self._compare(answers, rivals[0], judge) for judge in self._pairwise)]
        return jobs

    def _sft(self, seed: int) -> Job:
        stage = self._experiment.sft
        assert stage is not None
        record = self._pairs
        if stage.dataset is not None:
            record = self._references.dataset(stage.dataset, _DEMONSTRATIONS, "fine-tuning")
        draft = Draft("sft", "sft", seed, stage.recipe)
        draft.read("model", self._base_model)
        draft.read_rows("data", rows(record, "train"))
        draft.read_rows("validation", rows_if_any(record, "validation"))
        return self._finish(draft)

    def _reward_models(self, seed: int, start: Reference) -> list[Job]:
        """Returns as many reward models as the reward with most of them reads, each of a seed of its own."""
        recipe = self._experiment.reward
        if self._experiment.heldout_reward == "half":
            recipe = recipe.model_copy(update={"half": "first"})
        n_models = max(reward.n_models for reward in (self._shared_reward, *self._rewards.values()))
        # The held-out one has the first of the other seeds.
        seeds = [seed, *((seed + place * OTHER_SEED) % 2**31 for place in range(2, n_models + 1))][:n_models]
        names = ["reward", *(f"reward {place}" for place in range(2, n_models + 1))]
        return [self._reward_model_of(name, recipe, own, start) for name, own in zip(names, seeds, strict=False)]

    def _heldout(self, seed: int, start: Reference) -> Job:
        recipe = self._experiment.reward
        if self._experiment.heldout_reward == "half":
            return self._reward_model_of(HELDOUT, recipe.model_copy(update={"half": "second"}), seed, start)
        return self._reward_model_of(HELDOUT, recipe, (seed + OTHER_SEED) % 2**31, start)

    def _reward_model_of(self, name: str, recipe: RewardRecipe, seed: int, start: Reference) -> Job:
        sampling = self._experiment.sampling
        filled = {  # scores are normalised on what PPO and evaluation will ask about
            "normalize_temperature": recipe.normalize_temperature or sampling.temperature,
            "normalize_length": recipe.normalize_length or sampling.max_new_tokens,
        }
        recipe = recipe.model_copy(update=filled)
        if self._reward_model is not None:
            recipe = recipe.model_copy(update={"model": self._reward_model.name})
        draft = Draft("reward", name, seed, recipe)
        draft.read("model", self._reward_model or start)
        draft.read("reference", start)  # whose samples the scores are normalised on
        draft.read_rows("data", self._train)
        draft.read_rows("validation", self._validation)
        draft.read_rows("prompts", self._train)
        return self._finish(draft)

    def _arm(self, arm: Arm, seed: int, start: Reference, scorers: "_Scorers") -> Job:
        draft = Draft(arm.method, arm.name, seed, self._completed(arm), arm=arm.name, budget=self._experiment.budget)
        draft.read("model", start)
        draft.read("reference", start)
        if (reward := self._rewards.get(arm.name)) is not None:
            reward.read_by(draft, scorers.models)
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
            "stop_strings": arm.recipe.stop_strings or sampling.stop_strings,
        }
        reward = self._rewards[arm.name].source.reward_settings()
        return PpoRecipe.read(arm.recipe.model_dump() | filled | reward, where=f"The arm `{arm.name}`")

    def _evaluate(
        self, arm: str, seed: int, model: Reference, start: Reference, reward: PlannedReward, scorers: "_Scorers"
    ) -> Job:
        sampling = self._experiment.sampling
        recipe = EvaluateRecipe(
            temperature=sampling.temperature,
            max_new_tokens=sampling.max_new_tokens,
            stop_strings=sampling.stop_strings,
            max_prompts=self._experiment.max_prompts,
            max_validation_prompts=self._experiment.max_validation_prompts,
            judges=tuple(judge.name for judge in self._judges),
        ).model_copy(update=reward.source.reward_settings())
        draft = Draft("evaluate", arm, seed, recipe, arm=arm)
        draft.read("model", model)
        draft.read("reference", start)
        reward.read_by(draft, scorers.models)
        if scorers.heldout is not None:
            draft.read("heldout", scorers.heldout)
        draft.read_rows("prompts", self._prompts)
        draft.read_rows("validation", self._choosing)
        for place, judge in enumerate(self._judges):
            draft.judge(place, judge)
        return self._finish(draft)

    def _best_of_n(self, n: int, seed: int, start: Reference, scorers: "_Scorers") -> Job:
        sampling, reward = self._experiment.sampling, self._shared_reward
        recipe = BestOfNRecipe(
            n=n,
            temperature=sampling.temperature,
            max_new_tokens=sampling.max_new_tokens,
            stop_strings=sampling.stop_strings,
            judges=tuple(judge.name for judge in self._judges),
        ).model_copy(update=reward.source.reward_settings())
        draft = Draft("best_of_n", f"best of {n}", seed, recipe)
        draft.read("model", start)
        draft.read("reference", start)
        reward.read_by(draft, scorers.models)
        draft.read_rows("prompts", self._prompts)
        for place, judge in enumerate(self._judges):
            draft.judge(place, judge)
        return self._finish(draft)

    def _compare(self, answers: Job, rivals: Job, judge: str) -> Job:
        job = self._finish(judgement(answers, rivals, judge))
        return job.model_copy(update={"device": "cpu"})  # it only waits for replies: no GPU is to wait with it

    def _finish(self, draft: Draft) -> Job:
        content_hash = draft.content_hash()
        if content_hash in self._existing:
            return self._existing[content_hash]
        self._created += 1e-3  # lists show runs in the order in which they were planned
        experiment = self._experiment
        job = draft.job(
            experiment=experiment.name,
            device=experiment.device,
            trust_remote_code=experiment.trust_remote_code,
            created=self._created,
        )
        if experiment.processes == 1 or not isinstance(job.recipe, TrainingRecipe):
            return job
        together = {"processes": experiment.processes, "accelerate": self._accelerate}
        return check_shares(job.model_copy(update=together))


def _refuse_twin(name: str, twin: str) -> None:
    if twin != name:
        raise BadSetting(f"The arms `{twin}` and `{name}` are the same.", "Change a setting, or drop one.")
