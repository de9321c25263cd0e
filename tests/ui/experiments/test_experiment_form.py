"""A new experiment is set up by typing, checked at once, planned before its launch."""

import pytest
from PySide6.QtCore import Qt

from tests.ui.experiments.filling import choose, dpo_arm, fill, fill_small, line_of
from workbench import api
from workbench.ui.experiments.words import read_words, values_words


def _box(form, title):
    return next(box for box in form.plan.graph.boxes if box.title == title)


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
    fill_small(qtbot, form)
    beta = dpo_arm(form).fields["beta"]
    qtbot.keyClicks(beta.editor, "0.1, -1")
    assert beta.said() == "Expected more than 0; found -1."
    assert "expected more than 0" in form.plan.said.text()
    assert beta._label.text() == "✕ Beta"
    beta.editor.clear()
    assert beta.said() == ""
    assert beta._label.text() == "Beta"


def test_what_is_wrong_with_a_value_is_said_while_the_person_is_at_it_and_moves_nothing(qtbot, form):
    dpo = dpo_arm(form)
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
    fill_small(qtbot, form)
    qtbot.waitUntil(form.plan.launch_button.isEnabled, timeout=20000)
    assert "longer answers win" in form.plan.warnings.text()
    fill(qtbot, form, judges="vader")
    qtbot.waitUntil(lambda: not form.plan.warnings.isVisible(), timeout=20000)


def test_names_say_at_once_what_they_lead_to(qtbot, form):
    general = form.settings.general.fields
    fill(qtbot, form, model="models/smal", dataset="storie", judges="vader")
    assert general["dataset"].said() == "The project has no dataset of this name."
    qtbot.waitUntil(lambda: "looked for on the hub" in general["model"].said(), timeout=20000)
    fill(qtbot, form, model="l", dataset="s")
    assert general["dataset"].said() == "preference: 8 train, 1 validation, 1 test"
    qtbot.waitUntil(lambda: "a folder that can be read" in general["model"].said(), timeout=20000)
    qtbot.waitUntil(lambda: "Gold: vader: sentiment" in general["judges"].said(), timeout=20000)


def test_a_folder_that_is_no_model_is_refused_where_it_is_named(qtbot, form, project):
    (project.folder / "models" / "small" / "tokenizer.json").unlink()
    fill(qtbot, form, model="models/small")
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
    fill_small(qtbot, form)
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


def test_a_judge_or_reward_that_is_not_there_is_marked_where_it_is_named(qtbot, form):
    ppo = next(arm for arm in form.settings.arms if arm.method == "ppo")
    rewards, judges = ppo.fields["rewards"], form.settings.general.fields["judges"]
    qtbot.keyClicks(rewards.editor.line, "model, 0.5*vadr")
    qtbot.waitUntil(lambda: rewards.said() == "There is no judge `vadr`. Did you mean `vader`?", timeout=20000)
    assert rewards._label.text() == "✕ Reward"
    rewards.editor.line.setText("reward:never-trained")
    qtbot.waitUntil(lambda: "no reward model `never-trained`" in rewards.said(), timeout=20000)
    rewards.editor.line.setText("model, 0.5*vader")
    qtbot.waitUntil(lambda: rewards.said() == "", timeout=20000)
    qtbot.keyClicks(judges.editor.line, "vader, judges.py:kindness")
    qtbot.waitUntil(lambda: "no judge file" in judges.said(), timeout=20000)
    assert judges._label.text() == "✕ Judges"


def test_an_arm_that_is_added_later_is_offered_the_same_terms(qtbot, form):
    first = form.settings.arms[0].fields["rewards"].editor
    qtbot.waitUntil(lambda: bool(first.menu.actions()), timeout=20000)
    later = form.settings.add_arm("ppo").fields["rewards"].editor
    assert [action.text() for action in later.menu.actions()] == [action.text() for action in first.menu.actions()]


def test_the_plan_is_drawn_and_launched(qtbot, form, project, window):
    fill_small(qtbot, form)
    qtbot.keyClicks(dpo_arm(form).fields["beta"].editor, "0.1, 0.5")
    qtbot.waitUntil(form.plan.launch_button.isEnabled, timeout=20000)
    assert _box(form, "dpo beta 0.5").stage.fate == "new"
    assert form.plan.launch_button.text() == "Launch 8 runs"
    assert api.show_experiments(project) == []
    qtbot.mouseClick(form.plan.launch_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(api.show_experiments(project)), timeout=20000)
    qtbot.waitUntil(lambda: not form.isVisible(), timeout=20000)


def test_a_click_on_a_stage_leads_to_its_settings(qtbot, form):
    fill_small(qtbot, form)
    qtbot.keyClicks(dpo_arm(form).fields["beta"].editor, "0.1, 0.5")
    qtbot.waitUntil(form.plan.launch_button.isEnabled, timeout=20000)
    for title, field in (
        ("dpo beta 0.5", dpo_arm(form).fields["learning_rate"]),
        ("Reward model", form.settings.reward.fields["learning_rate"]),
        ("Evaluation", form.settings.sampling.fields["temperature"]),
    ):
        qtbot.mouseClick(_box(form, title), Qt.MouseButton.LeftButton)
        assert form.window().focusWidget() is field.editor


def test_arms_that_are_added_later_follow_the_preset_too(qtbot, form):
    form.settings.general.fields["preset"].editor.setCurrentText("thorough")
    added = form.settings.add_arm("dpo")
    assert added.fields["n_checkpoints"].editor.placeholderText() == "8"
    assert added.name == "dpo 2"


def test_an_arm_is_renamed_doubled_and_removed(qtbot, form):
    arm = dpo_arm(form)
    arm.name_line.setText("low beta")
    qtbot.keyClicks(arm.fields["beta"].editor, "0.01")
    arm.doubled.emit()
    assert [(one.name, one.settings) for one in form.draft().arms][1:] == [
        ("low beta", {"beta": [0.01]}),
        ("low beta copy", {"beta": [0.01]}),
    ]
    arm.removed.emit()
    assert [one.name for one in form.draft().arms] == ["ppo", "low beta copy"]
    choose(form.keeping.start_menu, "What the form held before")
    assert [one.name for one in form.draft().arms] == ["ppo", "low beta", "low beta copy"]


def test_advanced_settings_wait_until_they_are_asked_for(qtbot, form):
    decay = dpo_arm(form).fields["weight_decay"]
    assert decay.isHidden()
    qtbot.keyClicks(form.search, "decay")
    assert not decay.isHidden()
    assert dpo_arm(form).fields["beta"].isHidden()


def test_a_search_leaves_only_the_cards_that_have_what_is_meant(qtbot, form):
    qtbot.keyClicks(form.search, "decay")
    assert not dpo_arm(form).isHidden()
    assert form.settings.sampling.isHidden()
    form.search.clear()
    assert not form.settings.sampling.isHidden()
    assert form.settings.sft.isHidden(), "nothing is fine-tuned"
    form.settings.sft_on.setChecked(True)
    assert not form.settings.sft.isHidden()


def test_typing_in_the_middle_of_a_name_keeps_its_place(qtbot, form):
    fill(qtbot, form, dataset="stries")
    line = line_of(form.settings.general.fields["dataset"])
    line.setCursorPosition(2)
    qtbot.keyClicks(line, "o")
    assert (line.text(), line.cursorPosition()) == ("stories", 3)
