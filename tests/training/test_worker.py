"""A run's process, killed and refused: what it leaves behind is always a word and a way to go on."""

import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from safetensors.torch import load_file, save_file

from workbench.domain.errors import DiskFull, OutOfMemory
from workbench.domain.events import Finished, Metrics, Warned
from workbench.storage.runlog import RunFolder
from workbench.training.worker import Terminations, find_method, finish, named_failure

# TRL 1.16 asks models by the old name of activation checkpointing.
pytestmark = pytest.mark.filterwarnings("ignore:.*will be removed in v6:FutureWarning")
METHODS = ("sft", "reward", "dpo")
Runs = Any


@pytest.mark.parametrize("method", METHODS)
def test_a_run_stopped_and_resumed_ends_with_the_very_same_weights(runs: Runs, method: Any) -> None:
    data = runs.add_data()
    whole = runs.add(method, data, "whole")
    stopped = runs.add(method, data, "stopped")
    log = RunFolder(stopped)
    log.request_stop()
    assert runs.work(whole) == runs.work(stopped) == 0
    assert runs.steps(stopped) == [1]
    outcome = log.outcome()
    assert outcome is not None
    assert (outcome.state, outcome.step) == ("stopped", 1)

    log.clear_requests()
    assert runs.work(stopped) == 0
    assert runs.parts(stopped) == [None, 1]
    assert runs.steps(stopped) == [1, 3, 6]
    assert runs.weights(stopped) == runs.weights(whole)


def test_a_run_killed_at_any_moment_goes_on_and_ends_with_the_very_same_weights(runs: Runs) -> None:
    data = runs.add_data()
    settings = {"max_steps": 8, "n_checkpoints": 8, "num_train_epochs": 2}
    whole = runs.add("dpo", data, "whole", **settings)
    killed = runs.add("dpo", data, "killed", **settings)
    worker = runs.start(killed)
    runs.wait_for(lambda: len(runs.steps(killed)) >= 2)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    half_written = killed / "checkpoints" / ".checkpoint-7-1"
    half_written.mkdir()
    (half_written / "model.safetensors").write_bytes(b"half")
    before = runs.steps(killed)[-1]

    assert runs.work(killed) == 0
    assert runs.work(whole) == 0
    assert runs.parts(killed) == [None, before]
    assert runs.steps(killed) == list(range(1, 9))
    assert not half_written.exists()
    assert runs.weights(killed) == runs.weights(whole)


def test_a_run_killed_between_checkpoints_does_the_steps_again(runs: Runs) -> None:
    data = runs.add_data()
    settings = {"max_steps": 40, "n_checkpoints": 2, "num_train_epochs": 7}
    whole = runs.add("sft", data, "whole", **settings)
    killed = runs.add("sft", data, "killed", **settings)
    worker = runs.start(killed)
    runs.wait_for(lambda: any(isinstance(event, Metrics) for event in runs.events(killed)))
    time.sleep(random.random())
    worker.kill()
    worker.wait()
    before = (runs.steps(killed) or [None])[-1]
    assert runs.work(killed) == runs.work(whole) == 0
    assert runs.parts(killed) == [None, before]
    assert runs.steps(killed) == [20, 40]
    assert runs.weights(killed) == runs.weights(whole)


def test_a_run_whose_newest_resume_state_is_lost_begins_again_aloud(runs: Runs) -> None:
    folder = runs.add("sft", runs.add_data(), max_steps=4, n_checkpoints=2)
    assert runs.work(folder) == 0
    weights = runs.weights(folder)
    shutil.rmtree(folder / "checkpoints" / "checkpoint-4" / "resume")
    assert runs.work(folder) == 0
    assert runs.parts(folder) == [None, None]
    warned = [event.message for event in runs.events(folder) if isinstance(event, Warned)]
    assert "of step 4, lacks what training goes on from: it is done again from the beginning." in warned[-1]
    assert runs.weights(folder) == weights
    assert RunFolder(folder).checkpoints()[-1].resume_folder is not None


def test_a_run_killed_after_its_last_checkpoint_has_nothing_left_to_train(runs: Runs) -> None:
    folder = runs.add("sft", runs.add_data(), max_steps=2, n_checkpoints=1)
    assert runs.work(folder) == 0
    weights = runs.weights(folder)
    (folder / "outcome.json").unlink()
    assert runs.work(folder) == 0
    assert runs.weights(folder) == weights
    assert runs.parts(folder) == [None, 2]
    assert RunFolder(folder).outcome() is not None


def test_a_second_worker_on_the_same_run_leaves_it_alone(runs: Runs) -> None:
    folder = runs.add("sft", None)
    with FileLock(folder / "worker.lock"):
        assert runs.start(folder).wait(timeout=120) == 3
    assert runs.events(folder) == []


def test_a_terminated_worker_saves_first_and_ends_as_stopped(runs: Runs) -> None:
    folder = runs.add("sft", runs.add_data(), max_steps=500, n_checkpoints=500, num_train_epochs=500)
    worker = runs.start(folder)
    runs.wait_for(lambda: bool(runs.steps(folder)))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=120) == 0
    last = runs.events(folder)[-1]
    assert isinstance(last, Finished)
    assert last.outcome == "stopped"
    assert last.step == runs.steps(folder)[-1] < 500


def test_a_worker_terminated_while_it_starts_ends_as_stopped(runs: Runs) -> None:
    folder = runs.add("sft", runs.add_data())
    worker = runs.start(folder)
    runs.wait_for((folder / "worker.lock").exists)  # torch is not even imported yet
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=120) == 0
    outcome = RunFolder(folder).outcome()
    assert outcome is not None
    assert (outcome.state, outcome.step) == ("stopped", 1)


def test_a_signal_before_anybody_listens_is_passed_on() -> None:
    terminations, told = Terminations(), []
    terminations(signal.SIGTERM, None)
    terminations.pass_to(lambda: told.append(1))
    terminations(signal.SIGTERM, None)
    assert told == [1, 1]


def test_a_last_word_without_room_for_it_is_a_full_disk_and_no_crash(runs: Runs) -> None:
    folder = runs.add("sft", None)
    (folder / "events.jsonl").symlink_to("/dev/full")
    assert finish(RunFolder(folder), Finished(outcome="finished", step=4)) == 1
    outcome = RunFolder(folder).outcome()
    assert outcome is not None
    assert (outcome.state, outcome.code) == ("failed", "disk_full")


def test_a_loss_that_is_no_number_ends_the_run_with_a_name(runs: Runs) -> None:
    folder = runs.add("dpo", runs.add_data(), model=_with_nan(runs.copy_model(runs.stories)))
    assert runs.work(folder) == 1
    failed = runs.failure(folder)
    assert failed.code == "nan_loss"
    assert "learning rate" in failed.hint
    outcome = RunFolder(folder).outcome()
    assert outcome is not None
    assert outcome.state == "failed"


def test_a_job_that_cannot_be_read_is_a_failure_with_a_sentence(runs: Runs) -> None:
    folder = runs.add("sft", None)
    (folder / "job.json").write_text("{")
    assert runs.work(folder) == 1
    assert runs.failure(folder).code == "bad_input"


def test_a_dataset_that_has_changed_is_refused(runs: Runs) -> None:
    data = runs.add_data()
    folder = runs.add("sft", data.model_copy(update={"sha256": "0" * 64}))
    assert runs.work(folder) == 1
    assert "not those that the run was made for" in runs.failure(folder).message


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), OutOfMemory),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), OutOfMemory),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes"), OutOfMemory),
        (OSError(28, "No space left on device"), DiskFull),
        (RuntimeError("I/O error: No space left on device (os error 28)"), DiskFull),
    ],
)
def test_what_libraries_raise_gets_a_name(error: Exception, expected: type[Exception]) -> None:
    assert isinstance(named_failure(error), expected)


def test_other_exceptions_have_no_name() -> None:
    assert named_failure(KeyError("x")) is None


@pytest.mark.parametrize("method", [*METHODS, "ppo", "evaluate", "score"])
def test_every_method_is_found_by_its_name(method: str) -> None:
    assert callable(find_method(method))


def _with_nan(model: Path) -> Path:
    weights = load_file(model / "model.safetensors")
    name = sorted(weights)[0]
    weights[name] = weights[name] * float("nan")
    save_file(weights, model / "model.safetensors", metadata={"format": "pt"})
    return model
