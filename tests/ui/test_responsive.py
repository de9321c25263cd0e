"""Nothing keeps the window from its events, while much is imported and while much is shown.

What is bound here is the thread's own work between two beats, which the load of the machine does not change; the benchmark
of the window measures the same by the clock.
"""

import gc

import pytest
from PySide6.QtCore import Qt

from tests.ui.large_projects import many_runs, write_pairs
from tests.ui.watchdog import Watchdog

LONGEST_S = 0.15  # three times what is aimed at: this runs beside other tests, on machines that others use too


@pytest.fixture
def watchdog(qapp):
    """Watches, with what was loaded so far out of the collector's way, as in the program."""
    gc.freeze()
    made = Watchdog()
    yield made
    made.deleteLater()
    gc.unfreeze()


def test_100_000_pairs_are_imported_without_a_stutter(qtbot, window, session, watchdog, tmp_path):
    source = write_pairs(tmp_path / "pairs.jsonl", 100_000)
    with qtbot.waitSignal(session.project_opened, timeout=20000):
        session.create(tmp_path / "p", "p")
    window.show_page("data")
    page = window.page
    watchdog.start()
    page.begin_import(str(source))
    qtbot.waitUntil(page.panel.go_button.isEnabled, timeout=20000)
    qtbot.mouseClick(page.panel.go_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(session.view and session.view.datasets), timeout=120000)
    _until_quiet(qtbot, session)
    stall = watchdog.stop()
    assert session.view.datasets[0].n_rows == 100_000
    assert len(watchdog.stalls) > 10
    assert stall.own < LONGEST_S


def test_twenty_long_runs_are_shown_without_a_stutter(qtbot, window, session, watchdog, open_project, tmp_path):
    open_project(many_runs(tmp_path / "large", 20, 10_000))
    for key in ("experiments", "compare"):
        window.show_page(key)  # builds the page, which happens once and is what the click waits for
        watchdog.start()
        _until_quiet(qtbot, session)
        assert watchdog.stop().own < LONGEST_S, key
    watchdog.start()
    window.show_page("experiments")
    for run in session.view.runs[:4]:
        window.page.go_to(run.id)
        _until_quiet(qtbot, session)
    assert watchdog.stop().own < LONGEST_S
    assert len(watchdog.stalls) > 10


def _until_quiet(qtbot, session):
    qtbot.wait(300)
    qtbot.waitUntil(lambda: not session.tasks.running() - {"look", "window machine"}, timeout=60000)
