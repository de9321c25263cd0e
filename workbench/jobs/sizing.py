"""What runs work on, looked up: the sizes of their models and the lengths of their texts. Reads, computes nothing."""

from collections.abc import Mapping
from pathlib import Path

from workbench.data.judge_names import reward_models_of
from workbench.data.store import content_folder
from workbench.data.text_lengths import TextLengths, text_lengths
from workbench.domain.errors import WorkbenchError
from workbench.domain.recipes import (
    BestOfNRecipe,
    EvaluateRecipe,
    PpoRecipe,
    RewardRecipe,
    TrainingRecipe,
)
from workbench.domain.records import DataInput, Job
from workbench.jobs.hub_commits import cached_folder
from workbench.jobs.workload import Sizes, Together, Workload, workload
from workbench.storage.model_shapes import ModelShape, read_shape
from workbench.storage.project import Project
from workbench.storage.sources import resolve_model, run_of

_SAMPLING = ("evaluate", "best_of_n")  # those read prompts and not rows
_START_MODEL = 1  # checkpoint of an evaluation of the reference


class Sizing:
    """Knows what runs work on; each model and dataset is looked at once.

    Args:
        project: whose datasets and models.
        jobs: the runs by id, those that are only planned included: what they make has the size of what they start from.
    """

    def __init__(self, project: Project, jobs: Mapping[str, Job]) -> None:
        self._project = project
        self._jobs = jobs
        self._shapes: dict[str, ModelShape | None] = {}
        self._folders: dict[DataInput, Path] = {}

    def workload(self, job: Job) -> Workload | None:
        """Returns what a run computes; None where the size of a model cannot be known before it is loaded."""
        if not isinstance(job.recipe, TrainingRecipe | EvaluateRecipe | BestOfNRecipe):
            return None
        sizes = self._sizes(job)
        together = Together(job.processes, job.is_sharded)
        return None if sizes is None else workload(job.recipe, sizes, job.budget, together)

    def n_parameters(self, job: Job) -> int:
        """Returns the size of the model that a run works on; 0 where it is unknown."""
        shape = self.shape(job.inputs.model)
        return shape.n_parameters if shape else 0

    def shape(self, name: str) -> ModelShape | None:
        """Returns the size of a model by its name in a job; None where it cannot be known."""
        if name not in self._shapes:
            self._shapes[name] = self._find_shape(name)
        return self._shapes[name]

    def _find_shape(self, name: str) -> ModelShape | None:
        if (run_id := run_of(name)) is not None:
            job = self._jobs.get(run_id)
            return self.shape(job.inputs.model) if job else None
        folder = self._folder(name)
        try:
            return read_shape(folder) if folder else None
        except WorkbenchError:  # an adapter whose base is gone: loading it will say so
            return None

    def _folder(self, name: str) -> Path | None:
        try:
            source = resolve_model(name, self._project.folder)
            return source if isinstance(source, Path) else cached_folder(source)
        except WorkbenchError:
            return None

    def _sizes(self, job: Job) -> Sizes | None:
        model = self.shape(job.inputs.model)
        data = job.inputs.prompts if job.method in _SAMPLING else job.inputs.data
        if model is None or data is None:
            return None
        try:
            lengths = self._lengths(job, data)
            n_rows, n_validation = self._count(job, data), self._count(job, job.inputs.validation)
        except WorkbenchError:
            return None
        return Sizes(
            model=model,
            reward=self.shape(rewards[0]) if (rewards := reward_models_of(job, self._jobs)) else None,
            n_rewards=len(rewards),
            lengths=lengths,
            n_rows=n_rows,
            n_validation=n_validation,
            n_checkpoints=self._n_checkpoints(job),
            sampling=_sampling(job),
        )

    def _lengths(self, job: Job, data: DataInput) -> TextLengths:
        folder = content_folder(self._dataset_folder(data), data.sha256)
        return text_lengths(folder, data.split, self._tokenizer(job.inputs.model))

    def _dataset_folder(self, data: DataInput) -> Path:
        if data not in self._folders:
            self._folders[data] = self._project.data_folder(data)
        return self._folders[data]

    def _tokenizer(self, name: str) -> Path | None:
        while (run_id := run_of(name)) is not None and run_id in self._jobs:
            name = self._jobs[run_id].inputs.model
        folder = None if run_of(name) else self._folder(name)
        return folder / "tokenizer.json" if folder else None

    def _count(self, job: Job, data: DataInput | None) -> int:
        if data is None:
            return 0
        record = self._project.dataset(self._dataset_folder(data).name, data.sha256)
        if job.method in _SAMPLING and data.split is None:
            return record.n_prompts
        return record.splits.counts.get(data.split, 0) if data.split else record.n_rows

    def _n_checkpoints(self, job: Job) -> int:
        trained = self._jobs.get(run_of(job.inputs.model) or "")
        is_reference = job.inputs.model == job.inputs.reference
        if is_reference or trained is None or not isinstance(trained.recipe, TrainingRecipe):
            return _START_MODEL
        return trained.recipe.n_checkpoints


def _sampling(job: Job) -> int:
    if isinstance(job.recipe, PpoRecipe):
        return job.recipe.response_length or 0
    if isinstance(job.recipe, RewardRecipe):
        return job.recipe.normalize_length or 0
    return job.recipe.max_new_tokens if isinstance(job.recipe, EvaluateRecipe | BestOfNRecipe) else 0
