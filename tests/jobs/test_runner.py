import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.storage.records import job
from workbench.domain.events import Failed, Progress, Warned
from workbench.domain.records import ProcessMark
from workbench.jobs.launch import enqueue, pause_run, resume_run, set_runs_per_slot, stop_run
from workbench.jobs.machine import Slot, usable_cores
from workbench.jobs.queue import read_queue
from workbench.jobs.runner import Runner, worker_command
from workbench.jobs.states import run_states
from workbench.storage.liveness import find_process, is_working
from workbench.storage.project import Project

WORKER = Path(__file__).with_name("pretend_worker.py")
CPU = (Slot("cpu"),)
PATIENCE_S = 60.0


def command(folder: Path) -> list[str]:
    return [sys.executable, str(WORKER), str(folder)]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project.create(tmp_path / "project")
    yield project
    for run in project.run_folders():
        if (mark := run.process()) is not None and (process := find_process(mark)) is not None:
            process.kill()


@pytest.fixture
def runner(project: Project) -> Runner:
    return Runner(project, command, CPU, poll_s=0.02, grace_s=0.2)


def states(project: Project) -> dict[str, str]:
    return {run_id: status.state.value for run_id, status in run_states(project).items()}


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def step_until(runner: Runner, condition: Callable[[], bool]) -> None:
    def look() -> bool:
        runner.step()
        return condition()

    wait_until(look)


def lives(project: Project, run_id: str) -> int:
    path = project.run_folder(run_id) / "lives"
    return len(path.read_text().splitlines()) if path.exists() else 0


def is_dead(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def background_runner(project: Project) -> "subprocess.Popen[bytes]":
    script = "import sys; from pathlib import Path; from workbench.jobs.machine import Slot; "
    script += "from workbench.jobs.runner import Runner; from workbench.storage.project import Project; "
    script += "command = lambda folder: [sys.executable, sys.argv[2], str(folder)]; "
    script += "Runner(Project.open(Path(sys.argv[1])), command, (Slot('cpu'),), poll_s=0.02).run()"
    return subprocess.Popen([sys.executable, "-c", script, project.folder, WORKER], start_new_session=True)


def test_runs_start_in_order_as_their_inputs_finish(project: Project, runner: Runner) -> None:
    enqueue(project, [job("sft"), job("reward", needs=("sft",)), job("ppo", needs=("sft", "reward"))], wake=False)
    assert states(project) == {"sft": "queued", "reward": "waiting", "ppo": "waiting"}
    assert runner.run()
    assert states(project) == {"sft": "finished", "reward": "finished", "ppo": "finished"}
    starts = [project.run(run_id).events()[0][0].at for run_id in ("sft", "reward", "ppo")]
    assert starts == sorted(starts)
    assert read_queue(project).entries == ()


def test_a_failed_stage_blocks_what_needs_it_and_nothing_else(project: Project, runner: Runner) -> None:
    jobs = [job("bad", "failing"), job("child", needs=("bad",)), job("grandchild", needs=("child",)), job("other")]
    enqueue(project, jobs, wake=False)
    runner.run()
    assert states(project) == {"bad": "failed", "child": "blocked", "grandchild": "blocked", "other": "finished"}
    status = run_states(project)
    assert status["bad"].message == "The loss is NaN."
    assert status["child"].message == "Needs bad, which is failed."
    assert read_queue(project).run_ids == ["child", "grandchild"]


def test_one_run_at_a_time_holds_a_slot_unless_more_are_allowed(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", steps=1000), job("b", steps=1000)], wake=False)
    runner.step()
    assert states(project) == {"a": "running", "b": "queued"}
    set_runs_per_slot(project, "cpu", 2, wake=False)
    runner.step()
    assert states(project) == {"a": "running", "b": "running"}
    for run_id in "ab":
        project.run(run_id).request_stop()
    runner.run()
    assert states(project) == {"a": "stopped", "b": "stopped"}
    threads = [int((project.run_folder(run_id) / "lives").read_text().split()[1]) for run_id in "ab"]
    assert threads == [usable_cores(), max(1, usable_cores() // 2)]


def test_each_gpu_is_a_slot_and_its_run_sees_no_other(project: Project) -> None:
    slots = (Slot("cuda:0", "GPU-a"), Slot("cuda:1", "GPU-b"), Slot("cpu"))
    enqueue(project, [job("a"), job("b"), job("c", device="cpu"), job("d", device="cuda:1")], wake=False)
    Runner(project, command, slots, poll_s=0.02).run()
    visible = {run_id: (project.run_folder(run_id) / "lives").read_text().split()[2] for run_id in "abcd"}
    assert visible == {"a": "'GPU-a'", "b": "'GPU-b'", "c": "''", "d": "'0,1'"}


def test_a_device_that_is_not_there_fails_the_run_by_name(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", device="cuda"), job("b")], wake=False)
    runner.run()
    assert states(project) == {"a": "failed", "b": "finished"}
    assert "asks for the device cuda; this computer has: cpu" in run_states(project)["a"].message


def test_a_worker_that_dies_without_a_word_is_said_to_have_vanished(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", "dying"), job("b")], wake=False)
    runner.run()
    outcome = project.run("a").outcome()
    assert outcome is not None
    assert (outcome.state, outcome.message) == ("vanished", "The worker was killed by signal 9 without a last word.")
    assert outcome.log_tail == "the worker speaks"
    last = project.run("a").events()[0][-1]
    assert isinstance(last, Failed)
    assert last.code == "vanished"
    assert states(project)["b"] == "finished"


def test_a_worker_that_cannot_be_started_fails_its_run_only(project: Project) -> None:
    def broken(folder: Path) -> list[str]:
        return ["/no/such/program"] if folder.name == "a" else command(folder)

    enqueue(project, [job("a"), job("b")], wake=False)
    Runner(project, broken, CPU, poll_s=0.02).run()
    assert states(project) == {"a": "failed", "b": "finished"}
    assert "No such file" in run_states(project)["a"].message


def test_a_dead_workers_children_die_with_it(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", "parent")], wake=False)
    runner.run()
    assert is_dead(int((project.run_folder("a") / "child").read_text()))


def test_a_run_stopped_and_resumed_continues_from_its_checkpoint(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", steps=60)], wake=False)
    step_until(runner, lambda: run_states(project)["a"].step >= 3)
    stop_run(project, "a", wake=False)
    step_until(runner, lambda: states(project)["a"] == "stopped")
    (saved,) = project.run("a").checkpoints()
    resume_run(project, "a", wake=False)
    runner.run()
    assert states(project)["a"] == "finished"
    steps = [event.step for event in project.run("a").events()[0] if isinstance(event, Progress)]
    assert steps == list(range(1, 61))
    assert 3 <= saved.step < 60


def test_a_paused_run_lets_the_next_one_have_the_device(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", steps=1000), job("b")], wake=False)
    step_until(runner, lambda: states(project)["a"] == "running")
    pause_run(project, "a", wake=False)
    assert states(project)["a"] == "stopping"
    runner.run()
    assert states(project) == {"a": "paused", "b": "finished"}


def test_a_worker_that_does_not_listen_is_killed_when_it_is_to_stop_now(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", "deaf", steps=3000)], wake=False)
    step_until(runner, lambda: run_states(project)["a"].step >= 2)
    mark = project.run("a").process()
    assert mark is not None
    stop_run(project, "a", now=True, wake=False)
    runner.run()
    outcome = project.run("a").outcome()
    assert outcome is not None
    assert outcome.state == "stopped"
    assert outcome.step >= 2
    assert "since its last checkpoint is lost" in outcome.message
    assert is_dead(mark.pid)


def test_a_resume_right_after_the_stop_is_not_lost(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", steps=40)], wake=False)
    step_until(runner, lambda: run_states(project)["a"].step >= 1)
    stop_run(project, "a", wake=False)
    wait_until(lambda: project.run("a").outcome() is not None)
    resume_run(project, "a", wake=False)  # the runner has not looked since
    runner.run()
    assert states(project) == {"a": "finished"}
    assert lives(project, "a") == 2


def test_higher_priority_goes_first(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a"), job("b")], wake=False)
    enqueue(project, [job("urgent")], priority=1, wake=False)
    runner.run()
    starts = {run_id: project.run(run_id).events()[0][0].at for run_id in ("a", "b", "urgent")}
    assert sorted(starts, key=lambda run_id: starts[run_id]) == ["urgent", "a", "b"]


def test_a_killed_runners_worker_is_taken_over_and_not_doubled(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", steps=100), job("b", needs=("a",))], wake=False)
    first = background_runner(project)
    wait_until(lambda: lives(project, "a") == 1)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert is_working(project.run("a"))
    assert states(project) == {"a": "running", "b": "waiting"}
    runner.run()
    assert states(project) == {"a": "finished", "b": "finished"}
    assert (lives(project, "a"), lives(project, "b")) == (1, 1)


def test_a_runner_killed_before_it_could_note_its_worker_leaves_none_unknown(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", "deaf", steps=3000)], wake=False)
    first = background_runner(project)
    wait_until(lambda: lives(project, "a") == 1)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    project.run("a").clear_process()
    runner.step()
    assert lives(project, "a") == 1
    stop_run(project, "a", now=True, wake=False)
    runner.run()
    assert states(project) == {"a": "stopped"}
    assert not is_working(project.run("a"))


def test_when_worker_and_runner_both_die_the_run_is_not_left_running(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a", steps=3000), job("b")], wake=False)
    first = background_runner(project)
    wait_until(lambda: lives(project, "a") == 1)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    mark = project.run("a").process()
    assert mark is not None
    os.kill(mark.pid, signal.SIGKILL)
    wait_until(lambda: not is_working(project.run("a")))
    assert states(project)["a"] == "vanished"  # true with no runner alive
    runner.run()
    assert states(project) == {"a": "vanished", "b": "finished"}
    assert run_states(project)["a"].hint == "Resume it: it continues from its last checkpoint."


def test_after_a_restart_of_the_computer_no_run_is_lost(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a"), job("b")], wake=False)
    first = background_runner(project)
    wait_until(lambda: lives(project, "a") == 1)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    mark = project.run("a").process()
    assert mark is not None
    os.kill(mark.pid, signal.SIGKILL)
    wait_until(lambda: not is_working(project.run("a")))
    project.run("a").clear_outcome()
    restart(project, mark)
    assert states(project)["a"] == "queued"
    runner.run()
    assert states(project) == {"a": "finished", "b": "finished"}
    said = [event for event in project.run("a").events()[0] if isinstance(event, Warned)]
    assert [event.code for event in said] == ["restarted"]


def restart(project: Project, mark: ProcessMark) -> None:
    """Makes the mark of a's worker one from before the restart; its pid is another's now: ours."""
    old = mark.model_copy(update={"pid": os.getpid(), "started": psutil.boot_time() - 3600})
    project.run("a").write_process(old)


MARK = ProcessMark(pid=1, started=0.0, device="cpu", host=platform.node())


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


def test_a_run_whose_folder_was_deleted_leaves_the_queue(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a"), job("b")], wake=False)
    (project.run_folder("a") / "job.json").unlink()
    runner.run()
    assert states(project) == {"b": "finished"}
    assert read_queue(project).entries == ()


def test_an_unreadable_job_fails_alone(project: Project, runner: Runner) -> None:
    enqueue(project, [job("a"), job("b")], wake=False)
    (project.run_folder("a") / "job.json").write_text("{")
    runner.run()
    assert states(project) == {"a": "failed", "b": "finished"}


def test_nothing_queued_ends_the_runner_at_once(runner: Runner) -> None:
    assert runner.run()


def test_the_default_worker_is_the_training_module(tmp_path: Path) -> None:
    assert worker_command(tmp_path) == [sys.executable, "-P", "-m", "workbench.training.worker", str(tmp_path)]


def test_the_runner_loads_neither_torch_nor_qt() -> None:
    script = "import sys, workbench.jobs.runner, workbench.jobs.plan; "
    script += "print(sorted({'torch', 'transformers', 'PySide6', 'pyarrow', 'duckdb', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"
