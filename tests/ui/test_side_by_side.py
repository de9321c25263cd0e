"""Two windows and a command line on one project, and a worker that is killed while somebody watches it."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from tests.commands import workbench
from tests.storage.records import job
from tests.ui.recorded_runs import FIRST, SECOND, THIRD, WORKING, at_work, busy
from workbench import api
from workbench.jobs import launch
from workbench.jobs.machine import Slot
from workbench.jobs.runner import Runner
from workbench.storage.project import Project
from workbench.ui.session import Session
from workbench.ui.window import MainWindow

WAIT = 20000
WORKER = Path(__file__).parents[1] / "jobs" / "pretend_worker.py"


@pytest.fixture
def project(tmp_path) -> Iterator[Project]:
    made = busy(tmp_path / "stories")
    with at_work(made, WORKING):
        yield made


@pytest.fixture
def open_window(qtbot, qapp, look, tmp_path) -> Iterator[Callable[[Project], MainWindow]]:
    """Opens a project in a window of its own, on its experiments."""
    sessions = []

    def opened(project: Project) -> MainWindow:
        sessions.append(Session(QSettings(str(tmp_path / f"{len(sessions)}.ini"), QSettings.Format.IniFormat)))
        window = MainWindow(sessions[-1], look)
        qtbot.addWidget(window)
        window.show()
        with qtbot.waitSignal(sessions[-1].project_changed, timeout=WAIT):
            sessions[-1].open(project.folder)
        window.show_page("experiments")
        qtbot.waitUntil(lambda: window.page.tree.topLevelItemCount() > 0, timeout=WAIT)
        return window

    yield opened
    for session in sessions:
        session.stop()


@pytest.fixture
def windows(open_window, project) -> list[MainWindow]:
    """Two windows with the same project."""
    return [open_window(project), open_window(project)]


def _listed(window) -> set[str]:
    return {line.run_id for line in window.page.tree._items if line.run_id}


def _quiet(window) -> bool:
    return not window.banner.isVisible()


def test_what_one_window_deletes_goes_from_the_other_that_shows_it(qtbot, windows):
    one, other = windows
    other.page.go_to(SECOND)
    other.page.panel.tabs.setCurrentWidget(other.page.panel.log)
    one.page.tree.choose(SECOND)
    one.page.edits.delete.trigger()
    qtbot.waitUntil(lambda: SECOND not in _listed(other), timeout=WAIT)
    qtbot.waitUntil(lambda: other.page.panel._run.id == THIRD, timeout=WAIT)
    other.page.edits.delete.trigger()
    qtbot.waitUntil(lambda: THIRD not in _listed(one), timeout=WAIT)
    one._session.history.undo()
    qtbot.waitUntil(lambda: SECOND in _listed(other) and THIRD not in _listed(other), timeout=WAIT)
    assert all(map(_quiet, windows))


def test_an_undo_that_another_window_made_impossible_says_so(qtbot, windows, project):
    one, other = windows
    one.page.tree.choose(FIRST)
    one.page.edits.delete.trigger()
    qtbot.waitUntil(lambda: FIRST not in _listed(other), timeout=WAIT)
    (deletion,) = api.show_trash(project)
    api.empty_trash(project, [deletion.id])
    one._session.history.undo()
    qtbot.waitUntil(one.banner.isVisible, timeout=WAIT)
    assert "not in the trash any more" in one.banner.text()


def test_names_tags_and_the_queue_change_in_both(qtbot, windows, project):
    api.rename_run(project, "betas", SECOND, "plain DPO")
    api.change_tags(project, "experiments", ["betas"], add=["keep"])
    api.order_queue(project, [WORKING, THIRD, FIRST, SECOND])
    for window in windows:
        tree = window.page.tree
        qtbot.waitUntil(lambda t=tree: t.item_of(SECOND).text(0) == "plain DPO · seed 0", timeout=WAIT)
        qtbot.waitUntil(lambda t=tree: t.all_tags() == ["keep"], timeout=WAIT)
        qtbot.waitUntil(lambda t=tree: t.queue() == [THIRD, FIRST, SECOND], timeout=WAIT)


def test_what_a_command_does_shows_in_the_window(qtbot, open_window, evaluated):
    window = open_window(evaluated)
    workbench("delete", evaluated.folder, "ppo-s0")
    qtbot.waitUntil(lambda: "ppo-s0" not in _listed(window), timeout=WAIT)
    workbench("restore", evaluated.folder)
    qtbot.waitUntil(lambda: "ppo-s0" in _listed(window), timeout=WAIT)


def test_a_dataset_that_another_window_renames_is_followed(qtbot, windows, project, tmp_path):
    source = tmp_path / "pairs.jsonl"
    source.write_text('{"prompt": "p", "chosen": "c", "rejected": "r"}\n' * 30)
    api.import_dataset(project, source, "pairs")
    for window in windows:
        window.show_page("data")
    pages = [window.page for window in windows]
    qtbot.waitUntil(lambda: all(p.browser.filter_bar.count.text() == "30 rows" for p in pages), timeout=WAIT)
    pages[0].datasets.renamed.emit("pairs", "helpful")
    qtbot.waitUntil(lambda: all(p.datasets.current().name == "helpful" for p in pages), timeout=WAIT)
    qtbot.waitUntil(lambda: all(p.browser.filter_bar.count.text() == "30 rows" for p in pages), timeout=WAIT)
    assert all(map(_quiet, windows))


@pytest.fixture
def at_work_for_real(tmp_path) -> Iterator[Project]:
    """A project whose runner, in a thread, has a real worker process on `long`."""
    made = Project.create(tmp_path / "real")
    launch.enqueue(made, [job("long", steps=100_000)], wake=False)
    over = threading.Event()
    runner = Runner(made, lambda folder: [sys.executable, str(WORKER), str(folder)], (Slot("cpu"),), poll_s=0.05)

    def work() -> None:
        while not over.is_set():
            runner.step()
            time.sleep(0.05)

    thread = threading.Thread(target=work)
    thread.start()
    yield made
    over.set()
    thread.join()
    if (mark := made.run("long").process()) is not None:
        os.kill(mark.pid, signal.SIGKILL)
        while made.run("long").outcome() is None:  # the runner waits for its child
            runner.step()
            time.sleep(0.05)


def test_a_worker_killed_while_it_is_watched_is_said_to_have_vanished_and_can_be_done_again(
    qtbot, window, open_project, at_work_for_real
):
    project = at_work_for_real
    open_project(project)
    window.show_page("experiments")
    page = window.page
    qtbot.waitUntil(lambda: page.tree.topLevelItemCount() == 1, timeout=WAIT)
    qtbot.waitUntil(lambda: "running" in page.tree.item_of("long").text(1), timeout=WAIT)
    qtbot.waitUntil(lambda: "/ 100,000" in page.tree.item_of("long").text(2), timeout=WAIT)
    page.panel.tabs.setCurrentWidget(page.panel.outcome)
    os.kill(project.run("long").process().pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: page.tree.item_of("long").text(1) == "✕ vanished", timeout=WAIT)
    outcome = page.panel.outcome
    qtbot.waitUntil(lambda: "killed by signal 9 without a last word" in outcome.sentence.text(), timeout=WAIT)
    assert outcome.tail.toPlainText() == "the worker speaks"
    assert any("vanished" in said for said in window.toasts.sentences())
    page.actions_on_runs.verbs["Retry"].trigger()
    qtbot.waitUntil(lambda: "running" in page.tree.item_of("long").text(1), timeout=WAIT)
