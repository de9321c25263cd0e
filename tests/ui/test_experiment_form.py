"""A new experiment is set up by typing, checked at once, planned before its launch."""

import pytest
from PySide6.QtCore import Qt

from tests.jobs.planning import add, write_model
from tests.storage.records import dataset
from workbench import api
from workbench.domain.drafts import DraftArm, ExperimentDraft
from workbench.domain.experiments import Experiment
from workbench.storage.project import Project
from workbench.ui.experiments.pickers import JudgesPicker, NamePicker
from workbench.ui.experiments.words import read_words, values_words

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


def _line(field):
    """Returns what is typed into: pickers hold a line."""
    editor = field.editor
    return editor.line if isinstance(editor, NamePicker | JudgesPicker) else editor


def _fill(qtbot, form, **values):
    for name, text in values.items():
        qtbot.keyClicks(_line(form.settings.general.fields[name]), text)


def _small(qtbot, form):
    _fill(qtbot, form, name="betas", model="models/small", dataset="stories")


def _dpo(form):
    return next(arm for arm in form.settings.arms if arm.method == "dpo")


def _box(form, title):
    return next(box for box in form.plan.graph.boxes if box.title == title)


def _choose(menu, *words):
    """Clicks through a menu and its sub-menus."""
    menu.aboutToShow.emit()
    for word in words[:-1]:
        menu = next(action.menu() for action in menu.actions() if action.text() == word)
    next(action for action in menu.actions() if action.text().startswith(words[-1])).trigger()


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("0.1, 0.5", "number", [0.1, 0.5]),
        ("0, 1", "list", [[0, 1]]),
        ("a, b", "text", ["a, b"]),
        ("x", "number", ["x"]),
        (" ", "number", []),
    ],
)
def test_words_in_a_field_are_read_and_written_back(text, kind, values):
    assert read_words(text, kind) == values
    assert read_words(values_words(values), kind) == values


def test_what_is_missing_is_said_at_once(form):
    assert form.isVisible()
    assert "“Name” is missing" in form.plan.said.text()
    assert not form.plan.launch_button.isEnabled()


def test_a_value_out_of_bounds_is_refused_beside_its_field(qtbot, form):
    _small(qtbot, form)
    beta = _dpo(form).fields["beta"]
    qtbot.keyClicks(beta.editor, "0.1, -1")
    assert beta.said() == "Expected more than 0; found -1."
    assert "expected more than 0" in form.plan.said.text()
    assert beta._label.text() == "✕ Beta"
    beta.editor.clear()
    assert beta.said() == ""
    assert beta._label.text() == "Beta"


def test_what_is_wrong_with_a_value_is_said_while_the_person_is_at_it_and_moves_nothing(qtbot, form):
    dpo = _dpo(form)
    beta, other = dpo.fields["beta"], dpo.fields["learning_rate"]
    form.settings.ensureWidgetVisible(beta)
    size, place = dpo.sizeHint(), beta.pos()
    beta.editor.setFocus()
    qtbot.keyClicks(beta.editor, "-1")
    assert beta._said.isVisible()
    assert (dpo.sizeHint(), beta.pos()) == (size, place)
    assert beta._said.geometry().top() >= beta.geometry().top() + beta.editor.geometry().bottom()
    other.editor.setFocus()
    assert not beta._said.isVisible()


def test_a_gold_judge_that_counts_words_is_warned_of_before_the_launch(qtbot, form):
    _small(qtbot, form)
    qtbot.waitUntil(form.plan.launch_button.isEnabled, timeout=20000)
    assert "longer answers win" in form.plan.warnings.text()
    _fill(qtbot, form, judges="vader")
    qtbot.waitUntil(lambda: not form.plan.warnings.isVisible(), timeout=20000)


def test_names_say_at_once_what_they_lead_to(qtbot, form):
    general = form.settings.general.fields
    _fill(qtbot, form, model="models/smal", dataset="storie", judges="vader")
    assert general["dataset"].said() == "The project has no dataset of this name."
    qtbot.waitUntil(lambda: "looked for on the hub" in general["model"].said(), timeout=20000)
    _fill(qtbot, form, model="l", dataset="s")
    assert general["dataset"].said() == "preference: 8 train, 1 validation, 1 test"
    qtbot.waitUntil(lambda: "a folder that can be read" in general["model"].said(), timeout=20000)
    qtbot.waitUntil(lambda: "Gold: vader: sentiment" in general["judges"].said(), timeout=20000)


def test_a_folder_that_is_no_model_is_refused_where_it_is_named(qtbot, form, project):
    (project.folder / "models" / "small" / "tokenizer.json").unlink()
    _fill(qtbot, form, model="models/small")
    qtbot.waitUntil(lambda: "has no tokenizer" in form.settings.general.fields["model"].said(), timeout=20000)


def test_models_and_datasets_are_offered(qtbot, form):
    boxes = {name: form.settings.general.fields[name].editor.box for name in ("model", "dataset", "test_prompts")}
    qtbot.waitUntil(lambda: boxes["model"].count() > 0, timeout=20000)
    assert boxes["model"].itemText(0) == "models/small"
    assert [boxes["dataset"].itemText(row) for row in range(boxes["dataset"].count())] == ["stories"]
    boxes["dataset"].setCurrentIndex(0)
    assert form.draft().general["dataset"] == ["stories"]


def test_judges_are_added_behind_the_gold_one(qtbot, form):
    judges = form.settings.general.fields["judges"].editor
    qtbot.waitUntil(lambda: bool(judges.menu.actions()), timeout=20000)
    qtbot.keyClicks(judges.line, "length")
    for _ in range(2):
        next(action for action in judges.menu.actions() if action.text().startswith("vader")).trigger()
    assert form.draft().general["judges"] == [["length", "vader"]]


def test_a_term_is_added_to_the_reward_behind_the_model_and_the_plan_grows_with_its_ensemble(qtbot, form):
    _small(qtbot, form)
    ppo = next(arm for arm in form.settings.arms if arm.method == "ppo")
    rewards = ppo.fields["rewards"].editor
    qtbot.waitUntil(lambda: bool(rewards.menu.actions()), timeout=20000)
    assert rewards.menu.actions()[0].text().startswith("model  -  the reward model that the experiment trains")
    next(action for action in rewards.menu.actions() if action.text().startswith("vader")).trigger()
    assert ppo.draft().settings["rewards"] == [["model", "vader"]]
    qtbot.keyClicks(ppo.fields["reward_models"].editor, "2")
    qtbot.waitUntil(lambda: any(box.title == "Reward model 2" for box in form.plan.graph.boxes), timeout=20000)
    places = [(box.x(), box.y()) for box in form.plan.graph.boxes]
    assert len(set(places)) == len(places)
    rewards.line.setText("0*vader")
    assert "Expected a judge's name, maybe with a weight" in ppo.fields["rewards"].said()


def test_an_arm_that_is_added_later_is_offered_the_same_terms(qtbot, form):
    first = form.settings.arms[0].fields["rewards"].editor
    qtbot.waitUntil(lambda: bool(first.menu.actions()), timeout=20000)
    later = form.settings.add_arm("ppo").fields["rewards"].editor
    assert [action.text() for action in later.menu.actions()] == [action.text() for action in first.menu.actions()]


def test_the_plan_is_drawn_and_launched(qtbot, form, project, window):
    _small(qtbot, form)
    qtbot.keyClicks(_dpo(form).fields["beta"].editor, "0.1, 0.5")
    qtbot.waitUntil(form.plan.launch_button.isEnabled, timeout=20000)
    assert _box(form, "dpo beta 0.5").stage.fate == "new"
    assert form.plan.launch_button.text() == "Launch 8 runs"
    assert api.show_experiments(project) == []
    qtbot.mouseClick(form.plan.launch_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(api.show_experiments(project)), timeout=20000)
    qtbot.waitUntil(lambda: not form.isVisible(), timeout=20000)


def test_a_click_on_a_stage_leads_to_its_settings(qtbot, form):
    _small(qtbot, form)
    qtbot.keyClicks(_dpo(form).fields["beta"].editor, "0.1, 0.5")
    qtbot.waitUntil(form.plan.launch_button.isEnabled, timeout=20000)
    for title, field in (
        ("dpo beta 0.5", _dpo(form).fields["learning_rate"]),
        ("Reward model", form.settings.reward.fields["learning_rate"]),
        ("Evaluation", form.settings.sampling.fields["temperature"]),
    ):
        qtbot.mouseClick(_box(form, title), Qt.MouseButton.LeftButton)
        assert form.window().focusWidget() is field.editor


def test_what_is_saved_opens_again_as_it_was(qtbot, form, tmp_path):
    _small(qtbot, form)
    qtbot.keyClicks(_dpo(form).fields["beta"].editor, "0.3")
    form.keeping.save_yaml(str(tmp_path / "project" / "e.yaml"))
    qtbot.waitUntil((tmp_path / "project" / "e.yaml").is_file, timeout=20000)
    before = form.draft().raw()
    _dpo(form).fields["beta"].editor.clear()
    form.keeping.open_yaml(str(tmp_path / "project" / "e.yaml"))
    qtbot.waitUntil(lambda: form.draft().raw() == before, timeout=20000)


def test_a_model_beside_a_file_elsewhere_is_found(qtbot, form, tmp_path):
    write_model(tmp_path / "lab" / "base")
    (tmp_path / "lab" / "e.yaml").write_text("{name: e, model: base, dataset: stories, arms: [{method: dpo}]}")
    form.keeping.open_yaml(str(tmp_path / "lab" / "e.yaml"))
    qtbot.waitUntil(form.plan.launch_button.isEnabled, timeout=20000)
    assert form.draft().general["model"] == [str(tmp_path / "lab" / "base")]


def test_a_files_budget_and_demonstrations_stay_with_it(qtbot, form):
    arm = {"name": "dpo", "method": "dpo", "beta": 0.2}
    file = {"name": "e", "model": "m", "dataset": "stories", "budget": {"episodes": 640}, "arms": [arm]}
    form.show_experiment(Experiment.parse(file | {"sft": {"dataset": "texts", "num_train_epochs": 2}}, where="e"))
    raw = form.draft().raw()
    assert (raw["budget"], raw["sft"]["dataset"], raw["sft"]["num_train_epochs"]) == ({"episodes": 640}, "texts", 2)
    form.show_experiment(Experiment.parse(file | {"sft": True}, where="e"))
    assert form.draft().raw()["sft"] is True, "another file, another stage"


def test_arms_that_are_added_later_follow_the_preset_too(qtbot, form):
    form.settings.general.fields["preset"].editor.setCurrentText("thorough")
    added = form.settings.add_arm("dpo")
    assert added.fields["n_checkpoints"].editor.placeholderText() == "8"
    assert added.name == "dpo 2"


def test_an_arm_is_renamed_doubled_and_removed(qtbot, form):
    arm = _dpo(form)
    arm.name_line.setText("low beta")
    qtbot.keyClicks(arm.fields["beta"].editor, "0.01")
    arm.doubled.emit()
    assert [(one.name, one.settings) for one in form.draft().arms][1:] == [
        ("low beta", {"beta": [0.01]}),
        ("low beta copy", {"beta": [0.01]}),
    ]
    arm.removed.emit()
    assert [one.name for one in form.draft().arms] == ["ppo", "low beta copy"]
    _choose(form.keeping.start_menu, "What the form held before")
    assert [one.name for one in form.draft().arms] == ["ppo", "low beta", "low beta copy"]


def test_a_draft_is_saved_without_launching_opened_and_deleted_with_undo(qtbot, form, project, session):
    _fill(qtbot, form, name="half")
    qtbot.keyClick(form, Qt.Key.Key_S, _CTRL)
    qtbot.waitUntil(lambda: api.draft_names(project) == ["half"], timeout=20000)
    form.settings.general.fields["name"].editor.clear()
    _choose(form.keeping.start_menu, "Go on with a draft", "half")
    qtbot.waitUntil(lambda: form.draft().name == "half", timeout=20000)
    _choose(form.keeping.save_menu, "Delete a draft", "half")
    qtbot.waitUntil(lambda: api.draft_names(project) == [], timeout=20000)
    qtbot.waitUntil(lambda: bool(session.history.undoable), timeout=20000)
    session.history.undo()
    qtbot.waitUntil(lambda: api.draft_names(project) == ["half"], timeout=20000)


def test_closing_the_window_loses_nothing(qtbot, form, project, window, session):
    qtbot.waitUntil(lambda: form.keeping._kept is not None, timeout=20000)
    _fill(qtbot, form, name="half writ", seeds="0, x")
    window.close()
    left = api.left_form(project)
    assert left is not None
    assert left.general == {"name": ["half writ"], "seeds": [[0, "x"]]}


def test_a_form_that_cannot_be_read_is_set_aside_and_typing_is_kept(qtbot, window, open_project, project):
    file = project.state_folder() / "form.json"
    file.write_text('{"format_version": 99}')
    open_project(project)
    window.show_page("experiments")
    qtbot.keyClick(window, Qt.Key.Key_N, _CTRL)
    form = window.page.form
    qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    assert "form-unread.json" in window.banner.text()
    _fill(qtbot, form, name="half writ")
    window.close()
    assert file.with_name("form-unread.json").read_text() == '{"format_version": 99}'
    left = api.left_form(project)
    assert left is not None
    assert left.name == "half writ"


def test_a_form_that_could_not_be_kept_is_kept_later(qtbot, form, project, window, monkeypatch):
    def fail(*_args: object) -> None:
        raise OSError("the disk is full")

    qtbot.waitUntil(lambda: form.keeping._kept is not None, timeout=20000)
    with monkeypatch.context() as patch:
        patch.setattr(api, "leave_form", fail)
        _fill(qtbot, form, name="half writ")
        qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    window.close()
    left = api.left_form(project)
    assert left is not None
    assert left.name == "half writ"


def test_the_form_comes_back_as_it_was_left(qtbot, window, open_project, project):
    api.leave_form(project, ExperimentDraft(general={"name": ["half writ"]}, arms=(DraftArm(name="p", method="ppo"),)))
    open_project(project)
    window.show_page("experiments")
    qtbot.keyClick(window, Qt.Key.Key_N, _CTRL)
    form = window.page.form
    qtbot.waitUntil(lambda: form.draft().name == "half writ", timeout=20000)
    assert [arm.name for arm in form.settings.arms] == ["p"]


def test_an_experiment_is_duplicated_under_a_new_name_and_compared(qtbot, form, project, open_project, session):
    arms = [{"name": "dpo", "method": "dpo", "beta": 0.2}]
    raw = {"name": "first", "model": "models/small", "dataset": "stories", "arms": arms}
    api.run_experiment(project, Experiment.parse(raw, where="e"), base=project.folder)
    session.look()
    qtbot.waitUntil(lambda: session.view.experiments == ["first"], timeout=20000)
    _choose(form.keeping.start_menu, "Duplicate an experiment", "first")
    qtbot.waitUntil(lambda: form.draft().name == "first 2", timeout=20000)
    _dpo(form).fields["beta"].editor.setText("0.4")
    form.tabs.setCurrentWidget(form.differences)
    lines = form.differences.lines
    qtbot.waitUntil(lambda: lines.topLevelItemCount() == 2, timeout=20000)
    arm = lines.topLevelItem(1)
    assert (arm.text(0), arm.child(0).text(0), arm.child(0).text(1), arm.child(0).text(2)) == (
        "Arm dpo",
        "Beta",
        "0.4",
        "0.2",
    )


def test_advanced_settings_wait_until_they_are_asked_for(qtbot, form):
    decay = _dpo(form).fields["weight_decay"]
    assert decay.isHidden()
    qtbot.keyClicks(form.search, "decay")
    assert not decay.isHidden()
    assert _dpo(form).fields["beta"].isHidden()


def test_a_search_leaves_only_the_cards_that_have_what_is_meant(qtbot, form):
    qtbot.keyClicks(form.search, "decay")
    assert not _dpo(form).isHidden()
    assert form.settings.sampling.isHidden()
    form.search.clear()
    assert not form.settings.sampling.isHidden()
    assert form.settings.sft.isHidden(), "nothing is fine-tuned"
    form.settings.sft_on.setChecked(True)
    assert not form.settings.sft.isHidden()


def test_what_a_duplicate_replaces_is_one_menu_away(qtbot, form):
    qtbot.waitUntil(lambda: form.keeping._kept is not None, timeout=20000)
    _fill(qtbot, form, name="mine")
    _choose(form.keeping.start_menu, "An empty form")
    assert form.draft().name == ""
    _choose(form.keeping.start_menu, "What the form held before")
    assert form.draft().name == "mine"
    _choose(form.keeping.start_menu, "What the form held before")
    assert form.draft().name == ""


def test_typing_in_the_middle_of_a_name_keeps_its_place(qtbot, form):
    _fill(qtbot, form, dataset="stries")
    line = _line(form.settings.general.fields["dataset"])
    line.setCursorPosition(2)
    qtbot.keyClicks(line, "o")
    assert (line.text(), line.cursorPosition()) == ("stories", 3)
