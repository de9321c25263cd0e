"""A project with a few runs on disk, written through storage."""

from pathlib import Path

import pytest

from workbench.domain.recipes import DpoRecipe
from workbench.domain.records import Inputs, Job, Outcome
from workbench.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two finished runs and a stopped one."""
    project = Project.create(tmp_path / "project")
    for run_id, state in (("dpo-s0-aaaa", "finished"), ("dpo-s0-aabb", "finished"), ("ppo-s1-cccc", "stopped")):
        project.add_job(Job(id=run_id, name=run_id, method="dpo", recipe=DpoRecipe(), inputs=Inputs(model="m")))
        project.run(run_id).write_outcome(Outcome.model_validate({"state": state, "step": 4}))
    return project
