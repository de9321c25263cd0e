import subprocess
import sys
from pathlib import Path

from tests.jobs.runners import CPU, command, is_dead, lives, states, step_until, wait_until
from tests.storage.records import job
from workbench.domain.events import Failed, Progress
from workbench.jobs.launch import enqueue, pause_run, resume_run, set_runs_per_slot, stop_run
from workbench.jobs.machine import Slot, usable_cores
from workbench.jobs.queue import read_queue
from workbench.jobs.runner import Runner
from workbench.jobs.states import run_states
from workbench.jobs.workers import worker_command
from workbench.storage.project import Project


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
    assert status["child"].message == "Needs failing seed 0, which is failed."
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
