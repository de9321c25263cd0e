import os
from pathlib import Path

import pytest

from tests.storage.records import job
from workbench.domain.events import Failed, Finished, Progress, Started
from workbench.domain.records import Outcome, ProcessMark, RunState
from workbench.jobs.queue import edit_queue
from workbench.jobs.states import run_state, run_states, vanished
from workbench.storage.liveness import lock_for_worker
from workbench.storage.project import Project

DEAD = ProcessMark(pid=2**22 + 1, started=1e9, device="cpu", host="here")  # above the system's highest pid


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.create(tmp_path / "project")
    project.add_job(job("a"))
    return project


def queue(project: Project, *run_ids: str) -> None:
    with edit_queue(project) as edit:
        edit.queue = edit.queue.with_runs(list(run_ids))


def test_a_run_that_nobody_queued_is_stopped(project: Project) -> None:
    status = run_state(project, project.job("a"))
    assert (status.state, status.message) == (RunState.STOPPED, "It is not in the queue.")


def test_a_working_run_shows_its_last_progress(project: Project) -> None:
    run = project.run("a")
    lock = lock_for_worker(run, "cpu")
    assert lock is not None
    with os.fdopen(lock):
        assert run_states(project)["a"].state is RunState.RUNNING
        run.append(Progress(phase="training", step=1, total=9))
        run.append(Progress(phase="training", step=2, total=9, rate=4.0, left_s=1.75))
        status = run_states(project)["a"]
        assert (status.step, status.total, status.phase, status.rate, status.left_s) == (2, 9, "training", 4.0, 1.75)
        run.request_pause()
        assert run_states(project)["a"].state is RunState.STOPPING


def test_an_outcome_outweighs_everything_else(project: Project) -> None:
    queue(project, "a")
    run = project.run("a")
    run.append(Progress(phase="training", step=2, total=9, rate=4.0, left_s=1.75))
    run.write_process(DEAD)
    run.write_outcome(Outcome(state="failed", step=0, message="The loss is NaN.", hint="Lower the rate."))
    status = run_states(project)["a"]
    assert (status.state, status.step, status.total, status.left_s) == (RunState.FAILED, 2, 9, None)
    assert (status.message, status.hint) == ("The loss is NaN.", "Lower the rate.")


def test_a_finished_run_is_complete_whatever_its_last_phase_counted(project: Project) -> None:
    run = project.run("a")
    run.append(Progress(phase="sampling the start model", step=1, total=1))
    run.write_outcome(Outcome(state="finished", step=20))
    assert (run_states(project)["a"].step, run_states(project)["a"].total) == (20, 20)
    run.append(Progress(phase="evaluating", step=500, total=500))
    assert (run_states(project)["a"].step, run_states(project)["a"].total) == (500, 500)


@pytest.mark.parametrize("state", ["failed", "stopped", "paused", "vanished"])
def test_a_run_is_blocked_by_a_need_that_will_not_happen_by_itself(project: Project, state: str) -> None:
    project.add_job(job("b", needs=("a",)))
    project.add_job(job("c", needs=("b",)))
    project.run("a").write_outcome(Outcome.model_validate({"state": state}))
    queue(project, "b", "c")
    status = run_states(project)
    assert (status["b"].state, status["c"].state) == (RunState.BLOCKED, RunState.BLOCKED)
    assert status["b"].message == f"Needs dpo seed 0, which is {state}."


def test_a_run_waits_for_a_need_that_will_still_happen(project: Project) -> None:
    project.add_job(job("b", needs=("a",)))
    queue(project, "a", "b")
    status = run_states(project)["b"]
    assert (status.state, status.message) == (RunState.WAITING, "Waits for dpo seed 0.")


def test_a_run_whose_need_was_deleted_is_blocked(project: Project) -> None:
    project.add_job(job("b", needs=("gone",)))
    queue(project, "b")
    assert run_states(project)["b"].state is RunState.BLOCKED


def test_a_dead_worker_without_an_outcome_has_vanished(project: Project) -> None:
    run = project.run("a")
    (run.folder / "worker.log").write_text("Traceback\nboom\n")
    run.write_process(DEAD)
    run.append(Progress(phase="training", step=4, total=9))
    outcome = vanished(run)
    assert (outcome.state, outcome.step, outcome.log_tail) == ("vanished", 4, "Traceback\nboom")
    assert run_states(project)["a"].state is RunState.VANISHED


def test_a_worker_that_died_between_its_last_word_and_its_outcome_is_believed(project: Project) -> None:
    run = project.run("a")
    run.write_process(DEAD)
    run.append(Finished(outcome="paused", step=4))
    assert (vanished(run).state, vanished(run).step) == ("paused", 4)
    run.append(Failed(code="nan_loss", message="The loss is NaN."))
    assert (vanished(run).state, vanished(run).code) == ("failed", "nan_loss")


def test_a_last_word_of_an_earlier_life_is_not_believed(project: Project) -> None:
    run = project.run("a")
    run.append(Finished(at=10.0, outcome="stopped", step=4))
    run.write_process(DEAD.model_copy(update={"started": 20.0}))
    assert vanished(run).state == "vanished"
    run.append(Started(at=30.0, pid=1, device="cpu", device_name="", precision="fp32", versions={}))
    assert vanished(run).state == "vanished"
