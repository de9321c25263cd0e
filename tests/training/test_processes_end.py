"""Several processes of a run in the hands of the runner: paused, resumed, one killed, the launcher killed; none is left."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.training.conftest import Runs
from workbench.domain.events import Progress, Started, Warned
from workbench.domain.records import Job, Outcome
from workbench.jobs.launch import enqueue, pause_run, resume_run
from workbench.jobs.machine import Slot
from workbench.jobs.runner import Runner
from workbench.storage.files import read_record
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder

PATIENCE_S = 200.0


class Going:
    """A run of two processes that a runner looks after, long enough to be interrupted."""

    def __init__(self, folder: Path, models: Path) -> None:
        self.project = Project.create(folder)
        runs = Runs(folder, models)
        made = runs.add(
            "sft", runs.add_data(64), "r", batch_size=4, num_train_epochs=1000, max_steps=9000, n_checkpoints=1
        )
        job = read_record(made / "job.json", Job).model_copy(update={"processes": 2, "needs": ()})
        (made / "job.json").unlink()
        made.rmdir()
        enqueue(self.project, [job], wake=False)
        self.run = RunFolder(made)
        self.runner = Runner(self.project, slots=(Slot("cpu"),), poll_s=0.05)

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            self.runner.step()
            assert time.monotonic() < end, self.run.log_tail(40)
            time.sleep(0.05)

    def until_it_trains(self, after: int = 0) -> None:
        self.until(lambda: any(isinstance(e, Progress) and e.step > after for e in self.run.events()[0]))

    def until_it_ends(self) -> Outcome:
        self.until(lambda: self.run.outcome() is not None and self.run.process() is None)
        outcome = self.run.outcome()
        assert outcome is not None
        return outcome

    def processes(self) -> dict[str, psutil.Process]:
        """Returns the living processes of the run, by their number; the launcher has none."""
        found = {}
        for process in psutil.process_iter():
            try:
                environment = process.environ()
                if (
                    environment.get("WORKBENCH_RUN") == str(self.run.folder)
                    and process.status() != psutil.STATUS_ZOMBIE
                ):
                    found[environment.get("RANK", "launcher")] = process
            except psutil.Error:
                continue
        return found


@pytest.fixture
def going(tmp_path: Path, shared: Path) -> Iterator[Going]:
    going = Going(tmp_path / "project", shared / "models")
    yield going
    left = list(going.processes().values())
    for process in left:
        process.kill()
    psutil.wait_procs(left, timeout=10)
    going.runner.step()  # says goodbye to them


def test_a_killed_process_ends_the_run_with_a_sentence_and_leaves_none_behind(going: Going) -> None:
    going.until_it_trains()
    assert going.processes().keys() == {"launcher", "0", "1"}
    going.processes()["1"].kill()
    outcome = going.until_it_ends()
    assert (outcome.state, outcome.code) == ("failed", "process_lost")
    assert outcome.message == "Another of the run's 2 processes died without a last word."
    assert going.processes() == {}


def test_a_launcher_that_is_killed_takes_all_processes_along(going: Going) -> None:
    going.until_it_trains()
    going.processes()["launcher"].send_signal(signal.SIGKILL)
    outcome = going.until_it_ends()
    assert outcome.state == "vanished"
    assert going.processes() == {}


def test_a_paused_run_goes_on_with_another_number_of_processes_and_says_so(going: Going) -> None:
    going.until_it_trains()
    pause_run(going.project, "r", wake=False)
    outcome = going.until_it_ends()
    assert outcome.state == "paused"
    assert going.processes() == {}
    assert [checkpoint.step for checkpoint in going.run.checkpoints()] == [outcome.step]
    resume_run(going.project, "r", processes=1, wake=False)
    going.until_it_trains(after=outcome.step)
    assert "launcher" in going.processes()  # the one process, with no number
    pause_run(going.project, "r", wake=False)
    going.until_it_ends()
    events = going.run.events()[0]
    starts = [(event.processes, event.resumed_from) for event in events if isinstance(event, Started)]
    assert starts == [(2, None), (1, outcome.step)]
    said = [event.message for event in events if isinstance(event, Warned)]
    assert f"Trained by 2 processes up to step {outcome.step}, it goes on with one process" in " ".join(said)
