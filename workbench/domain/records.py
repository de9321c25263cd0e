"""What a project keeps on disk, as typed records. `storage` reads and writes them; everybody may hold them."""

import time
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, ValidationInfo, model_validator

from workbench.domain.errors import BadSetting
from workbench.domain.experiments import Budget, Experiment
from workbench.domain.pairs import DatasetKind
from workbench.domain.recipes import (
    BestOfNRecipe,
    DpoRecipe,
    EvaluateRecipe,
    JudgeRecipe,
    PpoRecipe,
    RewardRecipe,
    ScoreRecipe,
    SftRecipe,
)
from workbench.domain.settings import Settings
from workbench.domain.views import View

FORMAT_VERSION = 1
VERSIONS = "versions"  # datasets/NAME/versions/SHA256/: record and rows as they were before rows were added
SplitName = Literal["train", "validation", "test"]
Method = Literal["sft", "reward", "dpo", "ppo", "evaluate", "best_of_n", "score", "judge"]
RECIPES: dict[str, type[Settings]] = {
    "sft": SftRecipe,
    "reward": RewardRecipe,
    "dpo": DpoRecipe,
    "ppo": PpoRecipe,
    "evaluate": EvaluateRecipe,
    "best_of_n": BestOfNRecipe,
    "score": ScoreRecipe,
    "judge": JudgeRecipe,
}


class Record(BaseModel):
    """A record that is written as a versioned JSON file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: int = FORMAT_VERSION


class Splits(BaseModel):
    """How a dataset was divided, by prompt. `checksum` is over the sorted (prompt key, split) pairs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    fractions: dict[SplitName, float]
    counts: dict[SplitName, int] = Field(description="Rows in each split.")
    checksum: str


class DatasetRecord(Record):
    """datasets/NAME/dataset.json: where the rows came from and what they are. The rows are in pairs.parquet."""

    name: str
    kind: DatasetKind
    source: str
    source_sha256: str
    reader: str = Field(description="The format, by its reader's name.")
    column_map: dict[str, str] = {}
    n_rows: int
    n_prompts: int = Field(description="Different prompts.")
    n_ties: int = 0
    n_skipped: int = 0
    raters: tuple[str, ...] = ()
    splits: Splits
    content_sha256: str = Field(description="Over the rows in order; names the dataset's content in runs that read it.")
    created: float = Field(default_factory=time.time)


class Manifest(Record):
    """project.workbench: the names of what the project holds. Runs are found by their folders."""

    name: str
    created: float = Field(default_factory=time.time)
    datasets: tuple[str, ...] = ()
    splits: dict[str, Splits] = Field({}, description="Frozen at import, by dataset.")
    models: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    experiments: dict[str, Experiment] = {}
    runs: dict[str, dict[str, str]] = Field(
        {}, description="What each experiment calls its runs: the arm by run id, the newest experiment last."
    )
    views: dict[str, View] = Field({}, description="Ways to look at comparisons, by the names that people gave them.")


class Tags(Record):
    """tags.json: the words by which a person finds runs and experiments again, each in the order in which it came."""

    runs: dict[str, tuple[str, ...]] = Field({}, description="By run id.")
    experiments: dict[str, tuple[str, ...]] = Field({}, description="By name.")


class Renaming(Record):
    """.workbench/renaming.json: a dataset is being renamed; what is left of it after a crash is known by this."""

    old: str
    new: str


class Deleted(Record):
    """.workbench/trash/ID/deleted.json: what was deleted, and what brings it back as it was. Its folders lie beside it."""

    kind: Literal["runs", "experiment", "dataset"]
    words: str = Field(description="What it was, for people: `3 runs`.")
    runs: tuple[str, ...] = ()
    queue: tuple[str, ...] = Field((), description="The whole queue before, in order.")
    queued: dict[str, int] = Field({}, description="Those of the runs that stood in it, with their priorities.")
    name: str = Field("", description="Of the experiment or dataset.")
    place: int = Field(0, description="Of the name in the manifest, from 0.")
    experiment: Experiment | None = None
    arms: dict[str, str] = Field({}, description="What the experiment called its runs, by run id.")
    splits: Splits | None = Field(None, description="The dataset's.")
    at: float = Field(default_factory=time.time)


class DataInput(BaseModel):
    """A dataset that a run reads; `split` None is all of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sha256: str
    split: SplitName | None = None


class Inputs(BaseModel):
    """What a run starts from.

    Models are named as ``run:ID`` (the last checkpoint of a run of this project), ``run:ID@STEP``, a folder (absolute, or
    relative to the project), or a hub id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(description="The weights that training starts from, or that are evaluated.")
    reference: str | None = Field(None, description="The start model that KL is measured to.")
    reward: str | None = Field(None, description="The reward model: PPO's, and the proxy judge of an evaluation.")
    more_rewards: tuple[str, ...] = Field((), description="The further reward models of an ensemble with that one.")
    data: DataInput | None = None
    validation: DataInput | None = Field(
        None, description="Rows that training is measured on, or prompts that an evaluation chooses checkpoints by."
    )
    prompts: DataInput | None = Field(None, description="Prompts of an evaluation, or for normalising a reward model.")
    source: str | None = Field(None, description="A file of responses to score.")
    heldout: str | None = Field(None, description="A second reward model, which judges only.")
    answers: str | None = Field(None, description="The evaluation whose responses a judge compares, by run id.")
    rivals: str | None = Field(None, description="The evaluation of the start model that they are compared with.")

    @property
    def rewards(self) -> tuple[str, ...]:
        """The reward models that the experiment trained to score this run's responses."""
        return (self.reward, *self.more_rewards) if self.reward is not None else ()


SHARDED = frozenset({"FSDP", "DEEPSPEED"})  # accelerate's names for processes that hold a part of each model


class Job(Record):
    """runs/ID/job.json: everything that decides what a run computes, which never changes, and with how many processes."""

    id: str
    name: str = Field(description="What lists and charts show: the arm's name, or the stage's.")
    method: Method
    experiment: str | None = None
    arm: str | None = Field(None, description="Empty for stages that arms share.")
    seed: int = 0
    recipe: SerializeAsAny[Settings]
    inputs: Inputs
    needs: tuple[str, ...] = Field((), description="Runs that must have finished before.")
    budget: Budget = Budget()
    device: str = "auto"
    processes: int = Field(1, description="That train together; like the device, no part of what is computed.")
    accelerate: dict[str, Any] = Field({}, description="The accelerate configuration that they share the work by.")
    trust_remote_code: bool = False
    input_hashes: dict[str, str] = Field({}, description="Content hashes of all that the run reads.")
    content_hash: str = Field("", description="Names what the run computes; equal hashes are trained once.")
    versions: dict[str, str] = {}
    created: float = Field(default_factory=time.time)

    @property
    def is_sharded(self) -> bool:
        """Says whether its processes are to hold a part of each model instead of a copy."""
        return self.accelerate.get("distributed_type") in SHARDED

    def refuse_unknown(self) -> None:
        """Makes sure that nothing decides what the run computes that this version has no setting for.

        Raises:
            BadSetting: an earlier version stored such a setting.
        """
        if unknown := {**self.recipe.all_unknown(), **self.budget.unknown}:
            told = ", ".join(f"`{name}: {value}`" for name, value in unknown.items())
            raise BadSetting(
                f"Run `{self.id}` was planned with {told}, which this version has no setting for, so it cannot be computed.",
                "Duplicate the run, which takes today's settings, or go on with the version that planned it.",
            )

    @model_validator(mode="before")
    @classmethod
    def _type_the_recipe(cls, values: Any, info: ValidationInfo) -> Any:
        if isinstance(values, dict) and isinstance(values.get("recipe"), dict) and values.get("method") in RECIPES:
            recipe = RECIPES[values["method"]].model_validate(values["recipe"], context=info.context)
            return values | {"recipe": recipe}
        return values

    @model_validator(mode="after")
    def _recipe_fits_method(self) -> Self:
        if not isinstance(self.recipe, RECIPES[self.method]):
            raise ValueError(f"a {self.method} run takes a {RECIPES[self.method].__name__}")
        return self


class RunState(StrEnum):
    """Where a run is in its life, as derived from the files in its folder and the queue."""

    QUEUED = "queued"  # its inputs are there; waits for a device
    WAITING = "waiting"  # for runs that it needs
    BLOCKED = "blocked"  # a run that it needs failed or was stopped
    RUNNING = "running"
    STOPPING = "stopping"  # asked to stop; saves a checkpoint first
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"
    VANISHED = "vanished"  # the worker died without a last word

    @property
    def is_over(self) -> bool:
        """Says whether nothing will happen any more unless a person asks for it."""
        return self in {RunState.PAUSED, RunState.STOPPED, RunState.FINISHED, RunState.FAILED, RunState.VANISHED}


class Outcome(Record):
    """runs/ID/outcome.json: how a run ended. Written by the worker, or by the runner where the worker vanished."""

    state: Literal["finished", "stopped", "paused", "failed", "vanished"]
    step: int = 0
    code: str = ""
    message: str = ""
    hint: str = ""
    log_tail: str = Field("", description="The end of worker.log, where the worker could not say what happened.")
    at: float = Field(default_factory=time.time)


class ProcessMark(Record):
    """runs/ID/process.json: which process works on the run. Pids are reused, so the start time goes with it."""

    pid: int
    started: float = Field(description="The process's creation time, Unix seconds, as the system gives it.")
    device: str
    host: str


class CheckpointRecord(Record):
    """checkpoint.json inside a checkpoint folder, written last: a folder without it is not a checkpoint."""

    step: int
    episodes: int | None = None
    tokens: int | None = None
    seconds: float
    files: dict[str, int] = Field(
        description="Every file of the checkpoint but those in resume/, with its size in bytes."
    )
    resume_files: dict[str, int] | None = Field(None, description="Those in resume/; None in older checkpoints.")
