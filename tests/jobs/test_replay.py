"""What a replay compares, and what it refuses; that real runs come out the same is tested beside the training methods."""

import sys
import threading

import pytest
from evaluated_runs import PaperRuns

from tests.storage.records import job
from workbench.domain.errors import BadInput, Busy, NotFound, RunFailure
from workbench.domain.events import CheckpointSaved, Metrics, Started
from workbench.domain.recipes import EvaluateRecipe, PpoRecipe
from workbench.domain.records import Outcome
from workbench.jobs import replay, workers
from workbench.jobs.machine import Slot
from workbench.jobs.replay import compare, last_replay, replay_folder, replay_run, stop_replay
from workbench.jobs.replay_inputs import check_inputs
from workbench.storage.checkpoints import checkpoint_folder, commit_checkpoint
from workbench.storage.files import write_record
from workbench.storage.liveness import is_working
from workbench.storage.locks import only_one
from workbench.storage.project import Project
from workbench.storage.runlog import JOB, RunFolder

TORCH = {"torch": "2.13.0"}


def said(
    folder: RunFolder, losses: dict[int, float], weights: bytes, device: str = "a CPU", **versions: str
) -> RunFolder:
    """Writes what a run says: losses by step, and one checkpoint at the last of them."""
    folder.append(Started(pid=1, device="cpu", device_name=device, precision="fp32", versions=TORCH | versions))
    for step, loss in losses.items():
        folder.append(Metrics(step=step, seconds=step, values={"loss": loss}))
    last = max(losses)
    temporary = checkpoint_folder(folder.folder, last).with_name(".new")
    temporary.mkdir(parents=True)
    (temporary / "model.safetensors").write_bytes(weights)
    commit_checkpoint(temporary, checkpoint_folder(folder.folder, last), last, None, None, 1.0)
    folder.append(CheckpointSaved(step=last, folder=f"checkpoints/checkpoint-{last}", seconds=1.0))
    return folder


@pytest.fixture
def two(tmp_path) -> tuple[RunFolder, RunFolder]:
    """A run that has not spoken yet, and the folder of its replay."""
    runs = PaperRuns(Project.create(tmp_path / "p"))
    job = runs.arm("dpo", {})
    run = RunFolder(runs.project.run_folder(job.id))
    (run.folder / "events.jsonl").unlink()
    again = RunFolder(run.folder.with_name(".replay-dpo"))
    again.folder.mkdir()
    write_record(again.folder / JOB, job)
    return run, again


def test_equal_numbers_and_weights_are_the_same_to_the_last_bit(two):
    run, again = two
    said(run, {1: 0.5, 2: 0.25}, b"w")
    found = compare(run, said(again, {1: 0.5, 2: 0.25}, b"w"), 3.0)
    assert found.is_same
    assert found.changed == ()
    assert found.sentence == "The same to the last bit: 2 values of 1 metrics and 1 files."


def test_a_difference_names_its_metric_its_first_step_and_its_size(two):
    run, again = two
    said(run, {1: 0.5, 2: 0.25, 3: 0.125}, b"w")
    found = compare(run, said(again, {1: 0.5, 2: 0.75, 3: 0.25}, b"v"), 3.0)
    assert not found.is_same
    (loss,) = found.metrics
    assert (loss.first_step, loss.largest, loss.n_compared) == (2, 0.5, 3)
    assert "`loss` first, from step 2 on and by 0.5 at most; the files of step 3" in found.sentence


def test_steps_that_only_one_measured_are_no_match(two):
    run, again = two
    said(run, {1: 0.5, 2: 0.25}, b"w")
    found = compare(run, said(again, {1: 0.5, 2: 0.25, 3: 0.1}, b"w"), 3.0)
    assert not found.is_same
    assert found.metrics[0].n_missing == 1


def test_other_versions_and_threads_are_told(two):
    run, again = two
    said(run, {1: 0.5}, b"w", device="x86_64, 2 threads", trl="1.15.0")
    found = compare(run, said(again, {1: 0.5}, b"w", device="x86_64, 1 threads", trl="1.16.0"), 3.0)
    assert [(change.what, change.before, change.after) for change in found.changed] == [
        ("device, threads", "x86_64, 2 threads", "x86_64, 1 threads"),
        ("trl", "1.15.0", "1.16.0"),
    ]


def test_a_run_that_has_not_finished_is_refused(tmp_path):
    runs = PaperRuns(Project.create(tmp_path / "p"))
    job = runs.arm("dpo", {100: [1.0]}, outcome=Outcome(state="stopped", step=100))
    with pytest.raises(BadInput, match="is stopped, so there is nothing whole to compare with"):
        replay_run(runs.project, job.id, lambda *_: None)


def test_inputs_that_are_gone_are_refused_and_nothing_is_left(tmp_path):
    runs = PaperRuns(Project.create(tmp_path / "p"))
    job = runs.arm("dpo", {100: [1.0]}, model="./models/base")
    with pytest.raises(NotFound, match="The model that the run read is gone"):
        replay_run(runs.project, job.id, lambda *_: None)
    assert last_replay(runs.project, job.id) is None
    assert list(runs.project.run_folder(job.id).parent.glob(".replay*")) == []


def test_a_model_that_has_changed_is_refused(tmp_path):
    runs = PaperRuns(Project.create(tmp_path / "p"))
    model = runs.project.folder / "models" / "base"
    model.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    job = runs.arm("dpo", {100: [1.0]}).model_copy(update={"input_hashes": {"model": "0" * 64}})
    with pytest.raises(BadInput, match="has changed since the run read it"):
        check_inputs(runs.project, job)


@pytest.mark.parametrize(
    "settings", [{"judges": ("vader", "./mine.py:score")}, {"rewards": ("model", "./mine.py:score")}]
)
def test_a_program_that_has_changed_is_refused_as_a_judge_and_as_a_reward(tmp_path, settings):
    runs = PaperRuns(Project.create(tmp_path / "p"))
    (runs.project.folder / "mine.py").write_text("def score(prompts, responses): return [0.0] * len(responses)")
    recipe = EvaluateRecipe(**settings) if "judges" in settings else PpoRecipe(**settings)
    role = "judge 1" if "judges" in settings else "reward term 0"
    job = runs.arm("ppo", {100: [1.0]})
    inputs = job.inputs.model_copy(update={"data": None})
    job = job.model_copy(update={"recipe": recipe, "inputs": inputs, "input_hashes": {role: f"{'0' * 64}:score"}})
    with pytest.raises(BadInput, match=r"The judge `score` in .*mine\.py has changed since"):
        check_inputs(runs.project, job)


@pytest.fixture
def unchecked(monkeypatch) -> None:
    """What these runs read is on paper only."""
    monkeypatch.setattr(replay, "check_inputs", lambda *_: None)


@pytest.fixture
def deaf(monkeypatch, unchecked) -> None:
    """The worker of a replay does nothing, and hears nothing."""
    monkeypatch.setattr(replay, "check_inputs", lambda *_: None)  # what recorded runs read is not there
    sleeps = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(replay, "start_worker", lambda run, _command, *rest: workers.start_worker(run, sleeps, *rest))


def test_a_replay_that_is_stopped_ends_at_once_and_nothing_of_it_is_kept(tmp_path, deaf):
    runs = PaperRuns(Project.create(tmp_path / "p"))
    job = runs.arm("dpo", {100: [1.0]})
    again = RunFolder(replay_folder(runs.project, job.id))

    def stop() -> None:
        while not is_working(again):
            pass
        stop_replay(runs.project, job.id)

    stopper = threading.Thread(target=stop, daemon=True)
    stopper.start()
    with pytest.raises(RunFailure, match=r"^The replay was stopped\.$"):
        replay_run(runs.project, job.id, lambda *_: None)
    stopper.join()
    assert not again.folder.exists()
    assert last_replay(runs.project, job.id) is None


def test_a_stop_that_the_worker_heeds_first_is_a_stop_too(tmp_path, monkeypatch, unchecked):
    runs = PaperRuns(Project.create(tmp_path / "p"))
    job = runs.arm("dpo", {100: [1.0]})

    def stops(again: RunFolder, _command: list[str], *rest):
        again.write_outcome(Outcome(state="stopped", step=3))
        return workers.start_worker(again, [sys.executable, "-c", ""], *rest)

    monkeypatch.setattr(replay, "start_worker", stops)
    with pytest.raises(RunFailure, match=r"^The replay was stopped\.$"):
        replay_run(runs.project, job.id, lambda *_: None)


def test_what_is_not_being_replayed_cannot_be_stopped(tmp_path):
    runs = PaperRuns(Project.create(tmp_path / "p"))
    job = runs.arm("dpo", {100: [1.0]})
    with pytest.raises(NotFound, match="is not being replayed"):
        stop_replay(runs.project, job.id)


def test_a_run_of_several_processes_is_replayed_by_as_many(tmp_path, monkeypatch):
    project = Project.create(tmp_path / "p")
    together = job("a").model_copy(update={"processes": 2})
    project.add_job(together)
    run = project.run("a")
    run.append(Started(pid=1, device="cpu", device_name="x, 1 threads", precision="fp32", versions={}, processes=2))
    run.write_outcome(Outcome(state="finished"))
    started = []
    monkeypatch.setattr("workbench.jobs.replay.check_inputs", lambda *_: None)
    monkeypatch.setattr("workbench.jobs.replay.find_slots", lambda: (Slot("cpu"),))
    monkeypatch.setattr("workbench.jobs.replay.start_worker", lambda *given: started.append(given))
    with pytest.raises(Busy):  # nothing was started
        replay_run(project, "a", lambda *_: None)
    _, command, device, limits = started[0]
    assert "accelerate.commands.launch" in command
    assert (device, limits["OMP_NUM_THREADS"]) == ("cpu", "1")  # as many threads in each as then


@pytest.mark.parametrize(
    ("judge", "known"),
    [
        ("reward:./models/rm", f"reward:{'0' * 64}"),
        ("ensemble:./models/rm+./models/other", f"ensemble:reward:{'0' * 64}+reward:{'1' * 64}"),
    ],
)
def test_a_reward_model_that_has_changed_is_refused_as_a_judge(tmp_path, judge, known):
    runs = PaperRuns(Project.create(tmp_path / "p"))
    model = runs.project.folder / "models" / "rm"
    model.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    job = runs.arm("dpo", {100: [1.0]})
    inputs = job.inputs.model_copy(update={"data": None})
    recipe = EvaluateRecipe(judges=(judge,))
    job = job.model_copy(update={"recipe": recipe, "inputs": inputs, "input_hashes": {"judge 0": known}})
    with pytest.raises(BadInput, match=r"The judge in .*models/rm has changed since"):
        check_inputs(runs.project, job)


@pytest.mark.parametrize(
    ("inputs", "judges", "role"),
    [({"heldout": "run:gone"}, ("vader",), "heldout"), ({}, ("reward:gone",), "judge")],
)
def test_a_reward_model_that_is_gone_is_missed_before_anything_is_done(tmp_path, inputs, judges, role):
    runs = PaperRuns(Project.create(tmp_path / "p"))
    job = runs.arm("dpo", {100: [1.0]})
    changes = {"inputs": job.inputs.model_copy(update={"data": None} | inputs), "recipe": EvaluateRecipe(judges=judges)}
    with pytest.raises(NotFound, match=f"The {role} that the run read is gone"):
        check_inputs(runs.project, job.model_copy(update=changes | {"input_hashes": {"judge 0": "reward:0a1b@last"}}))


def test_two_that_replay_a_run_at_the_same_moment_do_not_take_each_other_s_folder(tmp_path, deaf):
    runs = PaperRuns(Project.create(tmp_path / "p"))
    job = runs.arm("dpo", {100: [1.0]})
    folder = replay_folder(runs.project, job.id)
    with only_one(runs.project.state_folder() / f"replay-{job.id}.lock", Busy("")):  # the other has no worker yet
        folder.mkdir()
        with pytest.raises(Busy, match="is being replayed already"):
            replay_run(runs.project, job.id, lambda *_: None)
        assert folder.is_dir()
