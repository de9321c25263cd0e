"""Experiments: from a file to runs in the queue."""

from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel

from workbench.domain.errors import BadInput, NotFound
from workbench.domain.experiments import Experiment
from workbench.domain.records import Job, RunState
from workbench.jobs import launch
from workbench.jobs.evaluations import Checkpoints, plan_evaluation
from workbench.jobs.members import members
from workbench.jobs.plan import plan
from workbench.jobs.states import StateReader
from workbench.storage.files import write_bytes
from workbench.storage.project import Project
from workbench.storage.sources import run_of


class PlannedRun(BaseModel):
    """One run of an experiment before its launch. `state` is None where it is new, else where the equal run is."""

    id: str
    name: str
    method: str
    seed: int
    needs: tuple[str, ...]
    state: RunState | None = None

    @property
    def is_reused(self) -> bool:
        """Says whether nothing needs to be computed for it."""
        return self.state is RunState.FINISHED


def read_experiment(path: Path) -> Experiment:
    """Reads an experiment file.

    Raises:
        NotFound: there is no such file.
        BadInput: it is not YAML.
        BadSetting: a setting is unknown, missing or out of bounds.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFound(
            f"There is no experiment file {path}.", "See `workbench run --help` for a complete one."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as text: {error}.", "Give a YAML file.") from error
    except yaml.YAMLError as error:
        where = " ".join(str(error).split())
        raise BadInput(f"{path} is not YAML: {where}.", "Check indentation and quotes at that place.") from error
    return Experiment.parse(raw, where=str(path))


def write_experiment(experiment: Experiment, path: Path) -> None:
    """Writes an experiment file that `read_experiment` reads: what differs from the defaults, nothing else."""
    text = yaml.safe_dump(experiment.to_file(), sort_keys=False, allow_unicode=True)
    write_bytes(path, text.encode())


def plan_experiment(project: Project, experiment: Experiment, *, base: Path) -> list[PlannedRun]:
    """Returns the runs that an experiment would have, in the order of their work; queues nothing.

    Args:
        project: the project.
        experiment: what would be run.
        base: the folder that relative paths in the experiment start from.

    Raises:
        NotFound: a dataset or model that it names does not exist.
        ModelRefused: the base model's folder is incomplete or unsafe.
        BadInput: a dataset does not hold what is needed.
        BadSetting: two arms are the same.
    """
    jobs = plan(experiment, project, base=base)
    names = members(experiment, jobs)
    there = {job.id for job in project.jobs()}
    reader = StateReader(project)
    return [
        PlannedRun(
            id=job.id,
            name=names[job.id] or job.name,
            method=job.method,
            seed=job.seed,
            needs=job.needs,
            state=reader.state(job.id) if job.id in there else None,
        )
        for job in jobs
    ]


def run_experiment(project: Project, experiment: Experiment, *, base: Path) -> list[Job]:
    """Expands an experiment to runs and queues those that have not been done yet.

    Args:
        project: the project.
        experiment: what to run; the project remembers it under its name.
        base: the folder that relative paths in the experiment start from.

    Returns:
        All runs of the experiment in the order of their work, finished ones included.

    Raises:
        NotFound: a dataset or model that it names does not exist.
        ModelRefused: the base model's folder is incomplete or unsafe.
    """
    jobs = plan(experiment, project, base=base)
    with project.edit() as edit:
        named = {name: runs for name, runs in edit.manifest.runs.items() if name != experiment.name}
        edit.change(
            experiments=edit.manifest.experiments | {experiment.name: experiment},
            runs=named | {experiment.name: members(experiment, jobs)},
        )
    launch.enqueue(project, jobs)
    return jobs


def evaluate_runs(project: Project, run_ids: Sequence[str], *, checkpoints: Checkpoints = "all") -> list[Job]:
    """Queues the evaluation of runs on the test prompts and judges of their experiment.

    Args:
        project: the project.
        run_ids: training runs.
        checkpoints: all, best or last.

    Raises:
        NotFound: no such run, or its experiment says nothing of prompts and judges.
        BadInput: a run that trains no policy.
    """
    jobs = [plan_evaluation(project, project.job(run_id), checkpoints) for run_id in run_ids]
    with project.edit() as edit:  # an experiment that has the run has its evaluation, whatever it is called by now
        evaluated = {job.id: run_of(job.inputs.model) or "" for job in jobs}
        runs = edit.manifest.runs
        edit.change(runs={
            name: arms | {job: arms[run] for job, run in evaluated.items() if run in arms and job not in arms}
            for name, arms in runs.items()
        })  # fmt: skip
    launch.enqueue(project, jobs)
    return jobs
