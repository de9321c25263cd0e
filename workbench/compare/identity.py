"""What makes two runs the same arm, and two models the same start, whatever their seeds."""

import json
from collections.abc import Mapping
from hashlib import sha256

from workbench.domain.recipes import BestOfNRecipe, EvaluateRecipe, RewardSource
from workbench.domain.records import Job
from workbench.storage.sources import run_of


def start_of(job: Job, jobs: Mapping[str, Job]) -> str:
    """Returns what a job's start model is: its folder or id, and the fine-tuning it had. The same for every seed."""
    return describe_model(job.inputs.reference or job.inputs.model, jobs)


def describe_model(name: str, jobs: Mapping[str, Job]) -> str:
    """Returns what a model is: a folder or id, and for a run's result what it started from and how it was trained."""
    run = jobs.get(run_of(name) or "")
    if run is None:
        return name
    data = run.inputs.data.sha256 if run.inputs.data else ""
    start = describe_model(run.inputs.model, jobs)  # which may be a run as well, another one for each seed
    named = f"{run.inputs.data.name} {data[:8]}, " if run.inputs.data else ""
    settings = sha256(_stable(run.recipe.model_dump(mode="json")).encode()).hexdigest()
    return f"{start} after {run.method} ({named}settings {settings[:8]})"


def identity(job: Job, jobs: Mapping[str, Job]) -> str:
    """Returns what makes a run's arm: its name and all that decides its result but the seed."""
    data = job.inputs.data.sha256 if job.inputs.data else ""
    recipe = job.recipe.model_dump(mode="json")
    rewards = [describe_model(name, jobs) for name in job.inputs.rewards]
    return _stable(
        [job.arm or job.name, job.method, recipe, data, start_of(job, jobs), rewards, job.budget.model_dump()]
    )


def proxy_of(job: Job) -> str:
    """Returns what the proxy scores of an evaluation, or of best of n, are from: equal texts, equal scores."""
    recipe = job.recipe
    return _stable([job.inputs.rewards, recipe.reward_settings() if isinstance(recipe, RewardSource) else {}])


def gold_of(job: Job | None) -> str:
    """Returns the judge that the gold scores of an evaluation, or of best of n, are by; empty where there is none."""
    recipe = job.recipe if job is not None else None
    return recipe.judges[0] if isinstance(recipe, EvaluateRecipe | BestOfNRecipe) else ""


def _stable(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)
