"""How a comparison is looked at: arms, axis, panels, baseline; and that it is remembered."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QMenu

from tests.ui.compare.driving import chosen, settled, turn_to
from workbench import api


def test_unticking_an_arm_takes_it_from_every_part_and_keeps_the_colours(qtbot, page):
    before = page.comparison.panels[1].series[1].index
    page.tree.topLevelItem(1).setCheckState(0, Qt.CheckState.Unchecked)
    settled(qtbot, page)
    assert page.grid.cards[1].chart.n_curves() == 2
    assert page.matrix.rowCount() == page.summary.rowCount() == 3
    assert page.comparison.panels[1].series[0].index == before
    assert "PPO" not in page.grid.cards[1].legend.text()


def test_another_axis_is_drawn_and_remembered(qtbot, page, session):
    page.bar.x_box.setCurrentIndex(page.bar.x_box.findData("kl"))
    page.bar.x_box.activated.emit(page.bar.x_box.currentIndex())
    qtbot.waitUntil(lambda: page.comparison.view.x == "kl" and page.is_settled, timeout=20000)
    assert page.grid.cards[0].spec.x.unit == "nats"
    assert page.view.x == "kl"


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


def _release(place: QPoint) -> QMouseEvent:
    button = Qt.MouseButton.LeftButton
    where = QPointF(place)
    return QMouseEvent(QEvent.Type.MouseButtonRelease, where, where, button, button, Qt.KeyboardModifier.NoModifier)


def test_several_panels_are_ticked_before_the_menu_closes_and_no_more_than_fit(qtbot, page, monkeypatch):
    menu = page.bar.panels_button.menu()
    items = {action.data(): action for action in menu.actions() if action.data()}
    menu.adjustSize()
    closing = []
    monkeypatch.setattr(QMenu, "mouseReleaseEvent", lambda _menu, _event: closing.append(True))  # Qt's own closes it
    for name in ("frontier", "overoptimisation", "loss"):
        place = menu.actionGeometry(items[name]).center()
        menu.setActiveAction(items[name])
        menu.mouseReleaseEvent(_release(place))
    assert not closing
    assert len(page.view.panels) == 6
    assert not items["grad_norm"].isEnabled()
    menu.setActiveAction(items["loss"])
    qtbot.keyClick(menu, Qt.Key.Key_Space)
    assert items["grad_norm"].isEnabled()
    settled(qtbot, page)
    assert len(page.grid.cards) == 5


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


def come_back(qtbot, window, session, project) -> None:
    session.close()
    with qtbot.waitSignal(session.project_changed, timeout=20000):
        session.open(project.folder)
    window.show_page("compare")
    qtbot.waitUntil(lambda: window.page.is_settled, timeout=20000)


def test_a_project_is_opened_as_it_was_looked_at_last(qtbot, page, window, session, evaluated):
    chosen(page.bar.x_box, "seconds")
    settled(qtbot, page)
    come_back(qtbot, window, session, evaluated)
    assert window.page.comparison.view.x == "seconds"


def test_the_table_that_was_in_sight_comes_back(qtbot, window, page, session, evaluated):
    turn_to(qtbot, page, "Costs")
    come_back(qtbot, window, session, evaluated)
    assert window.page.deck.current.title == "Costs"
    assert window.page.deck.current.isVisible()


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
