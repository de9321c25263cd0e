"""Judges in the window: compared, declared, tried, and people who judge blind."""

from collections.abc import Iterator

import keyring
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pretend_judge import PretendJudge, pretend_judge
from PySide6.QtCore import Qt

from workbench import api
from workbench.data.pairwise import client
from workbench.domain.errors import DiskFull
from workbench.storage.labels import read_labels
from workbench.storage.project import Project
from workbench.ui.pages.compare.blind import BlindTab
from workbench.ui.pages.compare.judges import JudgesTab

WAIT = 20000


@pytest.fixture
def evaluated(evaluated) -> Project:
    """The arms' answers differ from the start model's."""
    for path in evaluated.folder.glob("runs/eval-dpo*/samples/*.parquet"):
        table = pq.read_table(path)
        texts = pa.array([f"{text} And more." for text in table["response"].to_pylist()])
        pq.write_table(table.set_column(table.column_names.index("response"), "response", texts), path)
    return evaluated


@pytest.fixture
def judge(tmp_path, monkeypatch) -> Iterator[PretendJudge]:
    monkeypatch.setenv("WORKBENCH_ANSWERS", str(tmp_path / "answers"))
    monkeypatch.setattr(client, "_FIRST_WAIT_S", 0.01)
    with pretend_judge() as made:
        yield made


@pytest.fixture
def blind(qtbot, page, window):
    """The tab with the first pair in sight."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT)
    page.deck.turn_to("Judge blind")
    qtbot.waitUntil(page.deck.tab(BlindTab).buttons["1"].isEnabled, timeout=WAIT)
    return page.deck.tab(BlindTab)


def test_keys_judge_pair_after_pair_and_what_was_said_is_kept(qtbot, window, blind, evaluated):
    seen = []
    for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_0, Qt.Key.Key_S):
        seen.append((blind.prompt.text(), *(text.text() for text in blind.texts)))
        qtbot.keyClick(window, key)
    qtbot.waitUntil(lambda: len(read_labels(evaluated)) == 4, timeout=WAIT)
    assert sorted(label.verdict for label in read_labels(evaluated)) == ["first", "second", "skip", "tie"]
    assert len(set(seen)) > 1  # two seeds may have given one prompt the same two answers
    assert blind.card.subtitle().startswith("5/")


def test_a_judgement_that_could_not_be_kept_is_asked_for_again(qtbot, window, blind, evaluated, monkeypatch):
    def full(*_args):
        raise DiskFull("There is no room on the disk.")

    first = blind.prompt.text(), *(text.text() for text in blind.texts)
    with monkeypatch.context() as disk:
        disk.setattr(api, "give_label", full)
        qtbot.keyClick(window, Qt.Key.Key_1)
        qtbot.waitUntil(window.banner.isVisible, timeout=WAIT)
    assert (blind.prompt.text(), *(text.text() for text in blind.texts)) == first
    qtbot.keyClick(window, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: [label.verdict for label in read_labels(evaluated)] == ["second"], timeout=WAIT)


def test_no_name_of_an_arm_stands_beside_an_answer(blind, page):
    names = [arm.name for arm in page.comparison.arms]
    shown = " ".join((blind.prompt.text(), *(text.text() for text in blind.texts)))
    assert not any(name in shown for name in names)


def test_a_judgement_is_taken_back_by_key_and_its_pair_comes_again(qtbot, window, blind, evaluated):
    first = blind.prompt.text()
    qtbot.keyClick(window, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: blind.undo.isEnabled() and len(read_labels(evaluated)) == 1, timeout=WAIT)
    qtbot.keyClick(window, Qt.Key.Key_U)
    qtbot.waitUntil(lambda: read_labels(evaluated) == (), timeout=WAIT)
    qtbot.waitUntil(lambda: blind.prompt.text() == first, timeout=WAIT)
    assert window.toasts.sentences() == []  # the pair is in sight again
    lines = (evaluated.folder / "comparisons" / "labels.jsonl").read_text().splitlines()
    assert len(lines) == 2  # nothing is erased


def test_judgements_are_undone_and_redone_like_everything_else(qtbot, window, blind, evaluated):
    ctrl, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    window._session.history.do("Rename run", lambda: None, lambda _none: None)
    qtbot.waitUntil(lambda: window.toasts.sentences() == ["Rename run: done."], timeout=WAIT)
    for number, key in enumerate((Qt.Key.Key_1, Qt.Key.Key_2), 1):
        qtbot.keyClick(window, key)
        qtbot.waitUntil(lambda n=number: len(read_labels(evaluated)) == n, timeout=WAIT)
    qtbot.waitUntil(lambda: window._undo_action.text() == "Undo: Judge a pair", timeout=WAIT)
    assert window.toasts.sentences() == []  # whose Undo would take a judgement back now
    second = read_labels(evaluated)[1].prompt_key
    qtbot.keyClick(window, Qt.Key.Key_Z, ctrl)
    qtbot.waitUntil(lambda: len(read_labels(evaluated)) == 1, timeout=WAIT)
    qtbot.waitUntil(lambda: blind.card.subtitle().startswith("2/"), timeout=WAIT)
    qtbot.keyClick(window, Qt.Key.Key_Z, ctrl | shift)
    qtbot.waitUntil(lambda: len(read_labels(evaluated)) == 2, timeout=WAIT)
    qtbot.waitUntil(lambda: blind.card.subtitle().startswith("3/"), timeout=WAIT)
    assert (read_labels(evaluated)[1].prompt_key, read_labels(evaluated)[1].verdict) == (second, "second")


def test_one_arm_is_not_judged_against_itself(qtbot, blind):
    blind.other.setCurrentText(blind.one.currentText())
    blind.other.activated.emit(blind.other.currentIndex())
    assert blind.prompt.text() == "Choose two different arms."
    assert not blind.buttons["1"].isEnabled()


def test_what_people_say_stands_among_the_judges(qtbot, window, blind, page):
    qtbot.keyClick(window, Qt.Key.Key_1)
    qtbot.waitUntil(blind.undo.isEnabled, timeout=WAIT)
    page.deck.turn_to("Judges")
    table = page.deck.tab(JudgesTab).table
    qtbot.waitUntil(lambda: table.rowCount() == 3, timeout=WAIT)
    assert [table.item(row, 0).text() for row in range(3)] == ["vader", "proxy", "people"]
    assert "1 judgements by" in page.deck.tab(JudgesTab).people.text()


def test_win_rates_go_by_the_judge_that_is_chosen(qtbot, page):
    page.bar.judge_box.setCurrentText("proxy")
    page.bar.judge_box.activated.emit(page.bar.judge_box.currentIndex())
    qtbot.waitUntil(lambda: page.is_settled and page.comparison.judge == "proxy", timeout=WAIT)
    assert page.view.judge == "proxy"
    assert page.bar.judge_box.currentText() == "proxy"


@pytest.fixture
def card(window):
    window.show_page("settings")
    return window.page.judges


def fill(qtbot, card, judge):
    card.name.setText("local")
    for name, text in {
        "url": f"http://127.0.0.1:{judge.port}/v1",
        "model": "rule",
        "requests_per_minute": "60000",
    }.items():
        card.editors[name].setText(text)
    card.editors["template"].setPlainText("{mark}|{prompt}|{a}|{b}")
    qtbot.mouseClick(card.save, Qt.MouseButton.LeftButton)


def test_a_judge_is_declared_tried_and_removed_again(qtbot, card, judge, session):
    fill(qtbot, card, judge)
    qtbot.waitUntil(lambda: card.chooser.currentData() == "local" and card.test.isEnabled(), timeout=WAIT)
    assert api.list_endpoints()["local"].model == "rule"
    judge.rule = lambda _prompt, first, _second: "A" if first == "4" else "B"
    qtbot.mouseClick(card.test, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "It judges as it should" in card.state.text(), timeout=WAIT)
    assert len(judge.bodies) == 1
    qtbot.mouseClick(card.remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not card.remove.isEnabled(), timeout=WAIT)
    assert api.list_endpoints() == {}
    qtbot.waitUntil(lambda: bool(session.history.undoable), timeout=WAIT)
    session.history.undo()
    qtbot.waitUntil(lambda: "local" in api.list_endpoints(), timeout=WAIT)


def test_a_judge_that_is_edited_shows_what_was_saved(qtbot, card, judge, session):
    fill(qtbot, card, judge)
    qtbot.waitUntil(lambda: card.chooser.currentData() == "local", timeout=WAIT)
    card.editors["model"].setText("another")
    qtbot.mouseClick(card.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: api.list_endpoints()["local"].model == "another", timeout=WAIT)
    qtbot.waitUntil(lambda: "needs no key" in card.state.text(), timeout=WAIT)
    assert card.editors["model"].text() == "another"
    api.set_endpoint("local", {"model": "a third"})  # as the command line would
    session.preferences.read()
    qtbot.waitUntil(lambda: card.editors["model"].text() == "a third", timeout=WAIT)


def test_a_key_is_kept_and_forgotten(qtbot, card, judge, monkeypatch):
    kept = {}
    monkeypatch.setattr(keyring, "get_password", lambda _service, name: kept.get(name))
    monkeypatch.setattr(keyring, "set_password", lambda _service, name, value: kept.__setitem__(name, value))
    monkeypatch.setattr(keyring, "delete_password", lambda _service, name: kept.pop(name))
    card.secret.setText("sk-secret")
    fill(qtbot, card, judge)
    qtbot.waitUntil(lambda: card.state.text() == "✓ The key local is in the keyring.", timeout=WAIT)
    assert list(kept.values()) == ["sk-secret"]
    assert card.secret.text() == ""
    qtbot.waitUntil(card.forget.isVisible, timeout=WAIT)
    qtbot.mouseClick(card.forget, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "neither in the keyring" in card.state.text(), timeout=WAIT)
    assert kept == {}
    assert card.forget.isHidden()


def test_an_address_that_is_none_is_refused_in_words(qtbot, card, window, judge):
    card.editors["url"].setText("localhost")
    card.editors["model"].setText("m")
    card.name.setText("local")
    qtbot.mouseClick(card.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.banner.isVisible, timeout=WAIT)
    assert "expected http:// or https://" in window.banner.text()
    assert api.list_endpoints() == {}


def test_a_server_that_is_off_is_said_beside_the_button(qtbot, card, judge):
    fill(qtbot, card, judge)
    qtbot.waitUntil(lambda: card.chooser.currentData() == "local" and card.test.isEnabled(), timeout=WAIT)
    api.set_endpoint("local", {"url": "http://127.0.0.1:9/v1"})
    qtbot.mouseClick(card.test, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "cannot be reached" in card.state.text(), timeout=WAIT)


def test_a_judge_is_asked_about_the_arms_from_the_comparison(qtbot, page, judge, session, evaluated):
    endpoint = judge.endpoint(price_in=1000.0)
    api.set_endpoint("local", endpoint.model_dump())
    session.preferences.read()
    page.deck.turn_to("Judges")
    tab = page.deck.tab(JudgesTab)
    qtbot.waitUntil(lambda: " or more, about $" in tab.cost.text() and tab.go.isEnabled(), timeout=WAIT)
    qtbot.mouseClick(tab.go, Qt.MouseButton.LeftButton)

    def queued():
        return [job for job in evaluated.jobs() if job.method == "judge"]

    qtbot.waitUntil(lambda: len(queued()) == 6, timeout=WAIT)  # three arms under two seeds
    assert all(job.recipe.last_only for job in queued())
    assert judge.bodies == []  # the queue asks, not the window


def test_without_a_language_model_the_tab_leads_to_where_one_is_declared(qtbot, page, window):
    page.deck.turn_to("Judges")
    tab = page.deck.tab(JudgesTab)
    qtbot.waitUntil(tab.declare.isVisible, timeout=WAIT)
    qtbot.mouseClick(tab.declare, Qt.MouseButton.LeftButton)
    assert window.page_key == "settings"
