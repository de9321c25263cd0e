"""Small real runs for the tests of the training methods: a project with a few pairs, and jobs in it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import torch

from tests.training.ppo_project import add_run, make_project
from tests.training.ppo_runs import Add, work
from workbench.data.splits import Splitter
from workbench.data.store import RowWriter
from workbench.domain.events import Event, Failed, Started
from workbench.domain.experiments import Budget
from workbench.domain.pairs import Row, plain
from workbench.domain.records import RECIPES, DataInput, Inputs, Job, Method
from workbench.storage.files import write_record
from workbench.storage.runlog import RunFolder
from workbench.training.session import RunSession
from workbench.training.worker import Terminations, work_through

NAMES = ("Tom", "Lily", "Max", "Sue", "Ben", "Mia", "Tim", "Anna", "Sam", "Zoe", "Leo", "Amy")
FEW = {"batch_size": 4, "max_steps": 6, "n_checkpoints": 2, "learning_rate": 1e-3}


class Runs:
    """A project in which tests make runs and work them through."""

    def __init__(self, project: Path, models: Path) -> None:
        self.project, self.models = project, models
        self.stories, self.baby = models / "stories260K", models / "babyllama105"

    @staticmethod
    def story_pairs(n: int) -> list[Row]:
        """Returns `n` pairs of a cheerful and a gloomy continuation."""
        return [
            Row(
                prompt=plain(f"One day, {NAMES[i % len(NAMES)]} saw {i % 5 + 2} cats."),
                chosen=plain(f" {NAMES[i % 7]} was very happy and smiled."),
                rejected=plain(" It was a sad day and the cats ran away from the big dog."),
            )
            for i in range(n)
        ]

    def add_data(self, rows: Sequence[Row] | int = 24, name: str = "pairs") -> DataInput:
        """Writes a dataset whose rows all belong to the training split."""
        folder = self.project / "datasets" / name
        folder.mkdir(parents=True)
        with RowWriter(folder, Splitter(0, {"train": 1.0, "validation": 0.0, "test": 0.0})) as writer:
            for row in self.story_pairs(rows) if isinstance(rows, int) else rows:
                writer.add(row)
            return DataInput(name=name, sha256=writer.finish(), split="train")

    def add(
        self,
        method: Method,
        data: DataInput | None,
        id_: str = "r",
        *,
        model: Path | str | None = None,
        budget: Budget | None = None,
        source: Path | None = None,
        **recipe: object,
    ) -> Path:
        """Writes a job of few steps; returns its run folder."""
        settings = (FEW if data else {}) | recipe
        job = Job(
            id=id_,
            name=id_,
            method=method,
            seed=7,
            recipe=RECIPES[method].model_validate(settings),
            inputs=Inputs(model=str(model or self.stories), data=data, source=str(source) if source else None),
            budget=budget or Budget(),
            device="cpu",
        )
        folder = self.project / "runs" / id_
        folder.mkdir(parents=True)
        write_record(folder / "job.json", job)
        return folder

    @staticmethod
    def open(folder: Path) -> RunSession:
        """Returns a session in this process, for parts of a method."""
        return RunSession.open(folder)

    @staticmethod
    def start(folder: Path) -> "subprocess.Popen[bytes]":
        """Starts a worker as the runner does, with one thread."""
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "workbench.training.worker", str(folder)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @staticmethod
    def work(folder: Path) -> int:
        """Works a run through in this process, which saves the seconds of its imports; returns the exit status."""
        return work_through(folder, Terminations())

    @staticmethod
    def events(folder: Path) -> list[Event]:
        """Returns what the run said."""
        return RunFolder(folder).events()[0]

    def parts(self, folder: Path) -> list[int | None]:
        """Returns the step that each part of the run went on from."""
        return [event.resumed_from for event in self.events(folder) if isinstance(event, Started)]

    def failure(self, folder: Path) -> Failed:
        """Returns the run's last word, which must be a failure."""
        last = self.events(folder)[-1]
        assert isinstance(last, Failed), last
        return last

    @staticmethod
    def steps(folder: Path) -> list[int]:
        """Returns the steps of the complete checkpoints."""
        return [checkpoint.step for checkpoint in RunFolder(folder).checkpoints()]

    @staticmethod
    def weights(folder: Path) -> bytes:
        """Returns the weight file of the run's last checkpoint."""
        return (RunFolder(folder).checkpoints()[-1].folder / "model.safetensors").read_bytes()

    def copy_model(self, source: Path) -> Path:
        """Copies a model folder so that it may be changed."""
        target = self.project / f"changed-{source.name}"
        shutil.copytree(source, target)
        for path in (target, *target.iterdir()):
            path.chmod(0o755)
        return target

    @staticmethod
    def wait_for(condition: Callable[[], bool], timeout_s: float = 120.0) -> None:
        """Waits until the condition holds."""
        end = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.005)


@pytest.fixture(autouse=True)
def numbers_are_as_before() -> Iterator[None]:
    """Fails for code that leaves its number format behind: what comes after it would compute in bf16."""
    yield
    assert not torch.is_autocast_enabled("cpu")


@pytest.fixture
def runs(tmp_path: Path, shared: Path) -> Runs:
    torch.set_num_threads(1)
    return Runs(tmp_path / "project", shared / "models")


@pytest.fixture(scope="module")
def add(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Add:
    """Adds PPO runs to a small project."""
    project = make_project(tmp_path_factory.mktemp("ppo") / "project", shared)
    return lambda name, **changes: add_run(project, shared, name, **changes)


@pytest.fixture(scope="module")
def whole(add: Add) -> Path:
    """A PPO run that was never interrupted."""
    folder = add("whole", n_checkpoints=4)
    work(folder)
    return folder
