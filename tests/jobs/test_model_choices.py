from tests.jobs.planning import write_model
from workbench.domain.experiments import Experiment
from workbench.jobs.model_choices import look_at, model_choices
from workbench.storage.project import Project


def test_models_at_hand_are_the_projects_folders_and_registered_ones(tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.jobs.model_choices._cached", list)
    project = Project.create(tmp_path / "p")
    write_model(project.folder / "models" / "small")
    write_model(tmp_path / "outside")
    write_model(project.folder / "runs" / "not-one")
    with project.edit() as edit:
        edit.change(models=(str(tmp_path / "outside"),))
    found = {choice.name: choice.where for choice in model_choices(project)}
    assert found == {"models/small": "project", str(tmp_path / "outside"): "registered"}


def test_what_a_folder_lacks_is_said(tmp_path):
    project = Project.create(tmp_path / "p")
    write_model(project.folder / "m")
    assert look_at(project, "m").problem == ""
    (project.folder / "m" / "tokenizer.json").unlink()
    assert "has no tokenizer" in look_at(project, "m").problem
    (project.folder / "m" / "config.json").unlink()
    assert "has no config.json" in look_at(project, "m").problem
    assert "no model folder" in look_at(project, "./nowhere").problem


def test_weights_are_asked_for_unless_training_starts_from_scratch(tmp_path):
    project = Project.create(tmp_path / "p")
    write_model(project.folder / "m")
    (project.folder / "m" / "model.safetensors").unlink()
    assert "has no weights" in look_at(project, "m").problem
    assert look_at(project, "m", needs_weights=False).problem == ""


def test_a_hub_id_that_is_not_in_the_cache_is_no_fault(tmp_path):
    choice = look_at(Project.create(tmp_path / "p"), "org/never-downloaded")
    assert (choice.where, choice.problem) == ("hub", "")


def test_what_an_experiment_started_from_is_at_hand_again(tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.jobs.model_choices._cached", list)
    project = Project.create(tmp_path / "p")
    write_model(tmp_path / "elsewhere")
    raw = {"name": "e", "model": str(tmp_path / "elsewhere"), "dataset": "d", "arms": [{"method": "dpo"}]}
    with project.edit() as edit:
        edit.change(experiments={"e": Experiment.parse(raw, where="e")})
    assert [tuple(choice)[:2] for choice in model_choices(project)] == [(str(tmp_path / "elsewhere"), "used before")]
