import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from workbench.domain.records import Outcome
from workbench.storage.project import Project
from workbench.ui.pages.compare.exporting import ExportButton
from workbench.ui.widgets.plots.chart_card import value_at


@pytest.fixture
def page(qtbot, window, open_project, evaluated):
    """The Compare page with its comparison on it."""
    open_project(evaluated)
    window.show_page("compare")
    qtbot.waitUntil(lambda: window.page.comparison is not None, timeout=20000)
    return window.page


def test_the_three_panels_are_drawn_with_all_arms(page):
    reward, kl, win = page.charts
    assert reward.chart.n_curves() == 6  # gold and proxy of three arms
    assert (kl.chart.n_curves(), win.chart.n_curves()) == (3, 3)
    assert "PPO" in kl.legend.text()
    assert "KL" in kl.chart.accessibleName()
    assert "nats per response" in kl.chart.accessibleName()


def test_unticking_an_arm_takes_it_from_every_part_and_keeps_the_colours(qtbot, page):
    before = page.comparison.panels[1].series[1].index
    page.tree.topLevelItem(1).setCheckState(0, Qt.CheckState.Unchecked)
    assert page.charts[1].chart.n_curves() == 2
    assert page.matrix.rowCount() == page.summary.rowCount() == 3
    assert page.comparison.panels[1].series[0].index == before
    assert "PPO" not in page.charts[1].legend.text()


def test_the_cursor_reads_out_every_chart_of_the_same_axis(page):
    page.charts[0].pointed.emit(page.charts[0], 100.0)
    series = page.charts[1].spec.series[0]
    assert f"<b>{value_at(series, 100.0)[1]:,.3g}</b>" in page.charts[1].read_out()
    page.charts[0].pointed.emit(page.charts[0], None)
    assert page.charts[1].read_out() == ""


def test_another_axis_is_drawn_and_remembered(qtbot, page, session):
    page.x_box.setCurrentIndex(page.x_box.findData("kl"))
    page.x_box.activated.emit(page.x_box.currentIndex())
    qtbot.waitUntil(lambda: page.comparison.x == "kl", timeout=20000)
    assert page.charts[0].spec.x.unit == "nats"
    assert session.settings.value("compare/x") == "kl"


def test_the_matrix_says_who_beats_whom_from_both_sides(page):
    cell = page.comparison.cell("PPO", "reference")
    row = [page.matrix.verticalHeaderItem(at).toolTip() for at in range(4)].index("PPO")
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
    for sentence in (*page.comparison.findings, *page.comparison.warnings):
        assert sentence in page.verdict.text()


@pytest.mark.parametrize("suffix", [".svg", ".csv", ".html"])
def test_export_writes_what_is_shown_by_the_file_s_ending(qtbot, page, window, session, tmp_path, suffix):
    out = tmp_path / f"kept{suffix}"
    page.export.write(out)
    qtbot.waitUntil(lambda: any(out.name in said for said in window.toasts.sentences()), timeout=20000)
    assert out.stat().st_size > 100


def test_an_export_that_fails_says_so_in_the_banner(qtbot, page, window, tmp_path):
    page.export.write(tmp_path / "kept.docx")
    qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    assert ".svg" in window.banner.text()


def test_the_dialog_of_an_export_is_not_modal_to_the_program(page: object, qtbot):
    button = page.export
    assert isinstance(button, ExportButton)
    dialog = button.ask_where(".svg")
    assert dialog.windowModality() != Qt.WindowModality.ApplicationModal
    dialog.reject()


def test_a_new_evaluation_appears_by_itself(qtbot, page, evaluated):
    asked = page.comparison
    run = next(job.id for job in evaluated.jobs() if job.method == "evaluate")
    evaluated.run(run).write_outcome(Outcome(state="stopped", step=1))
    qtbot.waitUntil(
        lambda: page._shown.comparison is not asked and not page.session.tasks.is_running("compare"), timeout=20000
    )


def test_a_theme_switch_repaints_the_charts_at_once(page, look):
    look.choose("dark")
    assert page.charts[0].chart.backgroundBrush().color().name().upper() == look.scheme.tokens.card
    look.choose("light")
    assert page.charts[0].chart.backgroundBrush().color().name().upper() == look.scheme.tokens.card


def test_without_evaluations_the_page_says_what_to_do(qtbot, window, open_project, tmp_path):
    open_project(Project.create(tmp_path / "empty"))
    window.show_page("compare")
    qtbot.waitUntil(lambda: window.page.empty.title.text() == "Nothing to compare yet", timeout=20000)
    qtbot.mouseClick(window.page.empty.button, Qt.MouseButton.LeftButton)
    assert window.page_key == "overview"
