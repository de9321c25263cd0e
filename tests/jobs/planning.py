"""A small project to plan in, and the plans of small experiments."""

from pathlib import Path
from typing import Any

from tests.storage.records import dataset, splits
from workbench.domain.experiments import Experiment
from workbench.domain.pairs import DatasetKind
from workbench.domain.records import DatasetRecord, Job
from workbench.jobs.plan import plan
from workbench.storage.files import write_record
from workbench.storage.project import Project

ARMS = [{"name": "ppo", "method": "ppo", "kl_coef": 0.1}, {"name": "dpo", "method": "dpo", "beta": 0.2}]


def project_to_plan_in(folder: Path) -> Project:
    """Returns a project with pairs and prompts, beside it the model `models/small`."""
    project = Project.create(folder / "project")
    add(project, dataset("stories"))
    add(project, dataset("prompts", DatasetKind.PROMPTS))
    write_model(folder / "models" / "small")
    return project


def add(project: Project, record: DatasetRecord) -> None:
    project.dataset_folder(record.name).mkdir(parents=True, exist_ok=True)
    write_record(project.dataset_folder(record.name) / "dataset.json", record)
    with project.edit() as edit:
        edit.add_dataset(record.name, splits())


def write_model(folder: Path, weights: str = "weights") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_text(weights)


def planned(project: Project, **changes: Any) -> list[Job]:
    values = {"name": "e", "model": "models/small", "dataset": "stories", "arms": ARMS} | changes
    return plan(Experiment.parse(values, where="e.yaml"), project, base=project.folder.parent)


def by_name(jobs: list[Job]) -> dict[tuple[str, str], Job]:
    return {(job.method, job.name): job for job in jobs}


def prompts_of(project: Project, **changes: Any) -> list[tuple[str, str | None] | None]:
    """The dataset and split that evaluations report on, and those that they choose by."""
    inputs = by_name(planned(project, **changes))["evaluate", "ppo"].inputs
    return [None if data is None else (data.name, data.split) for data in (inputs.prompts, inputs.validation)]
