"""What was typed into an experiment's form is never lost: files, drafts, duplicates, what was left."""

from PySide6.QtCore import Qt

from tests.jobs.planning import write_model
from tests.ui.experiments.filling import choose, dpo_arm, fill, fill_small
from workbench import api
from workbench.domain.drafts import DraftArm, ExperimentDraft
from workbench.domain.experiments import Experiment


def test_what_is_saved_opens_again_as_it_was(qtbot, form, tmp_path):
    fill_small(qtbot, form)
    qtbot.keyClicks(dpo_arm(form).fields["beta"].editor, "0.3")
    form.keeping.save_yaml(str(tmp_path / "project" / "e.yaml"))
    qtbot.waitUntil((tmp_path / "project" / "e.yaml").is_file, timeout=20000)
    before = form.draft().raw()
    dpo_arm(form).fields["beta"].editor.clear()
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


def test_a_draft_is_saved_without_launching_opened_and_deleted_with_undo(qtbot, form, project, session):
    fill(qtbot, form, name="half")
    qtbot.keyClick(form, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: api.draft_names(project) == ["half"], timeout=20000)
    form.settings.general.fields["name"].editor.clear()
    choose(form.keeping.start_menu, "Go on with a draft", "half")
    qtbot.waitUntil(lambda: form.draft().name == "half", timeout=20000)
    choose(form.keeping.save_menu, "Delete a draft", "half")
    qtbot.waitUntil(lambda: api.draft_names(project) == [], timeout=20000)
    qtbot.waitUntil(lambda: bool(session.history.undoable), timeout=20000)
    session.history.undo()
    qtbot.waitUntil(lambda: api.draft_names(project) == ["half"], timeout=20000)


def test_closing_the_window_loses_nothing(qtbot, form, project, window, session):
    qtbot.waitUntil(lambda: form.keeping._kept is not None, timeout=20000)
    fill(qtbot, form, name="half writ", seeds="0, x")
    window.close()
    left = api.left_form(project)
    assert left is not None
    assert left.general == {"name": ["half writ"], "seeds": [[0, "x"]]}


def test_a_form_that_cannot_be_read_is_set_aside_and_typing_is_kept(qtbot, window, open_project, project):
    file = project.state_folder() / "form.json"
    file.write_text('{"format_version": 99}')
    open_project(project)
    window.show_page("experiments")
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    form = window.page.form
    qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    assert "form-unread.json" in window.banner.text()
    fill(qtbot, form, name="half writ")
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
        fill(qtbot, form, name="half writ")
        qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    window.close()
    left = api.left_form(project)
    assert left is not None
    assert left.name == "half writ"


def test_the_form_comes_back_as_it_was_left(qtbot, window, open_project, project):
    api.leave_form(project, ExperimentDraft(general={"name": ["half writ"]}, arms=(DraftArm(name="p", method="ppo"),)))
    open_project(project)
    window.show_page("experiments")
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    form = window.page.form
    qtbot.waitUntil(lambda: form.draft().name == "half writ", timeout=20000)
    assert [arm.name for arm in form.settings.arms] == ["p"]


def test_an_experiment_is_duplicated_under_a_new_name_and_compared(qtbot, form, project, open_project, session):
    arms = [{"name": "dpo", "method": "dpo", "beta": 0.2}]
    raw = {"name": "first", "model": "models/small", "dataset": "stories", "arms": arms}
    api.run_experiment(project, Experiment.parse(raw, where="e"), base=project.folder)
    session.look()
    qtbot.waitUntil(lambda: session.view.experiments == ["first"], timeout=20000)
    choose(form.keeping.start_menu, "Duplicate an experiment", "first")
    qtbot.waitUntil(lambda: form.draft().name == "first 2", timeout=20000)
    dpo_arm(form).fields["beta"].editor.setText("0.4")
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


def test_what_a_duplicate_replaces_is_one_menu_away(qtbot, form):
    qtbot.waitUntil(lambda: form.keeping._kept is not None, timeout=20000)
    fill(qtbot, form, name="mine")
    choose(form.keeping.start_menu, "An empty form")
    assert form.draft().name == ""
    choose(form.keeping.start_menu, "What the form held before")
    assert form.draft().name == "mine"
    choose(form.keeping.start_menu, "What the form held before")
    assert form.draft().name == ""


def test_a_file_is_written_under_the_name_that_was_chosen_and_no_other(qtbot, form, session, tmp_path):
    (tmp_path / "rate-0.yaml").write_text("mine")
    fill_small(qtbot, form)
    form.keeping.save_yaml(str(tmp_path / "rate-0.5"))
    qtbot.waitUntil((tmp_path / "rate-0.5").is_file, timeout=20000)
    assert (tmp_path / "rate-0.yaml").read_text() == "mine"


def test_what_a_draft_holds_and_no_field_asks_for_is_told(qtbot, form, project, session):
    api.save_draft(project, "old", ExperimentDraft(general={"name": ["old"], "colour": ["blue"]}))
    with qtbot.waitSignal(session.told, timeout=20000) as told:
        form.keeping.open_draft("old")
    assert told.args == ["This version has no setting for what was stored as colour: it is left out.", "bad"]
    assert form.draft().name == "old"
