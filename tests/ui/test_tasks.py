import threading

import pytest

from workbench.ui.tasks import Cancelled, Tasks


@pytest.fixture
def tasks(qapp):
    made = Tasks()
    yield made
    made.stop()


def test_an_answer_arrives_on_the_thread_that_asked(qtbot, tasks):
    answers = []
    tasks.start("sum", lambda: (1 + 1, threading.get_ident()), answers.append)
    qtbot.waitUntil(lambda: bool(answers))
    assert answers[0][0] == 2
    assert answers[0][1] != threading.get_ident()
    assert not tasks.is_running("sum")


def test_a_failure_arrives_as_the_exception_it_was(qtbot, tasks):
    failures = []
    tasks.start("fail", lambda: 1 / 0, print, failures.append)
    qtbot.waitUntil(lambda: bool(failures))
    assert isinstance(failures[0], ZeroDivisionError)


def test_only_the_newest_question_of_a_key_is_answered(qtbot, tasks):
    gate, answers = threading.Event(), []
    tasks.start("q", lambda: gate.wait(5) and "old", answers.append)
    tasks.start("q", lambda: "new", answers.append)
    qtbot.waitUntil(lambda: answers == ["new"])
    gate.set()
    qtbot.wait(50)
    assert answers == ["new"]


def test_work_that_outlives_the_window_ends_without_a_word(qtbot, qapp):
    begun, gate, answers = threading.Event(), threading.Event(), []
    tasks = Tasks()
    tasks.start("slow", lambda: begun.set() or gate.wait(5), answers.append)
    assert begun.wait(5)
    tasks.stop(wait_ms=10)
    gate.set()
    qtbot.waitUntil(lambda: tasks._handlers == {}, timeout=20000)
    assert answers == []
    assert tasks.start("late", print, answers.append).is_cancelled


def test_long_work_tells_how_far_it_is_and_ends_when_cancelled(qtbot, tasks):
    progress, ended, gate = [], threading.Event(), threading.Event()

    def work(task):
        task.report(1)
        gate.wait(5)
        try:
            task.report(2)
        except Cancelled:
            ended.set()
            raise

    task = tasks.start_long("long", work, print, progress.append, progress.append)
    qtbot.waitUntil(lambda: progress == [1])
    task.cancel()
    gate.set()
    assert not tasks.is_running("long")
    assert ended.wait(5)
    qtbot.wait(50)
    assert progress == [1]


def test_what_was_asked_of_a_project_is_not_answered_after_it_was_closed(qtbot, session):
    go_on = threading.Event()
    answered: list[str] = []
    for key in ("rows", "window size"):
        session.tasks.start(key, lambda: go_on.wait(20), lambda _result, k=key: answered.append(k))
    session.close()
    go_on.set()
    qtbot.waitUntil(lambda: bool(answered), timeout=20000)
    assert answered == ["window size"]
