import pytest

from tests.jobs.runners import states, step_until
from tests.storage.records import job
from workbench.domain.records import Outcome
from workbench.jobs.launch import enqueue, pause_run, resume_run, stop_run
from workbench.jobs.queue import read_queue
from workbench.jobs.removal import delete_runs
from workbench.jobs.runner import Runner
from workbench.jobs.states import run_states
from workbench.jobs.taking_back import note_before, take_back
from workbench.storage.liveness import is_working
from workbench.storage.project import Project


@pytest.fixture(autouse=True)
def _no_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("launch", "taking_back"):
        monkeypatch.setattr(f"workbench.jobs.{module}.wake_runner", lambda _project: False)


@pytest.mark.parametrize("ask", [pause_run, stop_run])
def test_a_queued_run_comes_back_to_its_place_in_the_queue(project: Project, ask) -> None:  # type: ignore[no-untyped-def]
    enqueue(project, [job("a"), job("b")], wake=False)
    before = note_before(project, ["a"])
    ask(project, "a")
    assert read_queue(project).run_ids == ["b"]
    take_back(project, before)
    assert read_queue(project).run_ids == ["a", "b"]
    assert states(project) == {"a": "queued", "b": "queued"}


def test_a_run_that_was_resumed_is_paused_again(project: Project) -> None:
    enqueue(project, [job("a")], wake=False)
    pause_run(project, "a")
    before = note_before(project, ["a"])
    resume_run(project, "a")
    assert states(project) == {"a": "queued"}
    take_back(project, before)
    assert states(project) == {"a": "paused"}
    assert read_queue(project).run_ids == []


def test_a_run_that_was_resumed_with_more_processes_has_its_own_number_again(project: Project) -> None:
    enqueue(project, [job("a")], wake=False)
    pause_run(project, "a")
    before = note_before(project, ["a"])
    resume_run(project, "a", processes=2)
    assert project.job("a").processes == 2
    take_back(project, before)
    assert project.job("a").processes == 1
    assert states(project) == {"a": "paused"}


def test_a_stopped_run_goes_on_from_its_checkpoint(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", steps=60)], wake=False)
    step_until(runner, lambda: run_states(project)["a"].step >= 3)
    before = note_before(project, ["a"])
    stop_run(project, "a", wake=False)
    step_until(runner, lambda: states(project)["a"] == "stopped" and not is_working(project.run("a")))
    runner.step()
    take_back(project, before)
    assert states(project) == {"a": "queued"}
    assert project.run("a").checkpoints()
    runner.run()
    assert states(project) == {"a": "finished"}


def test_what_a_retry_put_away_comes_back_with_its_outcome(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", steps=60)], wake=False)
    step_until(runner, lambda: run_states(project)["a"].step >= 3)
    stop_run(project, "a", wake=False)
    step_until(runner, lambda: states(project)["a"] == "stopped" and not is_working(project.run("a")))
    runner.step()
    run, before = project.run("a"), note_before(project, ["a"])
    saved, said = run.checkpoints(), run.events()[0]
    resume_run(project, "a", from_start=True)
    assert (run.checkpoints(), run.events()[0]) == ([], [])
    take_back(project, before)
    assert (run.checkpoints(), run.events()[0]) == (saved, said)
    assert isinstance(run.outcome(), Outcome)
    runner.run()
    assert states(project) == {"a": "stopped"}


def test_once_a_retried_run_has_finished_nothing_is_kept_of_before(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", steps=5)], wake=False)
    pause_run(project, "a")
    before = note_before(project, ["a"])
    resume_run(project, "a", from_start=True)
    runner.run()
    take_back(project, before)
    assert states(project) == {"a": "finished"}
    assert not project.run("a").give_back_work()


def test_a_paused_run_is_stopped_and_taken_back_though_what_it_needed_was_deleted(project: Project) -> None:
    enqueue(project, [job("a"), job("b", needs=("a",))], wake=False)
    for run_id in ("b", "a"):
        pause_run(project, run_id)
    delete_runs(project, ["a"])
    before = note_before(project, ["b"])
    stop_run(project, "b")
    assert states(project) == {"b": "stopped"}
    take_back(project, before)
    assert states(project) == {"b": "paused"}
