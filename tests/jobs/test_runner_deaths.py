import os
import platform
import signal

import psutil

from tests.jobs.runners import PATIENCE_S, background_runner, lives, states, step_until, wait_until
from tests.storage.records import job
from workbench.domain.events import Warned
from workbench.domain.records import ProcessMark
from workbench.jobs.launch import enqueue, resume_run, stop_run
from workbench.jobs.runner import Runner
from workbench.jobs.states import run_states
from workbench.storage.liveness import is_working
from workbench.storage.project import Project

MARK = ProcessMark(pid=1, started=0.0, device="cpu", host=platform.node())


def kill_the_runner(project: Project) -> None:
    """Starts a runner and kills it while it works on a."""
    runner = background_runner(project)
    wait_until(lambda: lives(project, "a") == 1)
    os.kill(runner.pid, signal.SIGKILL)
    runner.wait()


def kill_both(project: Project) -> ProcessMark:
    """Kills the runner, then its worker; returns the worker's mark."""
    kill_the_runner(project)
    mark = project.run("a").process()
    assert mark is not None
    os.kill(mark.pid, signal.SIGKILL)
    wait_until(lambda: not is_working(project.run("a")))
    return mark


def restart(project: Project, mark: ProcessMark) -> None:
    """Makes the mark of a's worker one from before the restart; its pid is another's now: ours."""
    old = mark.model_copy(update={"pid": os.getpid(), "started": psutil.boot_time() - 3600})
    project.run("a").write_process(old)


def test_a_killed_runners_worker_is_taken_over_and_not_doubled(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", steps=100), job("b", needs=("a",))], wake=False)
    kill_the_runner(project)
    assert is_working(project.run("a"))
    assert states(project) == {"a": "running", "b": "waiting"}
    runner.run()
    assert states(project) == {"a": "finished", "b": "finished"}
    assert (lives(project, "a"), lives(project, "b")) == (1, 1)


def test_a_runner_killed_before_it_could_note_its_worker_leaves_none_unknown(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", "deaf", steps=3000)], wake=False)
    kill_the_runner(project)
    project.run("a").clear_process()
    runner.step()
    assert lives(project, "a") == 1
    stop_run(project, "a", now=True, wake=False)
    runner.run()
    assert states(project) == {"a": "stopped"}
    assert not is_working(project.run("a"))


def test_when_worker_and_runner_both_die_the_run_is_not_left_running(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", steps=3000), job("b")], wake=False)
    kill_both(project)
    assert states(project)["a"] == "vanished"  # true with no runner alive
    runner.run()
    assert states(project) == {"a": "vanished", "b": "finished"}
    assert run_states(project)["a"].hint == "Resume it: it continues from its last checkpoint."


def test_after_a_restart_of_the_computer_no_run_is_lost(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a"), job("b")], wake=False)
    mark = kill_both(project)
    project.run("a").clear_outcome()
    restart(project, mark)
    assert states(project)["a"] == "queued"
    runner.run()
    assert states(project) == {"a": "finished", "b": "finished"}
    said = [event for event in project.run("a").events()[0] if isinstance(event, Warned)]
    assert [event.code for event in said] == ["restarted"]


def test_a_run_that_the_computer_goes_down_with_again_waits_for_a_person(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", "deaf", steps=3000)], wake=False)
    restart(project, MARK)
    step_until(runner, lambda: lives(project, "a") == 1)
    for process in psutil.Process().children():
        process.kill()
    wait_until(lambda: not is_working(project.run("a")))
    restart(project, MARK)
    assert states(project) == {"a": "vanished"}
    runner.run()
    assert run_states(project)["a"].message == "The computer was restarted while it ran."
    resume_run(project, "a", wake=False)
    restart(project, MARK)
    assert states(project) == {"a": "queued"}  # asked for by a person, so once more


def test_a_run_that_was_to_stop_does_not_go_on_after_a_restart(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a")], wake=False)
    restart(project, MARK)
    project.run("a").request_stop()
    runner.run()
    assert states(project) == {"a": "vanished"}
    assert lives(project, "a") == 0


def test_two_runners_started_at_once_run_everything_once(project: Project) -> None:
    enqueue(project, [job("a"), job("b"), job("c")], wake=False)
    runners = [background_runner(project) for _ in range(3)]
    assert [runner.wait(PATIENCE_S) for runner in runners] == [0, 0, 0]
    assert states(project) == {"a": "finished", "b": "finished", "c": "finished"}
    assert [lives(project, run_id) for run_id in "abc"] == [1, 1, 1]


def test_a_second_runner_does_nothing_while_one_works(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", steps=1000)], wake=False)
    first = background_runner(project)
    wait_until(lambda: lives(project, "a") == 1)
    assert not runner.run()
    stop_run(project, "a", now=True, wake=False)
    assert first.wait(PATIENCE_S) == 0
