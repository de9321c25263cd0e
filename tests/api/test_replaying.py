"""Replays that go on when the window closes: how they are started and what is read of them."""

import os
import time

import pytest
from evaluated_runs import PaperRuns

from workbench.api import create_project, read_replay, start_replay
from workbench.domain.errors import BadInput, Busy
from workbench.domain.records import Outcome
from workbench.domain.replays import Replay
from workbench.jobs.replay import REPLAY, replay_folder
from workbench.storage.files import write_record
from workbench.storage.liveness import lock_for_child
from workbench.storage.runlog import RunFolder


@pytest.fixture
def runs(tmp_path):
    return PaperRuns(create_project(tmp_path / "p"))


def found(run: str, at: float) -> Replay:
    return Replay(run=run, method="dpo", device="a CPU", metrics=(), files=(), seconds=1.0, at=at)


def test_a_run_that_was_never_replayed_has_nothing_to_tell(runs):
    view = read_replay(runs.project, runs.arm("dpo", {100: [1.0]}).id)
    assert (view.found, view.is_going, view.problem) == (None, False, "")


def test_a_replay_is_going_on_before_its_worker_works_and_is_not_started_twice(runs, monkeypatch):
    run = runs.arm("dpo", {100: [1.0]}).id
    monkeypatch.setattr("workbench.api.replaying.check_inputs", lambda *_: None)
    with (runs.project.run_folder(run) / "replay.log").open("ab") as log:
        assert lock_for_child(log)  # as the process that replays inherits it
        view = read_replay(runs.project, run)
        assert (view.is_going, view.is_working, view.phase) == (True, False, "starting")
        with pytest.raises(Busy, match="being replayed already"):
            start_replay(runs.project, run)
    assert not read_replay(runs.project, run).is_going


def test_what_a_replay_does_after_its_worker_is_told(runs):
    run = runs.arm("dpo", {100: [1.0]}).id
    again = RunFolder(replay_folder(runs.project, run))
    again.folder.mkdir()
    again.write_outcome(Outcome(state="finished"))
    with (runs.project.run_folder(run) / "replay.log").open("ab") as log:
        assert lock_for_child(log)
        assert read_replay(runs.project, run).phase == "comparing"
        log.write(b"The replay was stopped.")
        log.flush()
        assert read_replay(runs.project, run).phase == "ending"


def test_a_run_that_has_not_finished_is_not_started(runs):
    job = runs.arm("dpo", {}, outcome=Outcome(state="stopped"))
    with pytest.raises(BadInput, match="is stopped, so there is nothing whole"):
        start_replay(runs.project, job.id)


def test_the_newest_word_counts_what_was_found_or_why_nothing_was(runs):
    run = runs.arm("dpo", {100: [1.0]}).id
    log, now = runs.project.run_folder(run) / "replay.log", time.time()
    log.write_text("The replay failed: out of memory.")
    os.utime(log, (now, now))
    assert read_replay(runs.project, run).problem == "The replay failed: out of memory."
    write_record(runs.project.run_folder(run) / REPLAY, found(run, now + 1))
    assert read_replay(runs.project, run).problem == ""
    write_record(runs.project.run_folder(run) / REPLAY, found(run, now - 1))
    view = read_replay(runs.project, run)
    assert view.found is not None
    assert view.problem == "The replay failed: out of memory."


def test_a_replay_that_was_stopped_leaves_the_word_of_the_one_before(runs):
    run = runs.arm("dpo", {100: [1.0]}).id
    (runs.project.run_folder(run) / "replay.log").write_text("The replay was stopped.\n")
    assert read_replay(runs.project, run).problem == ""
