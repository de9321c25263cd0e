"""The Compare page: what it says of the runs, what the pointer and the keyboard find, and what comes in by itself."""

import os

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication

from tests.ui.compare.driving import settled
from workbench import api
from workbench.domain.records import Outcome
from workbench.storage.liveness import lock_for_worker
from workbench.storage.project import Project
from workbench.ui.pages.compare.answers import AnswersCard
from workbench.ui.widgets.controls import ElidedLabel, tip_words
from workbench.ui.widgets.plots.chart_card import value_at


def test_the_three_panels_are_drawn_with_all_arms(page):
    reward, kl, win = page.grid.cards
    assert reward.chart.n_curves() == 6  # gold and proxy of three arms
    assert (kl.chart.n_curves(), win.chart.n_curves()) == (3, 3)
    assert "PPO" in kl.legend.text()
    assert "KL" in kl.chart.accessibleName()
    assert "nats per response" in kl.chart.accessibleName()


def test_the_cursor_reads_out_every_chart_of_the_same_axis(page):
    page.grid.cards[0].pointed.emit(page.grid.cards[0], 100.0)
    series = page.grid.cards[1].spec.series[0]
    assert f"<b>{value_at(series, 100.0)[1]:,.3g}</b>" in page.grid.cards[1].read_out()
    page.grid.cards[0].pointed.emit(page.grid.cards[0], None)
    assert page.grid.cards[1].read_out() == ""


def test_the_arrow_keys_read_out_a_chart_place_by_place(qtbot, window, page):
    kl = page.grid.cards[1]
    kl.chart.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(kl.chart.hasFocus, timeout=20000)
    places = sorted({x for series in kl.spec.series for x in series.x})
    read_out = [kl.read_out()]
    assert f"{places[-1]:,.0f}" in read_out[0]
    for key, place in ((Qt.Key.Key_Left, -2), (Qt.Key.Key_Left, -3), (Qt.Key.Key_Right, -2)):
        qtbot.keyClick(kl.chart, key)
        read_out.append(kl.read_out())
        assert f"{places[place]:,.0f}" in read_out[-1]
    assert read_out[1] == read_out[3]
    assert page.grid.cards[0].read_out() != ""  # the others of this axis go along
    page.filter.setFocus()
    qtbot.waitUntil(lambda: kl.read_out() == "", timeout=20000)


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


def test_a_tall_window_is_filled_with_answers_and_a_low_one_only_as_far_as_one_sees(qtbot, look):
    card = AnswersCard()
    qtbot.addWidget(card)
    answers = tuple(
        api.Answer(
            arm=f"arm {n}", index=n, seed=0, step=9, response="yes", gold=1.0, proxy=None, n_tokens=1, was_cut=False
        )
        for n in range(60)
    )
    card.resize(400, 500)
    card.show_questions([api.Question(key="k", prompt="Say yes", answers=answers)], (), look.scheme, ())
    card.show()
    qtbot.waitUntil(lambda: card._area.verticalScrollBar().maximum() > 0, timeout=20000)
    assert card._n_made < 60
    card.resize(400, 6000)
    qtbot.waitUntil(lambda: card._n_made == 60, timeout=20000)


def test_the_verdict_and_what_to_be_careful_about_are_said(page):
    said = page.verdict.text().casefold()  # the headline is set apart, and what follows it begins with a capital
    for sentence in (*page.comparison.findings, *page.comparison.warnings):
        assert sentence.casefold() in said


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


def test_that_two_seeds_make_wide_intervals_is_said_where_intervals_are_named_and_in_the_verdict(page):
    words = page.head.findChild(ElidedLabel)
    assert words.text().startswith("95 % intervals over 2 seeds")
    assert "With two seeds an interval is wide by design" in words.toolTip()
    assert "With two seeds an interval is wide by design" in page.verdict.text()


def test_checkpoints_and_seeds_are_stepped_through_by_keyboard(qtbot, page, window):
    qtbot.keyClick(window, Qt.Key.Key_PageUp, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: page.answers.places()["PPO"] == (0, 150), timeout=20000)
    qtbot.keyClick(window, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: page.answers.places()["PPO"] == (1, 150), timeout=20000)
    qtbot.keyClick(window, Qt.Key.Key_End, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: page.answers.places()["PPO"] == (0, 200), timeout=20000)


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
