"""Costs, seeds and matched levels under their tabs, and the strip above the charts."""

from PySide6.QtCore import Qt

from tests.ui.compare.driving import turn_to
from workbench import api
from workbench.ui.pages.compare.fairness_strip import FairnessStrip


def column(tab, name: str) -> list[str]:
    heads = [tab.grid.horizontalHeaderItem(i).text().partition("\n")[0] for i in range(tab.grid.columnCount())]
    return [tab.grid.item(row, heads.index(name)).text() for row in range(tab.grid.rowCount())]


def test_costs_stand_stage_by_stage_and_in_all(qtbot, page):
    tab = turn_to(qtbot, page, "Costs")
    assert column(tab, "arm") == ["PPO", "PPO", "DPO β=0.1", "DPO β=0.1", "DPO β=0.03", "DPO β=0.03", "all runs"]
    assert column(tab, "stage") == ["PPO", "in all", "DPO", "in all", "DPO", "in all", "each once"]
    assert tab.grid.item(1, 2).font().bold()
    assert tab.grid.horizontalHeaderItem(2).toolTip().startswith("<p>Prompts answered")


def test_every_seed_has_a_row_and_says_whether_it_collapsed(qtbot, page):
    tab = turn_to(qtbot, page, "Seeds")
    assert column(tab, "seed") == ["0", "1"] * 4
    assert column(tab, "collapsed") == ["", "", *["no"] * 6]
    assert tab.card.subtitle() == "no seed of any arm collapsed"


def test_what_is_counted_is_told_behind_a_button(qtbot, page):
    tab = turn_to(qtbot, page, "Seeds")
    qtbot.mouseClick(tab.how, Qt.MouseButton.LeftButton)
    assert tab.note.isVisible()
    assert "a fixed half of the test prompts" in tab.note.text()
    assert "Collapsed: of its responses" in tab.note.text()
    qtbot.mouseClick(tab.how, Qt.MouseButton.LeftButton)
    assert tab.grid.isVisible()


def test_another_level_is_matched_when_it_is_chosen(qtbot, page):
    tab = turn_to(qtbot, page, "Matched")
    assert tab.card.title().startswith("Matched KL: ")
    assert column(tab, "arm") == ["PPO", "DPO β=0.1", "DPO β=0.03"]
    tab.by.setCurrentIndex(tab.by.findData("data"))
    assert tab.card.title() == "Matched data: 1,600 episodes or pairs"
    tab.by.setCurrentIndex(tab.by.findData("compute"))
    assert tab.grid.rowCount() == 0
    assert "The size of a model is not known" in tab.card.subtitle()


def test_an_arm_that_is_unticked_leaves_the_tables(qtbot, page):
    tab = turn_to(qtbot, page, "Costs")
    item = page.tree.topLevelItem(1)
    item.setCheckState(0, Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: "PPO" not in column(tab, "arm"), timeout=20000)


def test_above_the_charts_stands_what_is_the_same_and_line_by_line_if_asked(qtbot, page):
    strip = page.body.fairness
    assert strip.text() == (
        "The same for all arms: start model, training pairs, budget, test prompts, validation prompts, sampling, judges"
    )
    qtbot.mouseClick(strip.more, Qt.MouseButton.LeftButton)
    assert "= sampling: temperature 1, at most 48 tokens" in strip.text().splitlines()


def test_what_differs_stands_above_the_charts_unasked_and_not_again_in_the_verdict(qtbot, evaluated, page):
    job = next(job for job in evaluated.jobs() if job.method == "evaluate" and job.arm == "PPO")
    path = evaluated.run_folder(job.id) / "job.json"
    path.write_text(path.read_text().replace('"temperature": 1.0', '"temperature": 0.7'))
    compared = api.compare_runs(evaluated)
    strip = FairnessStrip()
    qtbot.addWidget(strip)
    strip.show_pins(compared)
    assert strip.text().splitlines()[0] == "Not the same for all arms: sampling"
    assert strip.text().splitlines()[1].startswith("≠ sampling: start model, DPO β=0.1, DPO β=0.03: temperature 1")
    page.verdict.show_words(compared)
    (pin,) = compared.unequal
    warned = page.verdict.text().partition("\n")[2]
    assert pin.sentence not in warned
