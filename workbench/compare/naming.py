"""What runs and files are called in results: arms as their experiment calls them, files without the folders they lie in."""

import re
from collections.abc import Mapping

from workbench.domain.errors import NotFound
from workbench.domain.records import Job, Manifest
from workbench.storage.project import nearest

_FOLDERS = re.compile(r"(?:(?<=^)|(?<=[\s:]))(?:~|[A-Za-z]:)?[/\\](?:[^/\\:]+[/\\])*")


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


def _named(job: Job, arm: str, experiment: str) -> Job:
    return job.model_copy(update={"arm": arm or None, "experiment": experiment})
