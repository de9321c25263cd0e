"""Several processes against one: the same batches, the same gradients, the same curves. All of it on gloo and the CPU."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.training.conftest import Runs
from tests.training.ppo_minibatch import gradients
from tests.training.ppo_project import add_run, make_project
from workbench.domain.events import CheckpointSaved, Event, Finished, Metrics, Started
from workbench.domain.records import Job
from workbench.jobs.distributed import launched
from workbench.jobs.machine import Slot
from workbench.storage.files import read_record, write_record
from workbench.storage.runlog import RunFolder
from workbench.training.processes import Processes

pytestmark = pytest.mark.filterwarnings("ignore:.*will be removed in v6:FutureWarning")
ONE_OF_SEVERAL = Path(__file__).with_name("one_of_several.py")
CPU = torch.device("cpu")
SHARDED_ON_CPU = Path(__file__).with_name("sharded_on_cpu.py")
FSDP = {
    "distributed_type": "FSDP",
    "fsdp_config": {
        "fsdp_version": 2,
        "fsdp_auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        "fsdp_state_dict_type": "FULL_STATE_DICT",
        "fsdp_cpu_ram_efficient_loading": False,
    },
}
METHODS = ("sft", "reward", "dpo", "ppo")
GRADIENTS = "gradients.safetensors"
_OF_TIME = {"tokens_per_s"}


def together(job: Job, folder: Path, *arguments: object, script: Path = ONE_OF_SEVERAL) -> None:
    """Starts processes as the runner does, and waits for them."""
    command = [sys.executable, str(script), *map(str, arguments)]
    job = job.model_copy(update={"processes": 2})
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "ACCELERATE_USE_CPU": "true"}
    done = subprocess.run(
        launched(folder, job, command, [Slot("cpu")]), env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def add_all(project: Path, shared: Path, models: Path, suffix: str) -> dict[str, Path]:
    """Writes a run of each method; returns their folders."""
    runs = Runs(project, models)
    settings = {"batch_size": 8, "max_steps": 4, "n_checkpoints": 2, "learning_rate": 1e-4}
    data = Runs.story_pairs(40)
    pairs = runs.add_data(data, f"pairs{suffix}")
    found = {method: runs.add(method, pairs, f"{method}{suffix}", **settings) for method in ("sft", "dpo")}
    found["reward"] = runs.add("reward", pairs, f"reward{suffix}", normalize_samples=8, **settings)
    ppo = {"batch_size": 6, "total_episodes": 22, "num_mini_batches": 2, "n_checkpoints": 2}
    found["ppo"] = add_run(project, shared, f"ppo{suffix}", **ppo)
    return found


@pytest.fixture(scope="module")
def worked(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Path], dict[str, Path]]:
    """The runs of all methods by one process, and the same by two."""
    torch.set_num_threads(1)
    project = make_project(tmp_path_factory.mktemp("processes") / "project", shared)
    alone, both = (add_all(project, shared, shared / "models", suffix) for suffix in ("-one", "-two"))
    for folder in alone.values():
        assert Runs.work(folder) == 0
    together(read_record(both["dpo"] / "job.json", Job), project, project / GRADIENTS, *both.values())
    return alone, both


def said(folder: Path, kind: type[Event]) -> list:
    return [event for event in RunFolder(folder).events()[0] if isinstance(event, kind)]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(RunFolder(folder).checkpoints()[-1].folder / "model.safetensors")


def test_three_processes_divide_seven_rows_without_losing_one() -> None:
    assert [Processes(CPU, rank, 3).share(range(7)) for rank in range(3)] == [range(2), range(2, 4), range(4, 7)]


def test_the_gradients_of_a_minibatch_are_those_of_one_process(
    worked: tuple[dict[str, Path], dict[str, Path]],
) -> None:
    found = load_file(worked[1]["ppo"].parents[1] / GRADIENTS)  # seven episodes: shares of 3 and 4
    expected = gradients(Processes(CPU))
    assert found.keys() == expected.keys()
    assert torch.equal(found["lengths"], expected["lengths"])
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_two_processes_give_the_curve_of_one(method: str, worked: tuple[dict[str, Path], dict[str, Path]]) -> None:
    one, two = (said(runs[method], Metrics) for runs in worked)
    assert [event.step for event in two] == [event.step for event in one]
    assert [event.episodes for event in two] == [event.episodes for event in one]
    assert [event.tokens for event in two] == [event.tokens for event in one]
    for alone, both in zip(one, two, strict=True):
        assert both.values.keys() == alone.values.keys()
        kept = {name: value for name, value in alone.values.items() if name not in _OF_TIME}
        assert {name: both.values[name] for name in kept} == pytest.approx(kept, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_two_processes_end_with_the_weights_of_one(
    method: str, worked: tuple[dict[str, Path], dict[str, Path]]
) -> None:
    one, two = (weights(runs[method]) for runs in worked)
    assert two.keys() == one.keys()
    for name, weight in one.items():
        torch.testing.assert_close(two[name], weight, rtol=0, atol=2e-5)


@pytest.mark.parametrize("method", METHODS)
def test_only_the_first_process_speaks_and_writes(method: str, worked: tuple[dict[str, Path], dict[str, Path]]) -> None:
    one, two = (runs[method] for runs in worked)
    assert [event.processes for event in said(two, Started)] == [2]
    assert [event.step for event in said(two, CheckpointSaved)] == [event.step for event in said(one, CheckpointSaved)]
    assert len(said(two, Finished)) == 1
    assert not list(two.glob("failed-process-*"))
    for theirs, ours in zip(RunFolder(one).checkpoints(), RunFolder(two).checkpoints(), strict=True):
        assert ours.record.files.keys() == theirs.record.files.keys()


@pytest.mark.parametrize("method", ["sft", "reward", "dpo"])
def test_sharded_weights_give_the_same_curve_and_whole_checkpoints(
    method: str, worked: tuple[dict[str, Path], dict[str, Path]], sharded: dict[str, Path]
) -> None:
    one, shards = (said(runs[method], Metrics) for runs in (worked[0], sharded))
    for alone, parts in zip(one, shards, strict=True):
        assert parts.values == pytest.approx(alone.values, rel=1e-3, abs=1e-5)
    for name, weight in weights(worked[0][method]).items():
        torch.testing.assert_close(weights(sharded[method])[name], weight, rtol=0, atol=2e-5)


@pytest.fixture(scope="module")
def sharded(worked: tuple[dict[str, Path], dict[str, Path]]) -> dict[str, Path]:
    """The runs of TRL's trainers by two processes that hold half of each weight."""
    alone = {method: folder for method, folder in worked[0].items() if method != "ppo"}
    found = {}
    for method, folder in alone.items():
        job = read_record(folder / "job.json", Job).model_copy(update={"accelerate": FSDP, "processes": 2})
        found[method] = folder.with_name(f"{method}-sharded")
        found[method].mkdir()
        write_record(found[method] / "job.json", job)
    together(job, folder.parent, *found.values(), script=SHARDED_ON_CPU)
    return found
