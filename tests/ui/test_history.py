"""Undo and redo, on a list that stands for a project."""

import threading

import pytest

from workbench.ui.history import History


@pytest.fixture
def history(session) -> History:
    return session.history


def _idle(qtbot, history: History) -> None:
    qtbot.waitUntil(lambda: not history._going, timeout=20000)


def test_deeds_are_taken_back_and_done_again_in_order(qtbot, history):
    things: list[str] = []
    for name in ("a", "b"):
        history.do(f"Add {name}", lambda n=name: things.append(n), lambda _result: things.pop())
        _idle(qtbot, history)
    assert (things, history.undoable, history.redoable) == (["a", "b"], "Add b", "")
    history.undo()
    _idle(qtbot, history)
    history.undo()
    _idle(qtbot, history)
    assert (things, history.undoable, history.redoable) == ([], "", "Add a")
    history.redo()
    _idle(qtbot, history)
    assert (things, history.undoable, history.redoable) == (["a"], "Add a", "Add b")


def test_a_new_deed_ends_what_could_be_redone(qtbot, history):
    history.do("First", lambda: None, lambda _result: None)
    _idle(qtbot, history)
    history.undo()
    _idle(qtbot, history)
    history.do("Second", lambda: None, lambda _result: None)
    _idle(qtbot, history)
    assert (history.undoable, history.redoable) == ("Second", "")


def test_undoing_receives_what_doing_returned_the_last_time(qtbot, history):
    numbers = iter(range(10))
    undone: list[int] = []
    history.do("Count", lambda: next(numbers), undone.append)
    _idle(qtbot, history)
    for act in (history.undo, history.redo, history.undo):
        act()
        _idle(qtbot, history)
    assert undone == [0, 1]


def test_what_failed_is_said_and_not_remembered(qtbot, session, history):
    def fail() -> None:
        raise OSError("the disk is full")

    with qtbot.waitSignal(session.failed, timeout=20000) as said:
        history.do("Delete run", fail, lambda _result: None)
    assert said.args[:2] == ["Delete run did not work", "OSError: the disk is full"]
    assert history.undoable == ""


def test_an_undo_that_failed_can_be_tried_again(qtbot, session, history):
    attempts: list[int] = []

    def undo(_result: object) -> None:
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError("locked")

    history.do("Tag run", lambda: None, undo)
    _idle(qtbot, history)
    with qtbot.waitSignal(session.failed, timeout=20000):
        history.undo()
    assert history.undoable == "Tag run"
    history.undo()
    _idle(qtbot, history)
    assert (history.undoable, history.redoable) == ("", "Tag run")


def test_ctrl_z_and_the_toast_undo(qtbot, window):
    things = ["run"]
    history = window._session.history
    history.do("Delete run", things.pop, things.append)
    qtbot.waitUntil(lambda: "Delete run: done." in window.toasts.sentences(), timeout=20000)
    window._undo_action.trigger()
    qtbot.waitUntil(lambda: things == ["run"], timeout=20000)
    qtbot.waitUntil(lambda: window._redo_action.text() == "Redo: Delete run", timeout=20000)
    assert not window._undo_action.isEnabled()


def test_only_the_newest_deed_offers_its_undo(qtbot, window):
    history = window._session.history
    for name in ("first", "second"):
        history.do(f"Delete {name}", lambda: None, lambda _result: None)
        qtbot.waitUntil(lambda n=name: window.toasts.sentences() == [f"Delete {n}: done."], timeout=20000)
    history.undo()
    qtbot.waitUntil(lambda: window.toasts.sentences() == ["Delete second: undone."], timeout=20000)


def test_what_is_asked_for_while_an_undo_is_under_way_waits_for_it(qtbot, history):
    things: list[str] = []
    may_go_on = threading.Event()

    def take_back(_result: object) -> None:
        assert may_go_on.wait(20)
        things.remove("a")

    history.do("Add a", lambda: things.append("a"), take_back)
    _idle(qtbot, history)
    history.undo()
    history.do("Add b", lambda: things.append("b"), lambda _result: things.remove("b"))
    may_go_on.set()
    _idle(qtbot, history)
    assert (things, history.undoable, history.redoable) == (["b"], "Add b", "")
    history.undo()
    _idle(qtbot, history)
    assert (things, history.undoable, history.redoable) == ([], "", "Add b")


def test_what_is_asked_for_while_a_deed_is_done_again_follows_it(qtbot, history):
    things: list[str] = []
    may_go_on = threading.Event()
    may_go_on.set()

    def add() -> None:
        assert may_go_on.wait(20)
        things.append("a")

    history.do("Add a", add, lambda _result: things.remove("a"))
    _idle(qtbot, history)
    history.undo()
    _idle(qtbot, history)
    may_go_on.clear()
    history.redo()
    history.do("Add b", lambda: things.append("b"), lambda _result: things.remove("b"))
    may_go_on.set()
    for left in (["a"], []):
        _idle(qtbot, history)
        history.undo()
        _idle(qtbot, history)
        assert things == left


def test_what_waits_when_the_project_is_closed_still_happens(qtbot, history):
    things: list[str] = []
    has_begun, may_go_on = threading.Event(), threading.Event()

    def slow() -> None:
        has_begun.set()
        assert may_go_on.wait(20)
        things.append("a")

    history.do("Add a", slow, lambda _result: None)
    history.do("Add b", lambda: things.append("b"), lambda _result: None)
    assert has_begun.wait(20)
    history.clear()
    may_go_on.set()
    qtbot.waitUntil(lambda: things == ["a", "b"], timeout=20000)
    assert history.undoable == ""


def test_an_undo_that_is_asked_for_too_early_takes_back_what_is_under_way(qtbot, history):
    go_on = threading.Event()
    things: list[str] = []
    history.do("Add a", lambda: (go_on.wait(20), things.append("a")), lambda _result: things.pop())
    history.undo()
    go_on.set()
    qtbot.waitUntil(lambda: history.redoable == "Add a", timeout=20000)
    assert things == []
