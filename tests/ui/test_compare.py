import os

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox

from workbench import api
from workbench.domain.records import Outcome
from workbench.storage.liveness import lock_for_worker
from workbench.storage.project import Project
from workbench.ui.pages.compare.exporting import ExportDialog
from workbench.ui.widgets.controls import tip_words
from workbench.ui.widgets.plots.chart_card import value_at


@pytest.fixture
def page(qtbot, window, open_project, evaluated):
    """The Compare page with its comparison on it."""
    open_project(evaluated)
    window.show_page("compare")
    qtbot.waitUntil(lambda: window.page.is_settled, timeout=20000)
    return window.page


def test_the_three_panels_are_drawn_with_all_arms(page):
    reward, kl, win = page.grid.cards
    assert reward.chart.n_curves() == 6  # gold and proxy of three arms
    assert (kl.chart.n_curves(), win.chart.n_curves()) == (3, 3)
    assert "PPO" in kl.legend.text()
    assert "KL" in kl.chart.accessibleName()
    assert "nats per response" in kl.chart.accessibleName()


def test_unticking_an_arm_takes_it_from_every_part_and_keeps_the_colours(qtbot, page):
    before = page.comparison.panels[1].series[1].index
    page.tree.topLevelItem(1).setCheckState(0, Qt.CheckState.Unchecked)
    settled(qtbot, page)
    assert page.grid.cards[1].chart.n_curves() == 2
    assert page.matrix.rowCount() == page.summary.rowCount() == 3
    assert page.comparison.panels[1].series[0].index == before
    assert "PPO" not in page.grid.cards[1].legend.text()


def test_the_cursor_reads_out_every_chart_of_the_same_axis(page):
    page.grid.cards[0].pointed.emit(page.grid.cards[0], 100.0)
    series = page.grid.cards[1].spec.series[0]
    assert f"<b>{value_at(series, 100.0)[1]:,.3g}</b>" in page.grid.cards[1].read_out()
    page.grid.cards[0].pointed.emit(page.grid.cards[0], None)
    assert page.grid.cards[1].read_out() == ""


def test_chart_and_table_say_both_units_of_a_reward(qtbot, page, window):
    window.resize(1600, 900)
    qtbot.waitUntil(lambda: page.grid.cards[0].chart.width() > 300, timeout=20000)
    page.grid.cards[0].pointed.emit(page.grid.cards[0], 100.0)
    words, series = page.grid.cards[0].read_out(), page.grid.cards[0].spec.series[0]
    arm = next(arm for arm in page.comparison.arms if arm.name == series.arm)
    assert "s.d. (score)" in words
    assert f"({series.scores[series.y.index(value_at(series, 100.0)[1])]:,.3g})" in words
    rows = [page.summary.item(row, 0).text() for row in range(page.summary.rowCount())]
    tip = page.summary.item(rows.index(arm.name), 1).toolTip()
    assert f"{arm.gold_gain.mean:+.2f} s.d. above the start model" in tip


def test_names_in_the_read_out_give_way_to_its_figures(page):
    card = page.grid.cards[0]
    card.pointed.emit(card, 100.0)
    assert "…" in card.read_out()
    assert "(score)" not in card.read_out()
    assert card._read_out.geometry().right() < card.chart.width()


def test_another_axis_is_drawn_and_remembered(qtbot, page, session):
    page.bar.x_box.setCurrentIndex(page.bar.x_box.findData("kl"))
    page.bar.x_box.activated.emit(page.bar.x_box.currentIndex())
    qtbot.waitUntil(lambda: page.comparison.view.x == "kl" and page.is_settled, timeout=20000)
    assert page.grid.cards[0].spec.x.unit == "nats"
    assert page.view.x == "kl"


def test_the_matrix_says_who_beats_whom_from_both_sides(page):
    cell = page.comparison.cell("PPO", "reference")
    row = [page.matrix.verticalHeaderItem(at).toolTip() for at in range(4)].index(tip_words("PPO"))
    assert page.matrix.item(row, 0).text().startswith(f"{100 * cell.rate.mean:.0f}")
    assert page.matrix.item(0, row).text().startswith(f"{100 * cell.swapped().rate.mean:.0f}")
    assert page.matrix.item(0, 0).text() == ""


def test_the_summary_sorts_by_value_and_copies_as_text(page):
    column = [page.summary.horizontalHeaderItem(at).text() for at in range(page.summary.columnCount())].index("KL")
    page.summary.sortItems(column, Qt.SortOrder.DescendingOrder)
    values = [page.summary.item(row, column).value for row in range(4)]
    assert values == sorted(values, reverse=True)
    page.summary.clearSelection()
    page.summary.copy()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].startswith("run\tgold")
    assert len(lines) == 5


def test_prompts_are_stepped_through_by_keyboard(qtbot, page, window):
    first = page.answers.text()
    qtbot.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert page.answers.text() != first
    qtbot.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert page.answers.text() == first
    qtbot.keyClick(window, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    spreads = [page.answers._spread(question) for question in page.answers._questions]
    assert page.answers._spread(page.answers._questions[page.answers._at]) == max(spreads)


def test_the_verdict_and_what_to_be_careful_about_are_said(page):
    said = page.verdict.text().casefold()  # the headline is set apart, and what follows it begins with a capital
    for sentence in (*page.comparison.findings, *page.comparison.warnings):
        assert sentence.casefold() in said


def chosen(box: QComboBox, data: object) -> None:
    """Chooses an entry as a person does."""
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def settled(qtbot, page) -> None:
    """Waits until what is shown is of the view that is wanted."""
    qtbot.waitUntil(lambda: page.is_settled, timeout=20000)


@pytest.mark.parametrize("suffix", [".svg", ".csv", ".html", ".md"])
def test_export_writes_what_is_shown_by_the_file_s_ending(qtbot, page, window, tmp_path, suffix):
    page.tree.topLevelItem(1).setCheckState(0, Qt.CheckState.Unchecked)
    out = tmp_path / f"kept{suffix}"
    page.export.offer(suffix=suffix)
    page.export.write(out)
    qtbot.waitUntil(lambda: any(out.name in said for said in window.toasts.sentences()), timeout=20000)
    text = out.read_text(encoding="utf-8")
    as_arm = {".html": ">PPO<", ".md": "| PPO |"}.get(suffix, "PPO")  # how costs are counted names the method
    assert as_arm not in text
    assert as_arm.replace("PPO", "DPO β=0.1") in text


def test_event_files_of_the_runs_that_are_compared_are_written(qtbot, page, window, tmp_path):
    page.export.offer(suffix="tensorboard")
    assert not page.export.what_box.isEnabled()
    page.export.write(tmp_path / "logs")
    qtbot.waitUntil(lambda: any("logs" in said for said in window.toasts.sentences()), timeout=60000)
    written = {folder.name for folder in (tmp_path / "logs").iterdir()}
    assert written == {run for arm in page.comparison.arms for run in (*arm.runs, *arm.evaluations)}


def test_a_model_and_a_script_are_of_one_run(qtbot, page, window, tmp_path):
    page.export.offer(suffix="script")
    runs = [run for arm in page.comparison.arms for run in arm.runs]
    box = page.export.what_box
    assert [box.itemData(i) for i in range(box.count())] == runs
    assert "seed 0" in box.itemText(0)
    chosen(page.export.format_box, "model")
    page.export.write(tmp_path / "model")  # paper runs have no checkpoints
    qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    assert "no checkpoint yet" in window.banner.text()


def test_one_chart_is_kept_alone(qtbot, page, window, tmp_path):
    page.grid.export_wanted.emit("kl")
    chosen(page.export.format_box, ".csv")
    page.export.write(tmp_path / "kl.csv")
    qtbot.waitUntil(lambda: any("kl.csv" in said for said in window.toasts.sentences()), timeout=20000)
    panels = {line.split(",")[0] for line in (tmp_path / "kl.csv").read_text(encoding="utf-8").splitlines()[1:]}
    assert panels == {"KL to the start model"}


def test_all_that_was_logged_is_kept_as_a_table(qtbot, page, window, tmp_path):
    page.export.offer(suffix=".svg")
    chosen(page.export.what_box, "logged")
    assert page.export.kind.key == ".csv"
    assert "one column for each metric" in page.export.words.text()
    page.export.write(tmp_path / "all.csv")
    qtbot.waitUntil(lambda: any("all.csv" in said for said in window.toasts.sentences()), timeout=20000)
    assert '"loss"' in (tmp_path / "all.csv").read_text(encoding="utf-8").splitlines()[0]


def test_parquet_holds_what_was_logged_and_a_figure_what_is_drawn(page):
    page.export.offer()
    chosen(page.export.format_box, ".parquet")
    assert page.export.what_box.currentData() == "logged"
    chosen(page.export.format_box, ".pdf")
    assert page.export.what_box.currentData() is None
    chosen(page.export.format_box, ".parquet")
    chosen(page.export.what_box, "kl")
    assert page.export.kind.key == ".csv"


def test_the_preview_is_the_figure_and_the_choices_come_back(qtbot, page, session):
    page.export.offer(suffix=".png")
    qtbot.waitUntil(lambda: not page.export.picture.pixmap().isNull(), timeout=20000)
    page.export.form.show_unit("px")
    page.export.form.dpi_box.setValue(100)
    page.export.form.width_box.setValue(800)
    again = ExportDialog(session, lambda: page.comparison, lambda: page.view, page)
    assert again.kind.key == ".png"
    assert again.style_wanted().pixels(3)[0] == 800


def test_a_size_that_cannot_be_drawn_is_said_before_saving(page):
    page.export.offer(suffix=".png")
    page.export.form.width_box.setValue(5000.0)
    assert "“Width” is" in page.export.problem.text()
    assert not page.export.save_button.isEnabled()


def test_an_export_that_fails_says_so_in_the_banner(qtbot, page, window, tmp_path):
    page.export.write(tmp_path / "kept.docx")
    qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    assert ".svg" in window.banner.text()


def test_the_dialogs_of_an_export_are_not_modal_to_the_program(page):
    page.export.offer(suffix=".svg")
    assert not page.export.isModal()
    dialog = page.export.ask_where()
    assert dialog.windowModality() != Qt.WindowModality.ApplicationModal
    dialog.reject()


def test_an_unticked_arm_leaves_verdict_and_warnings_as_well(qtbot, page):
    assert "PPO" in page.verdict.text()
    page.tree.topLevelItem(1).setCheckState(0, Qt.CheckState.Unchecked)
    settled(qtbot, page)
    assert "PPO" not in page.verdict.text()
    assert [item.index for item in page.comparison.arms] == [0, 2, 3]


def test_without_any_tick_the_page_says_what_to_do(qtbot, page):
    page.filter.setText("nobody is called so")
    page.tree.show_found()
    assert "Tick at least one" in page.verdict.text()
    page.tree.show_all()
    settled(qtbot, page)
    assert "PPO" in page.verdict.text()


def test_the_filter_finds_runs_by_name_and_method(qtbot, page):
    def listed() -> list[str]:
        items = [page.tree.topLevelItem(row) for row in range(page.tree.topLevelItemCount())]
        return [item.text(0) for item in items if not item.isHidden()]

    qtbot.keyClicks(page.filter, "dpo 0.03")
    assert listed() == ["DPO β=0.03"]
    page.filter.setText("reference")
    assert listed() == ["start model"]
    assert page.grid.cards[1].chart.n_curves() == 3  # a filter hides nothing from the charts


def test_a_click_on_a_point_shows_the_samples_of_its_checkpoint(qtbot, page):
    prompt = page.answers.text()
    card = page.grid.cards[1]
    series = next(one for one in card.spec.series if one.arm == "PPO")
    box = card.chart.getPlotItem().vb
    place = card.chart.mapFromScene(box.mapViewToScene(QPointF(series.x[2], series.y[2])))
    qtbot.mouseClick(card.chart.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: page.answers.places()["PPO"] == (0, 100), timeout=20000)
    assert page.answers.places()["DPO β=0.1"] == (0, 200)  # the others stay at their last
    assert page.answers.text() == prompt


def test_checkpoints_and_seeds_are_stepped_through_by_keyboard(qtbot, page, window):
    qtbot.keyClick(window, Qt.Key.Key_PageUp, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: page.answers.places()["PPO"] == (0, 150), timeout=20000)
    qtbot.keyClick(window, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: page.answers.places()["PPO"] == (1, 150), timeout=20000)
    qtbot.keyClick(window, Qt.Key.Key_End, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: page.answers.places()["PPO"] == (0, 200), timeout=20000)


def test_smoothing_leaves_the_raw_line_behind(qtbot, page):
    chosen(page.bar.smoothing_box, 20.0)
    settled(qtbot, page)
    series = page.grid.cards[1].spec.series[0]
    assert series.raw[-1] != series.y[-1]
    assert "half-life of 20 %" in page.grid.cards[1].spec.caption


def test_panels_are_chosen_from_a_menu_and_metrics_of_training_are_among_them(qtbot, page):
    action = next(action for action in page.bar.panels_button.menu().actions() if action.data() == "frontier")
    action.trigger()
    settled(qtbot, page)
    assert [card.accessibleName() for card in page.grid.cards][-1] == "Reward-KL frontier"
    loss = next(action for action in page.bar.panels_button.menu().actions() if action.data() == "loss")
    loss.trigger()
    settled(qtbot, page)
    assert page.grid.cards[-1].spec.series[0].y[0] == 1.0


def test_another_baseline_changes_what_win_rates_are_against(qtbot, page):
    chosen(page.bar.baseline_box, "PPO (stories)")
    settled(qtbot, page)
    assert "against PPO" in page.grid.cards[2].subtitle()
    ppo = next(arm for arm in page.comparison.arms if arm.name == "PPO")
    assert ppo.win_rate.mean == 0.5


def test_a_view_is_saved_shown_again_and_deleted_with_undo(qtbot, page, session, evaluated):
    chosen(page.bar.x_box, "tokens")
    page.tree.topLevelItem(1).setCheckState(0, Qt.CheckState.Unchecked)
    settled(qtbot, page)
    dialog = page.saved.ask_name()
    dialog.setTextValue("by tokens")
    dialog.accept()
    qtbot.waitUntil(lambda: "by tokens" in api.list_views(evaluated), timeout=20000)
    page.tree.show_all()
    chosen(page.bar.x_box, "step")
    settled(qtbot, page)
    qtbot.waitUntil(lambda: "by tokens" in menu_words(page), timeout=20000)
    next(action for action in page.saved.menu().actions() if action.text() == "by tokens").trigger()
    settled(qtbot, page)
    assert (page.comparison.view.x, page.comparison.view.hidden) == ("tokens", ("PPO (stories)",))
    assert page.tree.hidden() == {"PPO"}
    page.saved.delete("by tokens")
    qtbot.waitUntil(lambda: not api.list_views(evaluated), timeout=20000)
    qtbot.waitUntil(lambda: "by tokens" not in menu_words(page), timeout=20000)
    session.history.undo()
    qtbot.waitUntil(lambda: "by tokens" in menu_words(page), timeout=20000)
    page.saved.rename("by tokens", "tokens")
    qtbot.waitUntil(lambda: "tokens" in menu_words(page), timeout=20000)


def menu_words(page) -> list[str]:
    return [action.text() for action in page.saved.menu().actions()]


def test_a_project_is_opened_as_it_was_looked_at_last(qtbot, page, window, session, evaluated):
    chosen(page.bar.x_box, "seconds")
    settled(qtbot, page)
    session.close()
    with qtbot.waitSignal(session.project_changed, timeout=20000):
        session.open(evaluated.folder)
    window.show_page("compare")
    qtbot.waitUntil(lambda: window.page.is_settled, timeout=20000)
    assert window.page.comparison.view.x == "seconds"


def test_what_is_hidden_stays_hidden_under_another_name(qtbot, page, window, session, evaluated):
    page.tree.topLevelItem(1).setCheckState(0, Qt.CheckState.Unchecked)
    settled(qtbot, page)
    run = next(job.id for job in evaluated.jobs() if job.arm == "PPO" and job.method == "ppo")
    api.rename_run(evaluated, "stories", run, "policy")
    page.refresh()
    qtbot.waitUntil(lambda: page.tree.hidden() == {"policy"}, timeout=20000)
    settled(qtbot, page)
    assert "policy" not in {arm.name for arm in page.comparison.arms}


def test_a_baseline_that_is_gone_is_reset_alone(qtbot, page, session):
    page.tree.topLevelItem(1).setCheckState(0, Qt.CheckState.Unchecked)
    settled(qtbot, page)
    page.show_view(page.view.with_changes(baseline="gone"))
    qtbot.waitUntil(lambda: page.view.baseline == "" and page.is_settled, timeout=20000)
    assert page.view.hidden == ("PPO (stories)",)
    assert page.tree.hidden() == {"PPO"}


def test_costs_stand_in_the_summary_and_copy_as_markdown(page):
    heads = [page.summary.horizontalHeaderItem(at).text() for at in range(page.summary.columnCount())]
    ppo = next(row for row in range(4) if page.summary.item(row, 0).text() == "PPO")
    assert page.summary.item(ppo, heads.index("trained")).text() == "16 k"
    assert page.summary.item(ppo, heads.index("time")).value == 100.0
    page.summary.clearSelection()
    page.summary.copy_markdown()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].startswith("| run | gold |")
    assert len(lines) == 6


def test_a_new_evaluation_appears_by_itself(qtbot, page, evaluated):
    asked = page.comparison
    run = next(job.id for job in evaluated.jobs() if job.method == "evaluate")
    evaluated.run(run).write_outcome(Outcome(state="stopped", step=1))
    qtbot.waitUntil(
        lambda: page._shown.comparison is not asked and not page.session.tasks.is_running("compare"), timeout=20000
    )


def test_a_theme_switch_repaints_the_charts(qtbot, page, look):
    look.choose("dark")
    settled(qtbot, page)
    assert page.grid.cards[0].chart.backgroundBrush().color().name().upper() == look.scheme.tokens.card
    look.choose("light")
    settled(qtbot, page)
    assert page.grid.cards[0].chart.backgroundBrush().color().name().upper() == look.scheme.tokens.card


def test_without_evaluations_the_page_says_what_to_do(qtbot, window, open_project, tmp_path):
    open_project(Project.create(tmp_path / "empty"))
    window.show_page("compare")
    qtbot.waitUntil(lambda: window.page.empty.title.text() == "Nothing to compare yet", timeout=20000)
    qtbot.mouseClick(window.page.empty.button, Qt.MouseButton.LeftButton)
    assert window.page_key == "overview"


def test_commands_are_made_once_and_the_dialog_of_exports_when_it_is_wanted(qtbot, page, evaluated):
    assert "export" not in vars(page)
    first = list(page.commands())
    assert list(page.commands()) == first
    api.save_view(evaluated, "by steps", api.View())
    page.saved.read()
    qtbot.waitUntil(lambda: len(page.commands()) == len(first) + 1, timeout=20000)
    assert page.commands()[-1].text() == "Show view by steps"
    api.delete_view(evaluated, "by steps")
    page.saved.read()
    qtbot.waitUntil(lambda: list(page.commands()) == first, timeout=20000)
    next(action for action in first if action.text() == "Export as PDF, vector figure…").trigger()
    assert page.export.isVisible()
    assert page.export.kind.key == ".pdf"


def test_the_summary_stays_sorted_when_runs_that_go_on_bring_news(qtbot, page):
    summary = page.summary
    header = summary.horizontalHeader()
    names = lambda: [summary.item(row, 0).text() for row in range(summary.rowCount())]  # noqa: E731
    as_compared = names()
    x = header.sectionViewportPosition(1) + header.sectionSize(1) // 2
    for _ in range(2):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, header.height() // 2))
    by_gold = names()
    assert (header.sortIndicatorSection(), header.sortIndicatorOrder()) == (1, Qt.SortOrder.DescendingOrder)
    assert by_gold != as_compared
    page.refresh()
    qtbot.waitUntil(lambda: page.is_settled, timeout=20000)
    assert names() == by_gold
    assert (header.sortIndicatorSection(), header.sortIndicatorOrder()) == (1, Qt.SortOrder.DescendingOrder)


def test_runs_that_go_on_behind_a_comparison_are_counted_above_it(qtbot, page, session, evaluated):
    assert page.body.going.isHidden()
    run = evaluated.run("ppo-s0")
    outcome = run.folder / "outcome.json"
    kept = outcome.read_bytes()
    outcome.unlink()
    lock = lock_for_worker(run, "cpu")
    session.look()
    qtbot.waitUntil(page.body.going.isVisible, timeout=20000)
    assert page.body.going.text() == "▶ 1 run going on"
    assert "PPO · seed 0" in page.body.going.toolTip()
    outcome.write_bytes(kept)
    os.close(lock)
    session.look()
    qtbot.waitUntil(page.body.going.isHidden, timeout=20000)
