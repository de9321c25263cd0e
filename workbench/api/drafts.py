"""Experiments before their launch: drafts, what there is to choose from, and how two of them differ."""

from pathlib import Path

from pydantic import BaseModel

from workbench.api.experiments import read_experiment, write_experiment
from workbench.data.judge_names import ENSEMBLE_PREFIX, REWARD_PREFIX, judge_choices
from workbench.domain.costs import about_money
from workbench.domain.drafts import DraftArm, ExperimentDraft
from workbench.domain.endpoints import LLM_PREFIX, Endpoint
from workbench.domain.errors import NotFound
from workbench.domain.experiments import Experiment
from workbench.domain.records import Job, RunState
from workbench.domain.samples import HELDOUT
from workbench.jobs.judge_choices import judge_problem
from workbench.jobs.model_choices import ModelAtHand, look_at, model_choices
from workbench.jobs.rebase import rebased
from workbench.jobs.states import StateReader
from workbench.storage.experiment_drafts import (
    delete_draft,
    draft_names,
    leave_form,
    left_form,
    read_draft,
    save_draft,
    set_form_aside,
)
from workbench.storage.preferences import read_preferences
from workbench.storage.project import Project, nearest

__all__ = [
    "DraftArm",
    "ExperimentDraft",
    "JudgeAtHand",
    "ModelAtHand",
    "check_judge",
    "check_model",
    "delete_draft",
    "draft_names",
    "export_experiment",
    "find_experiment",
    "leave_form",
    "left_form",
    "list_judges",
    "list_models",
    "open_experiment",
    "read_draft",
    "save_draft",
    "set_form_aside",
]
_PAIRS, _TYPICAL_TOKENS, _LETTERS_A_TOKEN = 100, 250.0, 4.0  # a short prompt and two answers of 100 tokens


class JudgeAtHand(BaseModel):
    """A judge that an experiment may name, and what it measures."""

    name: str
    measures: str


def list_models(project: Project) -> list[ModelAtHand]:
    """Returns the models that an experiment can start from without a download."""
    return model_choices(project)


def check_model(
    project: Project, name: str, *, trust_remote_code: bool = False, needs_weights: bool = True
) -> ModelAtHand:
    """Says what a model's name leads to and whether it can be read; its `problem` is empty where it can.

    Args:
        project: relative folders start at its own.
        name: a folder, run:ID, or a hub id.
        trust_remote_code: the person lets it run code of its own.
        needs_weights: not for training from scratch.
    """
    return look_at(project, name, trust_remote_code=trust_remote_code, needs_weights=needs_weights)


def check_judge(project: Project, name: str) -> str:
    """Says in a sentence why a judge, or a term of a reward without its weight, cannot be used; empty where it can.

    Runs nothing of it and asks no network: a model of the hub that is not on this computer is no fault.
    """
    return judge_problem(project, name)


def list_judges(project: Project) -> list[JudgeAtHand]:
    """Returns the judges at hand: of this program, functions in the project's Python files, reward models, endpoints."""
    found = [JudgeAtHand(name=name, measures=measures) for name, measures in judge_choices(project.folder)]
    reader = StateReader(project)
    trained = [job for job in project.jobs() if job.method == "reward" and reader.state(job.id) is RunState.FINISHED]
    found += [
        JudgeAtHand(
            name=f"{REWARD_PREFIX}{job.id}", measures=f"the {_which(job)} that learned {_data(job)}, seed {job.seed}"
        )
        for job in trained
    ]
    if len(trained) > 1:
        names = "+".join(job.id for job in trained)
        measures = f"mean, minimum and spread of the {len(trained)} reward models of this project"
        found.append(JudgeAtHand(name=f"{ENSEMBLE_PREFIX}{names}", measures=measures))
    return found + [
        JudgeAtHand(name=f"{LLM_PREFIX}{name}", measures=_asked(endpoint))
        for name, endpoint in read_preferences().endpoints.items()
    ]


def _which(job: Job) -> str:
    return job.name if job.name == HELDOUT else "reward model"


def _data(job: Job) -> str:
    return job.inputs.data.name if job.inputs.data else ""


def _asked(endpoint: Endpoint) -> str:
    """Says what an endpoint does and what that costs, at a length that answers often have."""
    question = len(endpoint.question.template) / _LETTERS_A_TOKEN + _TYPICAL_TOKENS
    cost = endpoint.cost(2 * _PAIRS * question, 2 * _PAIRS * 3)
    price = f"{about_money(cost)} for {_PAIRS} pairs of 100 tokens" if cost else "free"
    return f"{endpoint.model} at {endpoint.host} compares with the start model in both orders; {price}; never the gold judge"


def open_experiment(project: Project, path: Path) -> Experiment:
    """Reads an experiment file for this project: its relative paths, which start at the file, start at the project.

    Raises:
        NotFound, BadInput, BadSetting: as `read_experiment`.
    """
    return rebased(read_experiment(path), path.resolve().parent, project.folder)


def export_experiment(project: Project, experiment: Experiment, path: Path) -> None:
    """Writes an experiment of this project as a file whose relative paths start at the file's folder."""
    write_experiment(rebased(experiment, project.folder, path.resolve().parent), path)


def find_experiment(project: Project, name: str) -> Experiment:
    """Returns an experiment by a file's path, or by its name among those of the project that were launched or drafted.

    Raises:
        NotFound: it is neither.
        BadInput, BadSetting: the file or draft is not complete.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return open_experiment(project, path)
    experiments = project.manifest().experiments
    if name in experiments:
        return experiments[name]
    drafts = draft_names(project)
    if name in drafts:
        return Experiment.parse(read_draft(project, name).raw(), where=f"The draft `{name}`")
    hint = nearest(name, [*experiments, *drafts], "experiment")
    raise NotFound(f"There is no experiment file {name}, and no experiment or draft of that name in the project.", hint)
