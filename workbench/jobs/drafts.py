"""A job while its inputs are gathered, and the names that its content gives it."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.domain.experiments import Budget
from workbench.domain.records import DataInput, Inputs, Job, Method
from workbench.domain.settings import Settings
from workbench.jobs.references import Reference
from workbench.jobs.versions import resolved_versions
from workbench.storage.hashes import hash_values
from workbench.storage.sources import RUN_PREFIX

# Recipe fields that name something whose content is hashed instead, or where something is done.
_NO_EFFECT = {"model", "judges", "endpoint", "vllm_server_base_url"}
# Settings that older runs lack: at these values they change nothing, the hash included.
_CAME_LATER = [
    ("half", "all"), ("rewards", ["model"]), ("ensemble", "mean"), ("ensemble_coef", 0.1), ("reward_models", 1),
    ("length_cap", None), ("length_penalty", 1.0), ("kl_cap", None), ("kl_cap_coef", 1.0), ("sampler", "fast"),
]  # fmt: skip
# Says nothing where no validation prompts are read, as before there were any.
_OF_VALIDATION = {"max_validation_prompts"}
_LONGEST_SLUG = 40


@dataclass
class Draft:
    """A job while its inputs are gathered.

    Attributes:
        method, name, seed, recipe, arm, budget: as in the job.
        inputs: by the names of `Inputs`.
        hashes: of the content of all that is read, by role.
        needs: the runs that must have finished before, in order.
    """

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

    def read_further(self, role: str, source: Reference) -> None:
        """Adds a model to those of a role that several have."""
        known = self.inputs.get(role, ())
        self.inputs[role] = (*known, source.name)
        self.hashes[f"{role} {len(known)}"] = source.hash
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

    def content_hash(self) -> str:
        """Returns what names the result: the same for runs that compute the same, whatever they are called."""
        return result_hash(self.method, self.recipe, self.seed, self.budget, self.hashes)

    def job(self, *, experiment: str | None, device: str, trust_remote_code: bool, created: float | None = None) -> Job:
        """Returns the finished job, with the versions of today."""
        content_hash = self.content_hash()
        return Job(
            id=run_id(self.name, self.method, self.seed, content_hash),
            name=self.name,
            method=self.method,
            experiment=experiment,
            arm=self.arm,
            seed=self.seed,
            recipe=self.recipe,
            inputs=Inputs.model_validate(self.inputs),
            needs=tuple(self.needs),
            budget=self.budget,
            device=device,
            trust_remote_code=trust_remote_code,
            input_hashes=self.hashes,
            content_hash=content_hash,
            versions=resolved_versions(),
            created=time.time() if created is None else created,
        )


def result_hash(method: Method, recipe: Settings, seed: int, budget: Budget, inputs: Mapping[str, str]) -> str:
    """Returns what names the result of a run.

    Args:
        method, recipe, seed, budget: as in the job.
        inputs: hashes of the content of all that is read, by role.
    """
    without = _NO_EFFECT if "validation" in inputs else _NO_EFFECT | _OF_VALIDATION
    dumped = recipe.model_dump(mode="json").items()
    settings = {name: value for name, value in dumped if name not in without and (name, value) not in _CAME_LATER}
    values = {"method": method, "recipe": settings, "seed": seed, "inputs": dict(inputs)}
    return hash_values(values | {"budget": budget.model_dump(mode="json")})


def result_of(job: Job) -> Reference:
    """Returns what a run makes, for the runs that need it."""
    return Reference(f"{RUN_PREFIX}{job.id}", f"{job.content_hash}@last", (job.id,))


def run_id(name: str, method: Method, seed: int, content_hash: str) -> str:
    """Returns a run's id: what it is for people, and enough of its hash to be its own."""
    slug = re.sub(r"[^\w.-]+", "-", name).strip("-._") or method
    kind = {"evaluate": "-eval", "judge": "-judge"}.get(method, "")
    return f"{slug[:_LONGEST_SLUG]}{kind}-s{seed}-{content_hash[:8]}"
