import pytest

from tests.jobs.planning import add, write_model
from tests.storage.records import dataset
from workbench import api
from workbench.domain.drafts import DraftArm, ExperimentDraft
from workbench.domain.errors import NotFound
from workbench.domain.experiments import Experiment
from workbench.storage.project import Project

RAW = {"name": "e", "model": "models/m", "dataset": "stories", "arms": [{"name": "dpo", "method": "dpo"}]}


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project.create(tmp_path / "p")
    add(made, dataset("stories"))
    write_model(made.folder / "models" / "m")
    return made


def _experiment(**changes) -> Experiment:
    return Experiment.parse(RAW | changes, where="e")


def test_a_draft_is_kept_under_its_name_until_it_is_deleted(project):
    draft = ExperimentDraft(general={"name": ["sweep"]}, arms=(DraftArm(name="ppo", method="ppo"),))
    api.save_draft(project, "sweep", draft)
    assert api.draft_names(project) == ["sweep"]
    assert api.read_draft(project, "sweep") == draft
    assert api.delete_draft(project, "sweep") == draft
    assert api.draft_names(project) == []
    with pytest.raises(NotFound, match="no draft `sweep`"):
        api.read_draft(project, "sweep")


def test_the_form_is_found_as_it_was_left(project):
    assert api.left_form(project) is None
    draft = ExperimentDraft(general={"name": ["half writ"]})
    api.leave_form(project, draft)
    assert api.left_form(project) == draft
    assert api.draft_names(project) == []


def test_forms_that_cannot_be_read_are_set_aside_one_beside_the_other(project):
    for text in ("one", "two"):
        file = project.state_folder() / "form.json"
        file.write_text(text)
        assert api.set_form_aside(project).read_text() == text
        assert api.left_form(project) is None
    assert sorted(path.read_text() for path in project.state_folder().glob("form-unread*")) == ["one", "two"]


def test_an_experiment_is_found_by_file_by_name_and_among_the_drafts(project, tmp_path):
    experiment = _experiment()
    api.write_experiment(experiment, tmp_path / "e.yaml")
    api.save_draft(project, "later", ExperimentDraft.of(experiment))
    with project.edit() as edit:
        edit.change(experiments={"launched": experiment})
    for name in (str(tmp_path / "e.yaml"), "later", "launched"):
        assert api.find_experiment(project, name) == experiment
    with pytest.raises(NotFound, match="Did you mean `later`"):
        api.find_experiment(project, "latr")


def test_a_file_elsewhere_keeps_its_models_and_an_exported_one_too(project, tmp_path):
    write_model(tmp_path / "lab" / "base")
    api.write_experiment(_experiment(model="base"), tmp_path / "lab" / "e.yaml")
    opened = api.open_experiment(project, tmp_path / "lab" / "e.yaml")
    assert opened.model == str(tmp_path / "lab" / "base")
    api.export_experiment(project, _experiment(), tmp_path / "lab" / "out.yaml")
    assert api.read_experiment(tmp_path / "lab" / "out.yaml").model == str(project.folder / "models" / "m")
    api.run_experiment(project, _experiment(model="base"), base=tmp_path / "lab")
    assert project.manifest().experiments["e"].model == opened.model, "what the project remembers starts at the project"


def test_only_what_differs_is_listed(project):
    arms = [{"name": "dpo", "method": "dpo", "beta": 0.3}, {"name": "ppo", "method": "ppo", "kl_coef": 0.1}]
    lines = api.diff_experiments(_experiment(), _experiment(seeds=[0, 1], sft=True, arms=arms))
    assert [(line.place, line.label, line.left, line.right) for line in lines] == [
        ("Experiment", "Seeds", "0", "0, 1"),
        ("Fine-tuning first", "Fine-tune first", "no", "yes"),
        ("Arm dpo", "Beta", "0.1", "0.3"),
        ("Arm ppo", "Arm", "not there", "ppo, KL coefficient 0.1"),
    ]
    assert api.diff_experiments(_experiment(), _experiment()) == []


def test_judges_at_hand_say_what_they_measure(project):
    (project.folder / "judges").mkdir()
    (project.folder / "judges" / "own.py").write_text('def polite(prompts, responses):\n    """Counts thanks."""\n')
    found = {judge.name: judge.measures for judge in api.list_judges(project)}
    assert found["judges/own.py:polite"] == "Counts thanks."
    assert "sentiment" in found["vader"]


def test_one_setting_is_judged_as_it_is_typed():
    assert api.check_setting("dpo", "beta", -1) == "expected more than 0; found -1"
    assert api.check_setting("experiment", "seeds", [0, 1]) == ""
    assert "whole number" in api.check_setting("experiment", "seeds", ["x"])
