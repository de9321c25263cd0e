"""What run --plan, diff, drafts, yaml and choices print and write."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.jobs.planning import add, write_model
from tests.storage.records import dataset
from workbench import api, cli
from workbench.api import projects
from workbench.domain.errors import AlreadyExists
from workbench.storage.project import Project

EXPERIMENT = "{name: e, model: base, dataset: stories, arms: [{name: dpo, method: dpo, beta: BETA}]}"


@pytest.fixture
def project(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setattr(projects, "wake_runner", lambda _project: False)
    made = Project.create(tmp_path / "p")
    add(made, dataset("stories"))
    write_model(tmp_path / "lab" / "base")
    for name, beta in (("a", 0.1), ("b", 0.5)):
        (tmp_path / "lab" / f"{name}.yaml").write_text(EXPERIMENT.replace("BETA", str(beta)))
    return made.folder


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    return tmp_path / "lab"


def run(*arguments: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    assert done.exit_code == code, done.output
    return done.output


def test_a_plan_is_printed_and_nothing_is_queued(project, lab):
    printed = run("run", project, lab / "a.yaml", "--plan")
    assert "4 to do, 0 reused. Time and memory are not known." in printed
    plan = json.loads(run("run", project, lab / "a.yaml", "--plan", "--json"))
    assert [(one["method"], one["name"]) for one in plan["runs"]][-1] == ("evaluate", "dpo")
    assert api.show_experiments(Project.open(project)) == []


def test_two_experiments_are_compared_setting_by_setting(project, lab):
    assert run("diff", project, lab / "a.yaml", lab / "a.yaml").strip() == "They are the same."
    (line,) = json.loads(run("diff", project, lab / "a.yaml", lab / "b.yaml", "--json"))["differences"]
    assert (line["place"], line["label"], line["left"], line["right"]) == ("Arm dpo", "Beta", "0.1", "0.5")
    assert "Beta" in run("diff", project, lab / "a.yaml", lab / "b.yaml")


def test_a_draft_is_saved_planned_by_its_name_written_and_deleted(project, lab):
    assert json.loads(run("drafts", project, "--save", lab / "a.yaml", "--json")) == {"drafts": ["e"]}
    assert "4 to do" in run("run", project, "e", "--plan")
    run("yaml", project, "e", "--out", lab / "again.yaml")
    assert run("diff", project, lab / "a.yaml", lab / "again.yaml").strip() == "They are the same."
    assert run("drafts", project, "--delete", "e").strip() == "No drafts."


def test_models_and_judges_at_hand_are_listed(project):
    write_model(project / "models" / "small")
    found = json.loads(run("choices", project, "--json"))
    assert "models/small" in [model["name"] for model in found["models"]]
    assert "vader" in [judge["name"] for judge in found["judges"]]
    assert "models/small" in run("choices", project)


def test_a_file_that_is_there_is_replaced_only_where_it_was_named(project, lab, monkeypatch):
    monkeypatch.chdir(lab)
    run("drafts", project, "--save", lab / "a.yaml")
    run("yaml", project, "e")
    (lab / "experiment.yaml").write_text("mine")
    with pytest.raises(AlreadyExists, match=r"experiment\.yaml already"):
        CliRunner().invoke(cli.app, ["yaml", str(project), "e"], catch_exceptions=False)
    assert (lab / "experiment.yaml").read_text() == "mine"
    run("yaml", project, "e", "--out", "experiment.yaml")
    assert "name: e" in (lab / "experiment.yaml").read_text()
