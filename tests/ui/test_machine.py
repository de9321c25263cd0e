"""The Machine page: the last minutes, and what each run takes of the computer."""

import os

import pytest
from PySide6.QtCore import Qt

from tests.ui.recorded_runs import WORKING, at_work, busy
from workbench import api
from workbench.storage.liveness import mark_process
from workbench.storage.runlog import STOP
from workbench.ui.machine.run_table import use_words


@pytest.fixture
def page(qtbot, window):
    qtbot.waitUntil(lambda: bool(window.rail._machine._rows), timeout=20000)
    qtbot.mouseClick(window.rail._machine, Qt.MouseButton.LeftButton)
    assert window.page_key == "machine"
    return window.page


def test_a_click_on_the_figures_in_the_rail_shows_the_last_minutes(qtbot, page, session):
    qtbot.waitUntil(lambda: {"CPU", "Memory"} <= set(page.plots), timeout=20000)
    x, y = page.plots["Memory"].curve.getData()
    assert len(x) == len(y) == len(session.machine.moments)
    assert x[-1] <= 0
    assert page.plots["Memory"].subtitle().endswith("GB")
    assert "Open a project" in page._none.text()


def test_a_gpu_has_a_plot_for_its_work_and_one_for_its_memory(qtbot, page, session):
    gpu = api.GpuLoad(name="H100", used_mib=2048, memory_mib=81920, busy_percent=37)
    load = api.MachineLoad(cpu_percent=5, cores=2, used_mib=1024, memory_mib=4096, gpus=[gpu])
    session.machine._on_looked(load)
    assert page.plots["GPU 0"].subtitle() == "37 % busy · H100"
    assert page.plots["GPU 0 memory"].subtitle() == "2.0 of 80 GB"


def test_a_run_that_goes_on_is_listed_and_can_be_stopped(qtbot, window, page, open_project, session, tmp_path):
    project = busy(tmp_path / "stories")
    project.run(WORKING).write_process(mark_process(os.getpid(), "cpu"))  # this test is the worker
    with at_work(project, WORKING):
        open_project(project)
        window.show_page("machine")
        qtbot.waitUntil(lambda: page.table.rowCount() == 1, timeout=20000)
        assert page.table.isVisibleTo(page)
        stop = page.table.cellWidget(0, page.table.columnCount() - 1)
        assert stop.accessibleName() == f"Stop {WORKING}"
        qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
        qtbot.waitUntil((project.run(WORKING).folder / STOP).exists, timeout=20000)
        qtbot.waitUntil(lambda: session.history.undoable.startswith("Stop"), timeout=20000)


def test_a_run_in_words_has_its_units():
    use = api.RunUse("ppo-s0", "cuda:0", 1, 97.4, 2048, None, 125)
    assert use_words(use, {"ppo-s0": "PPO · seed 0"}) == ["PPO · seed 0", "cuda:0", "97 %", "2.0 GB", "-", "2 min"]
