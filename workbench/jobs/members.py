"""What an experiment calls its runs. A run that was found by its content keeps the name under which it was trained."""

from collections.abc import Sequence

from workbench.domain.experiments import Experiment
from workbench.domain.records import Job
from workbench.jobs.plan import REFERENCE
from workbench.storage.sources import run_of

_ARM_METHODS = ("ppo", "dpo")


def members(experiment: Experiment, jobs: Sequence[Job]) -> dict[str, str]:
    """Returns the arm that each run is in this experiment, by run id; empty for the stages that arms share.

    Args:
        experiment: as it was planned.
        jobs: what `plan` made of it, in its order: seed by seed, each with all arms in theirs.
    """
    arms = [arm.name for arm in experiment.arms] * len(experiment.seeds)
    trained = [job.id for job in jobs if job.method in _ARM_METHODS]
    names = dict(zip(trained, arms, strict=True))
    return {job.id: names.get(job.id) or _evaluated(job, names) for job in jobs}


def _evaluated(job: Job, names: dict[str, str]) -> str:
    if job.method not in ("evaluate", "judge"):
        return ""
    return names.get(run_of(job.inputs.model) or "", REFERENCE)
