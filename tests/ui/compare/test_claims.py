"""Claims, ranking and the way from a sentence of the verdict to its figures."""

from PySide6.QtCore import Qt

from tests.ui.compare.driving import turn_to
from workbench.domain.experiments import shown_name
from workbench.ui.pages.compare.claims import ClaimsTab
from workbench.ui.pages.compare.ranking import Mark, RankingTab
from workbench.ui.widgets.controls import tip_words


def column(table, name: str) -> int:
    heads = [table.horizontalHeaderItem(at).text() for at in range(table.columnCount())]
    return heads.index(name)


def test_every_claim_stands_with_its_raw_and_its_length_controlled_rate(qtbot, page):
    turn_to(qtbot, page, "Claims")
    table, claims = page.deck.tab(ClaimsTab).table, page.comparison.claims
    assert table.rowCount() == len(claims) == 6
    for row, claim in enumerate(claims):
        assert table.item(row, 0).text() == f"{shown_name(claim.row)}\nover {shown_name(claim.column)}"
        assert table.item(row, column(table, "win %")).text().startswith(f"{100 * claim.rate.mean:.1f}\n")
        controlled = table.item(row, column(table, "LC win %"))
        assert controlled.text().startswith(f"{100 * claim.length_controlled.rate.mean:.1f}\n")
        assert table.item(row, column(table, "shown")).text() == ("shown" if claim.is_shown else "open")
    assert "Holm" in table.horizontalHeaderItem(column(table, "Holm")).toolTip()


def test_a_hidden_arm_is_in_no_claim(qtbot, page):
    page.tree.topLevelItem(1).setCheckState(0, Qt.CheckState.Unchecked)
    turn_to(qtbot, page, "Claims")
    table = page.deck.tab(ClaimsTab).table
    assert table.rowCount() == 3
    assert all("PPO" not in table.item(row, 0).text() for row in range(3))


def test_a_click_on_a_sentence_selects_the_claims_that_it_rests_on(qtbot, page):
    about = next(one for one in page.comparison.statements if one.rule == "start")
    sentence = next(one for one in page.verdict.sentences if one.text() == about.sentence)
    assert sentence.toolTip() == tip_words(about.evidence)
    qtbot.mouseClick(sentence, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.is_settled, timeout=20000)
    table = page.deck.tab(ClaimsTab).table
    assert table.isVisible()
    selected = {table.item(index.row(), 0).text() for index in table.selectedIndexes()}
    assert selected == {f"{support.arms[0]}\nover start model" for support in about.support}


def test_enter_does_the_same_and_a_sentence_without_figures_leads_nowhere(qtbot, page):
    *_, last = page.verdict.sentences
    qtbot.mouseClick(last, Qt.MouseButton.LeftButton)
    assert not page.deck.tab(ClaimsTab).isVisible()
    first = page.verdict.sentences[0]
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Return)
    qtbot.waitUntil(page.deck.tab(ClaimsTab).isVisible, timeout=20000)


def test_the_ranking_is_drawn_from_the_strongest_down(qtbot, page):
    turn_to(qtbot, page, "Ranking")
    table, lines = page.deck.tab(RankingTab).table, page.comparison.ranking.lines
    assert [table.item(row, 1).text() for row in range(table.rowCount())] == [shown_name(line.arm) for line in lines]
    mark = table.item(0, table.columnCount() - 1).data(Qt.ItemDataRole.UserRole + 1)
    assert isinstance(mark, Mark)
    assert (mark.low, mark.value, mark.high) == (lines[0].elo.low, lines[0].elo.mean, lines[0].elo.high)
    assert mark.colour == page.look.scheme.runs.colour(lines[0].index)


def test_every_checkpoint_is_ranked_on_a_click_and_the_last_ones_on_another(qtbot, page):
    turn_to(qtbot, page, "Ranking")
    ranking = page.deck.tab(RankingTab)
    n_last = ranking.table.rowCount()
    qtbot.mouseClick(ranking.switch, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ranking.table.rowCount() > n_last, timeout=20000)
    assert ranking.switch.text() == "Last checkpoints"
    qtbot.mouseClick(ranking.switch, Qt.MouseButton.LeftButton)
    assert ranking.table.rowCount() == n_last


def test_the_matrix_shows_the_rates_at_the_length_controlled_and_back(qtbot, page):
    cell = page.comparison.cell("PPO", "reference")
    row = [page.matrix.verticalHeaderItem(at).toolTip() for at in range(4)].index(tip_words("PPO"))
    qtbot.mouseClick(page.body.glance.length_controlled, Qt.MouseButton.LeftButton)
    assert page.matrix.item(row, 0).text().startswith(f"{100 * cell.length_controlled.rate.mean:.0f}\n")
    assert "With length held equal" in page.matrix.item(row, 0).toolTip()
    qtbot.mouseClick(page.body.glance.length_controlled, Qt.MouseButton.LeftButton)
    assert page.matrix.item(row, 0).text().startswith(f"{100 * cell.rate.mean:.0f}\n")
