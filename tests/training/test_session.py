"""What a session says, when it stops, and how it keeps checkpoints."""

import math
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.domain.errors import DiskFull, NotANumber
from workbench.domain.events import CheckpointSaved, Metrics, Progress, Started, Warned
from workbench.domain.experiments import Budget
from workbench.storage.runlog import RunFolder
from workbench.training import session as session_module
from workbench.training.session import RunSession, StopRun

Runs = Any


@pytest.fixture
def folder(runs: Runs) -> Path:
    path: Path = runs.add("sft", None)
    return path


def write_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "resume").mkdir()
    (folder / "resume" / "optimizer.pt").write_bytes(b"moments")


def test_started_names_process_device_precision_and_versions(runs: Runs, folder: Path) -> None:
    session = runs.open(folder)
    session.started()
    (event,) = runs.events(folder)
    assert isinstance(event, Started)
    assert (event.device, event.precision, event.resumed_from) == ("cpu", "fp32", None)
    assert event.versions["torch"] == torch.__version__
    assert session.project == folder.parent.parent


def test_the_same_warning_is_said_once(runs: Runs, folder: Path) -> None:
    session = runs.open(folder)
    for _ in range(3):
        session.warn("code", "Look out.")
    session.warn("code", "Look again.")
    assert [event.message for event in runs.events(folder) if isinstance(event, Warned)] == ["Look out.", "Look again."]


def test_progress_is_said_at_most_twice_a_second_and_at_the_end(runs: Runs, folder: Path) -> None:
    session = runs.open(folder)
    for step in range(1001):
        session.progress("training", step, 1000)
    said = [event for event in runs.events(folder) if isinstance(event, Progress)]
    assert said[0].step == 0
    assert said[-1].step == 1000
    assert said[-1].rate is not None
    assert said[-1].rate > 0
    assert said[-1].left_s == 0
    assert said[-1].memory_mib is not None
    assert said[-1].memory_mib > 50
    assert len(said) <= 2 + session.seconds / 0.5


@pytest.mark.parametrize("name", ["loss", "grad_norm", "loss/policy_avg"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_or_gradient_that_is_no_number_ends_the_run(runs: Runs, folder: Path, name: str, value: float) -> None:
    with pytest.raises(NotANumber, match="At step 3"):
        runs.open(folder).metrics(3, {name: value})


def test_other_values_that_are_no_numbers_are_left_out(runs: Runs, folder: Path) -> None:
    runs.open(folder).metrics(3, {"val/explained_variance": math.nan, "loss": 1.0}, episodes=4)
    (event,) = runs.events(folder)
    assert isinstance(event, Metrics)
    assert event.values == {"loss": 1.0}
    assert event.episodes == 4


def test_requests_are_files_and_a_signal_counts_as_stop(runs: Runs, folder: Path) -> None:
    assert runs.open(folder).stop_requested() is None
    RunFolder(folder).request_pause()
    assert runs.open(folder).stop_requested() == "pause"
    session = runs.open(folder)
    session.request_stop()
    assert session.stop_requested() == "stop"


@pytest.mark.parametrize(
    ("budget", "spent"),
    [
        (Budget(), False),
        (Budget(episodes=10), True),
        (Budget(episodes=11), False),
        (Budget(tokens=99), True),
        (Budget(seconds=1e-9), True),
        (Budget(seconds=1e9), False),
    ],
)
def test_the_first_limit_reached_spends_the_budget(runs: Runs, budget: Budget, spent: bool) -> None:
    session = runs.open(runs.add("sft", None, budget=budget))
    session.started()
    assert session.budget_spent(episodes=10, tokens=100) is spent


def test_a_checkpoint_is_whole_and_only_the_newest_can_be_gone_on_from(runs: Runs, folder: Path) -> None:
    with runs.open(folder) as session:
        session.started()
        for step in (2, 4):
            session.save_checkpoint(step, write_weights, episodes=step * 8, tokens=step * 100)
    old, new = RunFolder(folder).checkpoints()
    assert (old.step, old.resume_folder, new.step) == (2, None, 4)
    assert new.resume_folder is not None
    assert (new.record.episodes, new.record.tokens) == (32, 400)
    assert [event.folder for event in runs.events(folder) if isinstance(event, CheckpointSaved)] == [
        "checkpoints/checkpoint-2",
        "checkpoints/checkpoint-4",
    ]


def test_a_checkpoint_that_is_there_is_not_written_again(runs: Runs, folder: Path) -> None:
    session = runs.open(folder)
    session.save_checkpoint(2, write_weights)
    session.save_checkpoint(2, lambda _: pytest.fail("written twice"))


def test_a_checkpoint_whose_writing_fails_does_not_exist(runs: Runs, folder: Path) -> None:
    def fail(temporary: Path) -> None:
        write_weights(temporary)
        raise OSError("torn")

    session = runs.open(folder)
    with pytest.raises(OSError, match="torn"):
        session.save_checkpoint(2, fail)
    assert session.latest_checkpoint() is None
    session.save_checkpoint(3, write_weights)
    assert session.latest_checkpoint().step == 3
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["checkpoint-3"]


class Disk:
    """Makes a checkpoint durable when it is allowed to, and then as it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> None:
        self.allowed, self._error, self._commit = threading.Event(), error, session_module.commit_checkpoint
        monkeypatch.setattr(session_module, "commit_checkpoint", self._wait)

    def _wait(self, *args: Any) -> Any:
        assert self.allowed.wait(20)
        if self._error is not None:
            raise self._error
        return self._commit(*args)


def test_training_goes_on_while_a_slow_disk_keeps_the_checkpoint(
    runs: Runs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    with runs.open(folder) as session:
        session.save_checkpoint(2, write_weights)
        session.metrics(3, {"loss": 1.0})
        assert runs.steps(folder) == []  # killed here, the run would go on from the beginning
        disk.allowed.set()
    assert runs.steps(folder) == [2]
    assert [event.step for event in runs.events(folder)] == [3, 2]


@pytest.mark.parametrize("ending", ["goes on", "is over", "stops"])
def test_a_checkpoint_that_the_disk_does_not_take_fails_the_run(
    runs: Runs, folder: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    Disk(monkeypatch, DiskFull("The disk is full.", "")).allowed.set()

    def run() -> None:
        with runs.open(folder) as session:
            session.save_checkpoint(2, write_weights)
            if ending == "goes on":
                session.save_checkpoint(4, lambda _: pytest.fail("went on"))
            if ending == "stops":
                raise StopRun("stopped", 2)

    with pytest.raises(DiskFull):
        run()
    assert runs.steps(folder) == []


def test_what_failed_first_is_what_is_said(runs: Runs, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Disk(monkeypatch, DiskFull("The disk is full.", "")).allowed.set()

    def run() -> None:
        with runs.open(folder) as session:
            session.save_checkpoint(2, write_weights)
            session.metrics(3, {"loss": math.nan})

    with pytest.raises(NotANumber):
        run()


def test_the_training_clock_goes_on_where_the_last_checkpoint_stopped(runs: Runs, folder: Path) -> None:
    first = runs.open(folder)
    first.started()
    first.save_checkpoint(2, write_weights)
    seconds = first.latest_checkpoint().record.seconds
    second: RunSession = runs.open(folder)
    second.started(resumed_from=2)
    assert seconds <= second.seconds < seconds + 5
    assert second.last_step == 2


def test_the_training_clock_starts_at_the_first_step(runs: Runs, folder: Path) -> None:
    session = runs.open(folder)
    session.started()
    time.sleep(0.2)
    session.start_clock()
    time.sleep(0.02)
    session.start_clock()
    assert 0.02 <= session.seconds < 0.2


def test_a_checkpoint_that_cannot_be_gone_on_from_is_written_again(runs: Runs, folder: Path) -> None:
    session = runs.open(folder)
    session.save_checkpoint(2, write_weights)
    shutil.rmtree(session.latest_checkpoint().folder / "resume")
    session.save_checkpoint(2, write_weights)
    assert session.latest_checkpoint().resume_folder is not None


def test_progress_without_a_known_total_is_no_more_frequent(runs: Runs, folder: Path) -> None:
    session = runs.open(folder)
    for step in range(1, 101):
        session.progress("scoring", step, 0)
    said = [event for event in runs.events(folder) if isinstance(event, Progress)]
    assert len(said) <= 1 + session.seconds / 0.5
    assert said[0].left_s is None


def test_what_is_off_the_clock_is_no_training(runs: Runs, folder: Path) -> None:
    session = runs.open(folder)
    session.started()
    with session.off_the_clock():
        time.sleep(0.2)
    assert session.seconds < 0.2


def test_stopping_says_how_and_where() -> None:
    stop = StopRun("paused", 7)
    assert (stop.how, stop.step, str(stop)) == ("paused", 7, "paused at step 7")
