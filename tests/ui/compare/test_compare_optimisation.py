"""Over-optimisation on the Compare page: its panels, its two tabs, and best of n by a click."""

import numpy as np
import pytest
from evaluated_runs import PaperRuns, over_optimised
from PySide6.QtCore import QPointF, Qt

from workbench.storage.project import Project
from workbench.ui.pages.compare.optimisation import KlTable, OverOptimisation


@pytest.fixture
def sampled(evaluated):
    """The project with best of 8 by a proxy that is half right."""
    random = np.random.default_rng(0)
    for seed in (0, 1):
        proxy = random.normal(size=(40, 8))
        PaperRuns(evaluated, created=5000.0 + seed).best_of_n(proxy, 0.5 * proxy + random.normal(size=(40, 8)), seed)
    return evaluated


@pytest.fixture
def opened(qtbot, window, open_project):
    """Opens a project on the Compare page, with some panels and a tab."""

    def open_(project, panels, tab):
        open_project(project)
        window.show_page("compare")
        page = window.page
        qtbot.waitUntil(lambda: page.is_settled, timeout=20000)
        page.show_view(page.view.with_changes(panels=panels))
        qtbot.waitUntil(lambda: page.is_settled, timeout=20000)
        page.deck.turn_to(tab)
        qtbot.waitUntil(lambda: page.is_settled, timeout=20000)
        return page

    return open_


def cells(table, column):
    return [table.item(row, column).text() for row in range(table.rowCount())]


def test_the_turn_is_marked_in_the_chart_and_said_in_the_table(opened, tmp_path):
    runs = PaperRuns(Project.create(tmp_path / "turns", "turns"))
    over_optimised(runs)
    page = opened(runs.project, ("overoptimisation", "frontier"), "Over-optimisation")
    turns = page.deck.tab(OverOptimisation).turns
    assert cells(turns, 0) == ["ppo"]
    spans = {span.arm: span for span in page.grid.cards[0].spec.spans}
    assert "ppo" in spans
    found = next(turn for turn in page.comparison.optimisation.turning_points if turn.arm == "ppo")
    assert spans["ppo"].at == pytest.approx(found.kl.mean**0.5)
    assert cells(turns, 1)[0].startswith(f"{found.kl.mean:.3g}\n")
    for row, turn in enumerate(page.comparison.optimisation.turning_points):
        assert turn.why_not or turn.kl is not None
        assert not turn.why_not or turn.why_not in turns.item(row, 1).toolTip()


def test_best_of_n_is_drawn_beside_the_arms_with_marks_and_in_its_table(opened, sampled):
    page = opened(sampled, ("frontier", "best_of_n"), "Over-optimisation")
    frontier, best = page.grid.cards
    assert "best&nbsp;of&nbsp;n" in frontier.legend.text()
    assert best.chart.n_curves() == 2
    tab = page.deck.tab(OverOptimisation)
    assert cells(tab.best, 0) == ["1", "2", "4", "8"]
    assert cells(tab.best, 1)[2] == "0.636"
    assert not tab.sample.isVisible()


def test_counts_above_the_frontier_stand_in_rows_and_columns_of_the_same_arms(opened, sampled):
    page = opened(sampled, ("frontier",), "Over-optimisation")
    above = page.deck.tab(OverOptimisation).above
    assert above.rowCount() == above.columnCount() - 1 == 4
    pair = page.comparison.optimisation.dominance[0]
    assert above.item(0, 2).text() == f"{pair.above.mean:.0f}/{pair.above.n}"
    assert pair.row in above.item(0, 2).toolTip()
    assert above.item(0, 1).text() == ""


def test_unticking_an_arm_takes_it_and_its_turn_away(qtbot, opened, sampled):
    page = opened(sampled, ("overoptimisation",), "Over-optimisation")
    page.tree.topLevelItem(1).setCheckState(0, Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: page.is_settled, timeout=20000)
    assert "PPO" not in cells(page.deck.tab(OverOptimisation).turns, 0)
    assert "PPO" not in {span.arm for span in page.comparison.panels[0].spans}


def test_a_click_on_a_point_shows_its_samples(qtbot, opened, sampled):
    page = opened(sampled, ("overoptimisation",), "At a glance")
    chart = page.grid.cards[0].chart
    series = next(one for one in page.grid.cards[0].spec.series if (one.arm, one.role) == ("PPO", "gold"))
    with qtbot.waitSignal(chart.picked, timeout=20000) as picked:
        chart.pick_at(chart.getPlotItem().vb.mapViewToScene(_point(series, 2)))
    assert picked.args == ["PPO", series.steps[2]]
    qtbot.waitUntil(lambda: page.answers.places()["PPO"].step == series.steps[2][0], timeout=20000)


def _point(series, at):
    return QPointF(series.x[at], series.y[at])


def test_the_kl_table_has_every_checkpoint_with_its_standard_error(opened, evaluated):
    page = opened(evaluated, ("kl",), "KL")
    table = page.deck.tab(KlTable).table
    rows = page.comparison.optimisation.kl
    assert table.rowCount() == len(rows) == 12
    assert cells(table, 3) == [f"{row.se:.3f}" for row in rows]
    assert table.horizontalHeaderItem(4).toolTip().startswith("log p - log q")


def test_best_of_n_is_queued_by_a_click_where_it_was_not_sampled(qtbot, opened, evaluated, session, monkeypatch):
    asked = []
    monkeypatch.setattr("workbench.api.sample_best_of_n", lambda project: asked.append(project) or [])
    page = opened(evaluated, ("best_of_n",), "Over-optimisation")
    assert page.grid.cards[0].spec.subtitle == "not sampled yet"
    assert page.deck.tab(OverOptimisation).sample.isVisible()
    qtbot.mouseClick(page.deck.tab(OverOptimisation).sample, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(asked), timeout=20000)
    assert asked[0].folder == evaluated.folder


def test_a_project_without_a_reward_model_says_so(qtbot, opened, evaluated, session):
    page = opened(evaluated, ("best_of_n",), "Over-optimisation")
    with qtbot.waitSignal(session.failed, timeout=20000) as failed:
        qtbot.mouseClick(page.deck.tab(OverOptimisation).sample, Qt.MouseButton.LeftButton)
    assert failed.args[0] == "Best of n was not queued"
    assert "no reward model" in failed.args[1]
