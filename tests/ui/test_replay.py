"""Replaying from the window: what is asked, what is refused, and what came of it."""

import os

import pytest
from evaluated_runs import realistic
from PySide6.QtCore import Qt

from workbench.domain.events import Progress
from workbench.domain.replays import Changed, FileReplay, MetricReplay, Replay
from workbench.jobs.replay import REPLAY, replay_folder
from workbench.storage.files import write_record
from workbench.storage.liveness import lock_for_worker
from workbench.storage.runlog import RunFolder

WAIT = 20000
RUN = "ppo-s0"


@pytest.fixture
def page(qtbot, window, open_project, tmp_path):
    project = realistic(tmp_path / "stories", seeds=(0,), n_prompts=12, steps=3)
    open_project(project)
    window.show_page("experiments")
    qtbot.waitUntil(lambda: window.page.tree.topLevelItemCount() == 1, timeout=WAIT)
    item = window.page.tree.item_of(RUN)
    window.page.tree.scrollToItem(item)
    where = window.page.tree.visualItemRect(item).center()
    qtbot.mouseClick(window.page.tree.viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.waitUntil(window.page.actions_on_runs.replay.isEnabled, timeout=WAIT)
    return window.page


def found(*, same: bool) -> Replay:
    loss = (
        MetricReplay(name="loss", n_compared=3)
        if same
        else MetricReplay(name="loss", n_compared=3, largest=0.5, first_step=2)
    )
    changed = () if same else (Changed(what="torch", before="2.12.0", after="2.13.0"),)
    weights = FileReplay(step=100, name="model.safetensors", before="a", after="a" if same else "b")
    return Replay(
        run=RUN, method="ppo", device="a CPU", metrics=(loss,), files=(weights,), changed=changed, seconds=12.0
    )


def test_a_run_whose_inputs_are_gone_is_refused_in_the_banner_and_its_tab_says_why_not(qtbot, page, window):
    qtbot.keyClick(page.tree, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(window.banner.isVisible, timeout=WAIT)
    assert "The dataset `pairs` that the run read is not as it was" in window.banner.text()
    assert page.panel.tab() == "Replay"
    qtbot.waitUntil(lambda: "Not replayed yet" in page.panel.replay.sentence.text(), timeout=WAIT)


@pytest.mark.parametrize(
    ("same", "tone", "said"), [(True, "good", "The same to the last bit"), (False, "warn", "Not the same")]
)
def test_what_came_of_it_is_shown_when_it_is_there(qtbot, page, session, same, tone, said):
    page.panel.show_tab("Replay")
    qtbot.waitUntil(lambda: "Not replayed yet" in page.panel.replay.sentence.text(), timeout=WAIT)
    write_record(session.project.run_folder(RUN) / REPLAY, found(same=same))
    qtbot.waitUntil(lambda: said in page.panel.replay.sentence.text(), timeout=WAIT)
    assert page.panel.replay.sentence.property("tone") == tone
    details = page.panel.replay.details.toPlainText()
    assert ("torch: was 2.12.0, is 2.13.0" in details) is not same
    assert ("loss: same at 3 steps" in details) is same


def test_a_replay_that_goes_on_is_stopped_by_a_button(qtbot, page, session):
    again = RunFolder(replay_folder(session.project, RUN))
    again.folder.mkdir()
    again.append(Progress(phase="training", step=3, total=9))
    lock = lock_for_worker(again, "cpu")
    page.panel.show_tab("Replay")
    tab = page.panel.replay
    qtbot.waitUntil(tab.stop.isVisible, timeout=WAIT)
    assert tab.sentence.text() == "Replaying: training, 3 of 9."
    qtbot.mouseClick(tab.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: again.stop_requested() == "stop", timeout=WAIT)
    qtbot.waitUntil(lambda: tab.sentence.text().startswith("Replaying: ending"), timeout=WAIT)
    os.close(lock)  # as the worker ends
    qtbot.waitUntil(tab.stop.isHidden, timeout=WAIT)
    assert "Not replayed yet" in tab.sentence.text()
