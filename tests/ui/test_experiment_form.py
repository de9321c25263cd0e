"""A new experiment is set up by typing, checked at once, planned before its launch."""

import pytest
from PySide6.QtCore import Qt

from tests.jobs.test_plan import add, write_model
from tests.storage.records import dataset
from workbench import api
from workbench.domain.experiments import Experiment
from workbench.storage.project import Project
from workbench.ui.experiments.draft import expand_arm, read_words

_CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project.create(tmp_path / "project")
    add(made, dataset("stories"))
    write_model(made.folder / "models" / "small")
    return made


@pytest.fixture
def form(qtbot, window, open_project, project):
    open_project(project)
    window.show_page("experiments")
    qtbot.keyClick(window, Qt.Key.Key_N, _CTRL)
    return window.page.form


def _fill(qtbot, form, **values):
    for name, text in values.items():
        qtbot.keyClicks(form.general.fields[name].editor, text)


def _dpo(form):
    return next(arm.sheet for arm in form.arms if arm.method == "dpo")


def test_several_values_of_a_setting_make_several_arms():
    arms = expand_arm("dpo", "dpo", {"beta": read_words("0.1, 0.5", "number"), "n_checkpoints": [2]})
    assert [(arm["name"], arm["beta"], arm["n_checkpoints"]) for arm in arms] == [
        ("dpo beta 0.1", 0.1, 2),
        ("dpo beta 0.5", 0.5, 2),
    ]


def test_what_is_missing_is_said_at_once(form):
    assert form.isVisible()
    assert "`name` is missing" in form.said.text()
    assert not form.launch_button.isEnabled()


def test_a_value_out_of_bounds_is_refused_in_the_domain_s_words(qtbot, form):
    _fill(qtbot, form, name="betas", model="models/small", dataset="stories")
    qtbot.keyClicks(_dpo(form).fields["beta"].editor, "-1")
    assert "expected more than 0" in form.said.text()
    assert _dpo(form).fields["beta"]._label.text() == "● Beta"


def test_the_plan_is_shown_and_launched(qtbot, form, project, window):
    _fill(qtbot, form, name="betas", model="models/small", dataset="stories")
    qtbot.keyClicks(_dpo(form).fields["beta"].editor, "0.1, 0.5")
    qtbot.waitUntil(form.launch_button.isEnabled, timeout=20000)
    assert [form.plan.topLevelItem(row).text(0) for row in range(form.plan.topLevelItemCount())][-1] == "dpo beta 0.5"
    assert api.show_experiments(project) == []
    qtbot.mouseClick(form.launch_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(api.show_experiments(project)), timeout=20000)
    qtbot.waitUntil(lambda: window.page.tree.topLevelItemCount() == 1, timeout=20000)
    qtbot.waitUntil(lambda: not form.isVisible(), timeout=20000)


def test_what_is_saved_opens_again_as_it_was(qtbot, form, tmp_path):
    _fill(qtbot, form, name="betas", model="models/small", dataset="stories")
    qtbot.keyClicks(_dpo(form).fields["beta"].editor, "0.3")
    before = form.raw()
    form._save(str(tmp_path / "e.yaml"))
    qtbot.waitUntil((tmp_path / "e.yaml").is_file, timeout=20000)
    _dpo(form).fields["beta"].editor.clear()
    form.load(str(tmp_path / "e.yaml"))
    qtbot.waitUntil(lambda: form.raw() == before, timeout=20000)


def test_a_files_budget_and_demonstrations_stay_with_it(qtbot, form):
    arm = {"name": "dpo", "method": "dpo", "beta": 0.2}
    file = {"name": "e", "model": "m", "dataset": "stories", "budget": {"episodes": 640}, "arms": [arm]}
    form.show_experiment(Experiment.parse(file | {"sft": {"dataset": "texts", "num_train_epochs": 2}}, where="e"))
    raw = form.raw()
    assert (raw["budget"], raw["sft"]["dataset"], raw["sft"]["num_train_epochs"]) == ({"episodes": 640}, "texts", 2)
    form.show_experiment(Experiment.parse(file | {"sft": True}, where="e"))
    assert form.raw()["sft"] is True, "another file, another stage"


def test_advanced_settings_wait_until_they_are_asked_for(qtbot, form):
    decay = _dpo(form).fields["weight_decay"]
    assert decay.isHidden()
    qtbot.keyClicks(form.search, "decay")
    assert not decay.isHidden()
    assert _dpo(form).fields["beta"].isHidden()
