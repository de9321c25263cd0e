"""Experiments: from a file to runs in the queue."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel

from workbench.api.differences import told
from workbench.data.store import content_folder, count_prompts
from workbench.domain.costs import PlanCost, RunCost
from workbench.domain.errors import BadInput, NotFound
from workbench.domain.experiments import Experiment, forgotten_settings, rewarded_gold, uneven_lengths
from workbench.domain.recipes import BestOfNRecipe
from workbench.domain.records import Job, Method, RunState
from workbench.jobs import launch
from workbench.jobs.costing import cost_plan, cost_runs
from workbench.jobs.evaluations import Checkpoints, plan_best_of_n, plan_evaluation, reward_models
from workbench.jobs.members import members
from workbench.jobs.plan import plan
from workbench.jobs.rebase import rebased
from workbench.jobs.states import RunStatus, StateReader
from workbench.storage.files import write_bytes
from workbench.storage.project import Project
from workbench.storage.sources import run_of

_ENOUGH_PROMPTS = 25  # with fewer a win rate of 70 % is not told apart from 50 %


class PlannedRun(BaseModel):
    """One run of an experiment before its launch.

    Attributes:
        name: what the experiment calls it: the arm, or the stage that arms share.
        state: None where it is new, else where the equal run is.
        settings: those that are not at their defaults, in words.
        cost: what it will take; None where nothing is to be done or nothing can be known.
    """

    id: str
    name: str
    method: Method
    seed: int
    needs: tuple[str, ...]
    state: RunState | None = None
    settings: tuple[str, ...] = ()
    cost: RunCost | None = None

    @property
    def is_reused(self) -> bool:
        """Says whether nothing needs to be computed for it."""
        return self.state is RunState.FINISHED

    @property
    def fate(self) -> str:
        """What a launch does with it, in a word or two."""
        if self.state is None:
            return "new"
        return "reused" if self.is_reused else f"goes on ({self.state})"


class ExperimentPlan(BaseModel):
    """What an experiment would run, in the order of the work, and what that takes."""

    runs: list[PlannedRun]
    cost: PlanCost
    cautions: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know before the launch."""
        return (*self.cautions, *self.cost.warnings)

    @property
    def n_new(self) -> int:
        """Runs for which something is to be computed."""
        return sum(not run.is_reused for run in self.runs)

    @property
    def n_reused(self) -> int:
        """Runs that are there already."""
        return len(self.runs) - self.n_new


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


def plan_experiment(project: Project, experiment: Experiment, *, base: Path) -> ExperimentPlan:
    """Returns the runs that an experiment would have and what they would take; queues nothing.

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
    states = {job.id: reader.status(job.id) for job in jobs if job.id in there}
    costs = cost_runs(project, jobs, {run_id: _share_done(status) for run_id, status in states.items()})
    runs = [
        PlannedRun(
            id=job.id,
            name=names[job.id] or job.name,
            method=job.method,
            seed=job.seed,
            needs=job.needs,
            state=states[job.id].state if job.id in states else None,
            settings=told(job.recipe),
            cost=costs.get(job.id),
        )
        for job in jobs
    ]
    cost = cost_plan(project, jobs, costs, sum(run.is_reused for run in runs))
    return ExperimentPlan(runs=runs, cost=cost, cautions=_cautions(experiment, _few_prompts(project, jobs)))


def _few_prompts(project: Project, jobs: Sequence[Job]) -> str:
    """Returns a sentence where there are too few test prompts to tell arms apart; empty where there are enough."""
    evaluation = next((job for job in jobs if job.method == "evaluate"), None)
    if evaluation is None or (data := evaluation.inputs.prompts) is None:
        return ""
    try:
        n = count_prompts(content_folder(project.data_folder(data), data.sha256), data.split, _ENOUGH_PROMPTS)
    except NotFound:  # which the run will say
        return ""
    if n >= _ENOUGH_PROMPTS:
        return ""
    told = f"Only {n} test prompt{'' if n == 1 else 's'}" if n else "No test prompts"
    return f"{told}: too few to tell arms apart. Import more prompts and name them as test prompts."


def _cautions(experiment: Experiment, few_prompts: str) -> tuple[str, ...]:
    by_length = "The gold judge is `length`: longer answers win. Put a judge first that measures what you want."
    measures_length = by_length if experiment.judges[0] == "length" else ""
    found = (
        uneven_lengths(experiment), measures_length, rewarded_gold(experiment), few_prompts, forgotten_settings(experiment)
    )  # fmt: skip
    return tuple(caution for caution in found if caution)


def _share_done(status: RunStatus) -> float:
    if status.state is RunState.FINISHED:
        return 1.0
    return min(0.99, status.step / status.total) if status.total and status.phase == "training" else 0.0


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
            experiments=edit.manifest.experiments | {experiment.name: rebased(experiment, base, project.folder)},
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
    _join_experiments(project, {job.id: run_of(job.inputs.model) or "" for job in jobs})
    launch.enqueue(project, jobs)
    return jobs


def sample_best_of_n(
    project: Project, run_ids: Sequence[str] = (), *, n: int = 16, max_prompts: int | None = 64
) -> list[Job]:
    """Queues best of n: samples of the start model, of which the reward model chooses. It trains nothing.

    Args:
        project: the project.
        run_ids: reward runs, or runs that were trained or judged by one; none for all reward models of the project.
        n: responses of each prompt.
        max_prompts: at most so many of the test prompts; None takes all.

    Raises:
        NotFound: no such run, or nothing says on which prompts and by which judges.
        BadInput: a run that knows no reward model.
        BadSetting: fewer than two responses or prompts.
    """
    BestOfNRecipe.read({"n": n, "max_prompts": max_prompts}, where="best of n")
    runs = [project.job(run_id) for run_id in run_ids] or reward_models(project)
    if not runs:
        raise NotFound("The project has no reward model to choose by.", "Run an experiment first.")
    jobs = list({job.id: job for job in (plan_best_of_n(project, run, n, max_prompts) for run in runs)}.values())
    _join_experiments(project, {job.id: run_of(job.inputs.reward or "") or "" for job in jobs}, as_stage=True)
    launch.enqueue(project, jobs)
    return jobs


def _join_experiments(project: Project, rests_on: Mapping[str, str], *, as_stage: bool = False) -> None:
    """Lets experiments that have a run have what was added to it, under the arm's name or as a stage of all arms."""
    with project.edit() as edit:
        edit.change(runs={
            name: arms | {job: "" if as_stage else arms[run] for job, run in rests_on.items() if run in arms and job not in arms}
            for name, arms in edit.manifest.runs.items()
        })  # fmt: skip
