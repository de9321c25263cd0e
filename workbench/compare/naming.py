"""What runs and files are called in results: arms as their experiment calls them, files without the folders they lie in."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from workbench.domain.errors import NotFound
from workbench.domain.experiments import shown_name
from workbench.domain.records import Job, Manifest
from workbench.storage.project import nearest


class Called(Protocol):
    """An arm with its names."""

    @property
    def name(self) -> str:
        """What it is called in this comparison."""
        ...

    @property
    def called(self) -> tuple[str, ...]:
        """Its lasting name, then every other that it has or had."""
        ...


AnArm = TypeVar("AnArm", bound=Called)
_FOLDERS = re.compile(r"(?:(?<=^)|(?<=[\s:*+]))(?:~|[A-Za-z]:)?[/\\](?:[^/\\:]+[/\\])*")


def without_folders(name: str) -> str:
    """Returns a file, model or judge without its absolute folder, which says more of a person's disk than of the result."""
    return _FOLDERS.sub("", name)


def as_named(jobs: Mapping[str, Job], manifest: Manifest, experiment: str | None = None) -> dict[str, Job]:
    """Returns runs under the arm and experiment that they belong to.

    An experiment takes over what was trained already, under whatever name that was. So a run may be an arm of several
    experiments and is called differently in each.

    Args:
        jobs: all runs of a project, by id.
        manifest: of the project.
        experiment: keeps only its runs, under its names; None keeps all, each under the names of the experiment that
            used it last.

    Raises:
        NotFound: no run belongs to such an experiment.
    """
    if experiment is not None:
        arms = manifest.runs.get(experiment) or {
            job.id: job.arm or "" for job in jobs.values() if job.experiment == experiment
        }
        found = {run_id: _named(jobs[run_id], arm, experiment) for run_id, arm in arms.items() if run_id in jobs}
        if not found:
            known = dict.fromkeys([*manifest.runs, *(job.experiment for job in jobs.values() if job.experiment)])
            raise NotFound(f"No run belongs to an experiment `{experiment}`.", nearest(experiment, known, "experiment"))
        return found
    latest = {run_id: (arm, name) for name, arms in manifest.runs.items() for run_id, arm in arms.items()}
    return {run_id: _named(job, *latest[run_id]) if run_id in latest else job for run_id, job in jobs.items()}


def every_name(job: Job, manifest: Manifest) -> tuple[str, ...]:
    """Returns what a run's arm was ever called, with its experiment and without.

    Args:
        job: as it was planned, not as an experiment calls it today.
        manifest: of its project.

    Returns:
        First the name that it was planned under, with its experiment: no renaming changes a run's own file.
    """
    arm = job.arm or job.name
    listed = {name: runs[job.id] or job.name for name, runs in manifest.runs.items() if job.id in runs}
    planned = _with_experiment(arm, job.experiment)
    full = [_with_experiment(other, name) for name, other in listed.items()]
    return tuple(dict.fromkeys([planned, *full, arm, *listed.values()]))


def names_today(jobs: Mapping[str, Job], manifest: Manifest) -> dict[str, str]:
    """Returns what arms are called today, each with its experiment, by the names that they were planned under."""
    today = as_named(jobs, manifest)
    found: dict[str, str] = {}
    for run_id, job in jobs.items():
        named = today[run_id]
        found.setdefault(every_name(job, manifest)[0], _with_experiment(named.arm or named.name, named.experiment))
    return found


def find_arm(arms: Sequence[AnArm], name: str) -> AnArm | None:
    """Returns the arm that a name means: a lasting one, else one of this comparison, else one that only one arm had."""
    lasting = [arm for arm in arms if arm.called[:1] == (name,)]
    current = [arm for arm in arms if name in (arm.name, shown_name(arm.name))]
    earlier = [arm for arm in arms if name in arm.called]
    return next(iter([*lasting, *current, *(earlier if len(earlier) == 1 else ())]), None)


def _with_experiment(arm: str, experiment: str | None) -> str:
    return f"{arm} ({experiment})" if experiment else arm


def _named(job: Job, arm: str, experiment: str) -> Job:
    return job.model_copy(update={"arm": arm or None, "experiment": experiment})
