"""ask and keep, as a person types them."""

import json
from pathlib import Path
from typing import Any

import pytest
from commands import workbench
from pretend_playground import COMMAND

from workbench import api
from workbench.cli import playground as commands
from workbench.domain.errors import BadInput
from workbench.jobs.playground import Playground
from workbench.storage.project import Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose models' process is a recorded one."""
    monkeypatch.setattr(commands.api, "start_playground", lambda project: Playground(project, COMMAND), raising=False)
    return api.create_project(tmp_path / "project")


def ask(project: Project, prompt: str = "Once", **options: Any) -> None:
    commands.ask(project.folder, prompt, checkpoint=["org/start", "org/ppo"], judge=["vader", "reward:r"], **options)


def test_answers_and_scores_are_printed_once_each(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    ask(project)
    out = capsys.readouterr().out
    assert out.count("He liked to chase the dog for a book. One day, he saw a little\n") == 1
    assert "org/ppo  ·  vader  +0.959" in out
    assert "[+" not in out


def test_token_rewards_are_printed_when_asked_for(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    ask(project, token_rewards=True)
    assert " He[-0.22]  li[+0.90]" in capsys.readouterr().out


def test_json_is_one_object_with_everything(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    ask(project, json=True)
    found = json.loads(capsys.readouterr().out)
    assert [model["model"] for model in found["models"]] == ["org/start", "org/ppo"]
    (response,) = found["models"][1]["responses"]
    assert response["scores"]["vader"] == 0.959
    assert response["tokens"]["reward:r"][0] == [" He", pytest.approx(-0.217, abs=1e-3)]


def test_a_project_without_checkpoints_says_what_to_do(project: Project) -> None:
    with pytest.raises(BadInput, match="no checkpoints yet"):
        commands.ask(project.folder, "Once")


def test_keep_adds_a_prompt_or_a_pair(tmp_path: Path) -> None:
    workbench("new", tmp_path / "p")
    assert workbench("keep", tmp_path / "p", "Once")["dataset"] == "kept-prompts"
    kept = workbench("keep", tmp_path / "p", "Once", "--chosen", " a", "--rejected", " b", "--to", "mine")
    assert (kept["dataset"], kept["n_rows"]) == ("mine", 1)
    workbench("keep", tmp_path / "p", "Once", "--chosen", " a", code=1)
