from pathlib import Path

from tests.jobs.planning import ARMS, add, write_model
from tests.storage.records import dataset
from workbench.domain.experiments import Experiment
from workbench.jobs.members import members
from workbench.jobs.plan import plan
from workbench.storage.project import Project


def planned(
    folder: Path, arms: list[dict[str, object]], project: Project
) -> tuple[Experiment, dict[str, str], list[str]]:
    values = {"name": "e", "model": "models/small", "dataset": "stories", "arms": arms, "seeds": [0, 1], "sft": True}
    experiment = Experiment.parse(values, where="e.yaml")
    jobs = plan(experiment, project, base=folder)
    for job in jobs:
        project.add_job(job)
    return experiment, members(experiment, jobs), [f"{job.method} {job.name}" for job in jobs]


def test_every_run_has_the_arm_that_it_is_in_the_experiment_even_where_it_was_trained_under_another_name(tmp_path):
    project = Project.create(tmp_path / "project")
    add(project, dataset("stories"))
    write_model(tmp_path / "models" / "small")
    one_seed = ["", "", "reference", "ppo", "ppo", "dpo", "dpo"]
    assert list(planned(tmp_path, ARMS, project)[1].values()) == one_seed * 2
    renamed = [ARMS[1] | {"name": "low beta"}, ARMS[0] | {"name": "soft"}]
    _, found, trained_as = planned(tmp_path, renamed, project)
    assert trained_as[3:7] == ["dpo dpo", "evaluate dpo", "ppo ppo", "evaluate ppo"]
    assert list(found.values()) == ["", "", "reference", "low beta", "low beta", "soft", "soft"] * 2
