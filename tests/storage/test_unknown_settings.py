"""What an earlier version stored with settings that this one does not have is read, kept and told, and never computed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.storage.records import job
from workbench import api
from workbench.domain.drafts import ExperimentDraft
from workbench.domain.errors import BadInput, BadSetting
from workbench.domain.experiments import Experiment, forgotten_settings
from workbench.jobs.launch import resume_run
from workbench.storage.project import Project

ARMS = [{"name": "ppo", "method": "ppo", "kl_coef": 0.2}, {"name": "dpo", "method": "dpo", "beta": 0.2}]
EXPERIMENT = {"name": "e", "model": "m", "dataset": "d", "arms": ARMS, "sft": {"batch_size": 4}}


def change(path: Path, *place: str | int, **values: Any) -> None:
    content = json.loads(path.read_text())
    inner = content
    for part in place:
        inner = inner[part]
    inner |= values
    path.write_text(json.dumps(content))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One run and one experiment, both with settings that nobody knows."""
    made = Project.create(tmp_path / "p")
    made.add_job(job("dpo-s0-1"))
    with made.edit() as edit:
        edit.change(experiments={"e": Experiment.parse(EXPERIMENT, where="e")})
    change(made.run_folder("dpo-s0-1") / "job.json", "recipe", label_pairs=0.3)
    manifest = made.folder / "project.workbench"
    change(manifest, "experiments", "e", colour="blue")
    change(manifest, "experiments", "e", "budget", steps=9)
    for place in (0, 1):
        change(manifest, "experiments", "e", "arms", place, "recipe", rare=True)
    return made


def test_a_project_opens_with_all_that_it_knows(project):
    view = api.show_project(project)
    assert ([run.id for run in view.runs], view.experiments) == (["dpo-s0-1"], ["e"])
    stored = project.manifest().experiments["e"]
    assert [(arm.method, arm.recipe.changed()) for arm in stored.arms] == [
        ("ppo", {"kl_coef": 0.2}),
        ("dpo", {"beta": 0.2}),
    ]


def test_what_is_unknown_stays_in_the_file_when_that_is_written_again(project):
    with project.edit() as edit:
        edit.change(name="renamed")
    raw = json.loads((project.folder / "project.workbench").read_text())["experiments"]["e"]
    assert (raw["colour"], raw["budget"]["steps"]) == ("blue", 9)
    assert [arm["recipe"]["rare"] for arm in raw["arms"]] == [True, True]
    assert "unknown" not in json.dumps(raw)


def test_what_is_unknown_is_told_of_run_and_experiment(project):
    told = api.run_recipe(project, "dpo-s0-1")[-1]
    assert (told.name, told.value, told.is_changed) == ("label_pairs", 0.3, True)
    assert "no such setting" in told.help
    sentence = forgotten_settings(project.manifest().experiments["e"])
    assert sentence.endswith("`colour`, `budget.steps`, `arms 1.recipe.rare`, `arms 2.recipe.rare`.")


def test_a_draft_of_it_says_what_no_form_has_a_field_for(project):
    draft = ExperimentDraft.of(project.manifest().experiments["e"])
    assert api.unknown_settings(draft) == ["colour", "budget.steps", "ppo.rare", "dpo.rare"]
    assert api.unknown_settings(ExperimentDraft.of(Experiment.parse(EXPERIMENT, where="e"))) == []


def test_a_run_that_cannot_be_computed_as_it_was_planned_is_not_begun(project):
    with pytest.raises(BadSetting, match=r"`dpo-s0-1` was planned with `label_pairs: 0.3`, which this version has no"):
        resume_run(project, "dpo-s0-1", wake=False)


def test_a_hand_that_misspells_a_setting_is_still_refused(project, tmp_path):
    with pytest.raises(BadSetting, match="no setting `colour`"):
        Experiment.parse(EXPERIMENT | {"colour": "blue"}, where="e")
    path = project.run_folder("dpo-s0-1") / "job.json"
    change(path, "recipe", beta=-1)
    with pytest.raises(BadInput, match="beta"):
        project.job("dpo-s0-1")
