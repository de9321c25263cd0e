import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tests.storage.records import job
from workbench.domain.errors import BadInput, Busy, NotFound
from workbench.domain.events import Progress
from workbench.domain.records import Outcome, ProcessMark
from workbench.jobs.launch import (
    enqueue,
    pause_run,
    resume_run,
    retry_run,
    runner_lives,
    set_priority,
    set_runs_per_slot,
    stop_run,
    wake_runner,
    worker_environment,
)
from workbench.jobs.queue import read_queue
from workbench.jobs.states import run_states
from workbench.storage.liveness import lock_for_worker
from workbench.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "project")


def states(project: Project) -> dict[str, str]:
    return {run_id: status.state.value for run_id, status in run_states(project).items()}


def end(project: Project, run_id: str, state: str, step: int = 0) -> None:
    project.run(run_id).write_outcome(Outcome.model_validate({"state": state, "step": step}))


def test_queueing_the_same_runs_twice_changes_nothing(project: Project) -> None:
    jobs = [job("a"), job("b", needs=("a",))]
    assert enqueue(project, jobs, wake=False) == ["a", "b"]
    enqueue(project, jobs, wake=False)
    assert read_queue(project).run_ids == ["a", "b"]
    assert states(project) == {"a": "queued", "b": "waiting"}


def test_an_experiment_run_again_continues_what_is_not_finished(project: Project) -> None:
    jobs = [job("done"), job("failed"), job("stopped"), job("new")]
    for old in jobs[:3]:
        project.add_job(old)
    end(project, "done", "finished")
    end(project, "failed", "failed")
    end(project, "stopped", "stopped")
    assert enqueue(project, jobs, wake=False) == ["failed", "stopped", "new"]
    assert states(project) == {"done": "finished", "failed": "queued", "stopped": "queued", "new": "queued"}


def test_a_queued_run_that_is_stopped_does_not_begin(project: Project) -> None:
    enqueue(project, [job("a"), job("b", needs=("a",))], wake=False)
    stop_run(project, "a")
    assert states(project) == {"a": "stopped", "b": "blocked"}
    assert read_queue(project).run_ids == ["b"]


def test_a_queued_run_can_wait_until_it_is_resumed(project: Project) -> None:
    enqueue(project, [job("a")], wake=False)
    pause_run(project, "a")
    assert states(project) == {"a": "paused"}
    resume_run(project, "a", wake=False)
    assert states(project) == {"a": "queued"}


def test_a_paused_run_can_be_stopped_where_it_is(project: Project) -> None:
    project.add_job(job("a"))
    project.run("a").write_outcome(Outcome(state="paused", step=3))
    stop_run(project, "a", wake=False)
    assert states(project) == {"a": "stopped"}
    outcome = project.run("a").outcome()
    assert outcome is not None
    assert (outcome.step, outcome.message) == (3, "Stopped while it was paused.")
    with pytest.raises(BadInput, match="`a` is stopped already"):
        pause_run(project, "a")


def test_a_run_that_is_over_cannot_be_stopped(project: Project) -> None:
    project.add_job(job("a"))
    end(project, "a", "finished")
    with pytest.raises(BadInput, match="`a` is finished already"):
        stop_run(project, "a")
    with pytest.raises(NotFound, match="no run `b`"):
        stop_run(project, "b")


def test_resuming_a_run_resumes_what_it_needs_first(project: Project) -> None:
    enqueue(project, [job("a"), job("b", needs=("a",)), job("c", needs=("a", "b"))], wake=False)
    end(project, "a", "failed")
    assert states(project)["c"] == "blocked"
    assert resume_run(project, "c", wake=False) == ["a", "b", "c"]
    assert states(project) == {"a": "queued", "b": "waiting", "c": "waiting"}


def test_a_resumed_run_goes_on_from_what_it_has_and_a_retried_one_from_nothing(project: Project) -> None:
    project.add_job(job("a"))
    run = project.run("a")
    run.append(Progress(phase="training", step=3, total=5))
    (run.folder / "checkpoints" / "checkpoint-3").mkdir(parents=True)
    end(project, "a", "failed", step=3)
    run.request_stop()
    resume_run(project, "a", wake=False)
    assert (run.outcome(), run.stop_requested()) == (None, None)
    assert run_states(project)["a"].step == 3
    assert (run.folder / "checkpoints" / "checkpoint-3").exists()
    end(project, "a", "failed", step=3)
    resume_run(project, "a", from_start=True, wake=False)
    assert run_states(project)["a"].step == 0
    assert not (run.folder / "checkpoints").exists()


def test_a_finished_run_is_not_trained_again(project: Project) -> None:
    project.add_job(job("a"))
    end(project, "a", "finished")
    for again in (resume_run, retry_run):
        with pytest.raises(BadInput, match="`a` is finished"):
            again(project, "a")


def test_a_run_that_is_still_saving_is_not_resumed_yet(project: Project) -> None:
    project.add_job(job("a"))
    run = project.run("a")
    lock = lock_for_worker(run, "cpu")
    assert lock is not None
    with os.fdopen(lock):
        run.request_stop()
        assert states(project) == {"a": "stopping"}
        with pytest.raises(Busy, match="still saving"):
            resume_run(project, "a")


def test_priority_is_for_queued_runs(project: Project) -> None:
    enqueue(project, [job("a"), job("b")], wake=False)
    set_priority(project, "b", 5)
    assert read_queue(project).run_ids == ["b", "a"]
    with pytest.raises(NotFound):
        set_priority(project, "c", 1)


def test_a_device_takes_at_least_one_run(project: Project) -> None:
    with pytest.raises(BadInput, match="at least one run, not 0"):
        set_runs_per_slot(project, "cpu", 0)


def test_no_runner_is_started_for_nothing_or_beside_another(project: Project) -> None:
    assert not wake_runner(project)
    enqueue(project, [job("a")], wake=False)
    with FileLock(project.state_folder() / "runner.lock"):
        assert runner_lives(project)
        assert not wake_runner(project)
    assert not runner_lives(project)


def test_no_runner_is_started_for_runs_that_are_blocked(project: Project) -> None:
    enqueue(project, [job("a"), job("b", needs=("a",)), job("c", needs=("b",))], wake=False)
    stop_run(project, "a", wake=False)
    assert states(project) == {"a": "stopped", "b": "blocked", "c": "blocked"}
    assert not wake_runner(project)
    assert not (project.state_folder() / "runner.log").exists()


def test_a_run_whose_end_nobody_wrote_down_is_work_for_a_runner(project: Project) -> None:
    enqueue(project, [job("a", device="cuda:77")], wake=False)
    project.run("a").write_process(ProcessMark(pid=1, started=time.time(), device="cpu", host="another computer"))
    assert states(project) == {"a": "vanished"}
    assert wake_runner(project)
    wait_for_the_runner(project)
    assert project.run("a").outcome() is not None


def wait_for_the_runner(project: Project) -> None:
    deadline = time.monotonic() + 60
    while (project.run("a").outcome() is None or runner_lives(project)) and time.monotonic() < deadline:
        time.sleep(0.05)


def test_code_that_lies_in_a_project_is_not_run_by_opening_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(project.folder, tmp_path / "stolen")
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("PYTHONPATH", "")
    enqueue(project, [job("a", device="cuda:77")])
    wait_for_the_runner(project)
    assert states(project) == {"a": "failed"}
    assert not (tmp_path / "stolen").exists()


def plant(folder: Path, stolen: Path) -> None:
    """Puts modules into a folder that say so when they are imported instead of ours and of Python's."""
    for name in ("workbench", "filelock", "psutil", "json"):
        (folder / f"{name}.py").write_text(f"open({str(stolen)!r}, 'w').write({name!r})")


@pytest.mark.parametrize("paths", ["", ":/elsewhere", "."])
def test_a_workers_imports_never_start_from_its_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: str
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    plant(run, tmp_path / "stolen")
    monkeypatch.setenv("PYTHONPATH", paths)
    module = [sys.executable, "-m", "workbench.jobs.machine"]
    subprocess.run(module, cwd=run, env=worker_environment(), check=True)
    assert not (tmp_path / "stolen").exists()


def test_a_woken_runner_works_in_the_background_and_ends(project: Project) -> None:
    enqueue(project, [job("a", device="cuda:77"), job("b", needs=("a",))])
    deadline = time.monotonic() + 60
    while (states(project)["a"] != "failed" or runner_lives(project)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert states(project) == {"a": "failed", "b": "blocked"}
    assert "cuda:77" in run_states(project)["a"].message
    assert not runner_lives(project)
    assert (project.state_folder() / "runner.log").read_text() == ""
