"""Deleting, bringing back, tagging and renaming by command, on a project of recorded runs."""

from pathlib import Path

import pytest
from evaluated_runs import realistic

from tests.commands import workbench


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return realistic(tmp_path / "stories", seeds=(0,), n_prompts=4, steps=1).folder


def test_runs_are_deleted_and_the_newest_deletion_brought_back(project: Path) -> None:
    deletion = workbench("delete", project, "ppo-s0")
    assert deletion["words"] == "run ppo-s0"
    (listed,) = workbench("trash", project)["trash"]
    assert listed["run_ids"] == ["ppo-s0", "eval-ppo-s0"]
    assert workbench("restore", project)["runs"] == listed["run_ids"]
    assert workbench("trash", project, "--empty") == {"freed": 0}


def test_tags_and_names_are_given(project: Path) -> None:
    assert workbench("tag", project, "ppo-s0", "--add", "keep") == {"tags": {"ppo-s0": ["keep"]}}
    workbench("rename", project, "PPO low KL", "--run", "ppo-s0")
    workbench("rename", project, "film critic", "--experiment", "stories")
    assert workbench("tag", project, "--experiment", "film critic", "--add", "done")["tags"] == {
        "film critic": ["done"]
    }


def test_one_thing_is_deleted_at_a_time(project: Path) -> None:
    workbench("delete", project, "ppo-s0", "--dataset", "pairs", code=1)
