"""What the reference says is computed once for a project: other runs, other betas and later parts of a run find it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from trl.trainer.dpo_trainer import DPOTrainer

from workbench.domain.events import Metrics
from workbench.domain.records import Job
from workbench.storage.runlog import RunFolder
from workbench.training import dpo
from workbench.training.models import load_policy
from workbench.training.processes import Processes
from workbench.training.reference import CACHE, hash_of_model
from workbench.training.session import RunSession

pytestmark = pytest.mark.filterwarnings("ignore:.*will be removed in v6:FutureWarning")
Runs = Any


class Reads:
    """Counts the batches that a reference reads, and the models that are loaded."""

    def __init__(self) -> None:
        self.batches, self.models = 0, 0

    def take(self) -> tuple[int, int]:
        """Returns the batches and models since the last call."""
        taken = self.batches, self.models
        self.batches = self.models = 0
        return taken


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    counted, compute = Reads(), DPOTrainer.compute_ref_log_probs

    def count_batch(self: Any, model: Any, inputs: Any) -> Any:
        counted.batches += 1
        return compute(self, model, inputs)

    def count_model(*args: Any, **kwargs: Any) -> Any:
        counted.models += 1
        return load_policy(*args, **kwargs)

    monkeypatch.setattr(DPOTrainer, "compute_ref_log_probs", count_batch)
    monkeypatch.setattr(dpo, "load_policy", count_model)
    return counted


def losses(runs: Runs, folder: Path) -> list[float]:
    return [event.values["loss"] for event in runs.events(folder) if isinstance(event, Metrics)]


@pytest.mark.parametrize("lora", [0, 4])
def test_a_second_beta_loads_no_reference_and_reads_nothing_with_it(runs: Runs, reads: Reads, lora: int) -> None:
    data = runs.add_data()
    assert runs.work(runs.add("dpo", data, "first", beta=0.1, lora_rank=lora)) == 0
    assert reads.take() == (6, 1 if lora else 2)
    assert runs.work(runs.add("dpo", data, "second", beta=0.5, lora_rank=lora)) == 0
    assert reads.take() == (0, 1)


def test_a_run_ends_with_the_same_weights_whether_it_finds_them_or_computes_them(runs: Runs, reads: Reads) -> None:
    data = runs.add_data()
    folders = [runs.add("dpo", data, name) for name in ("computes", "finds")]
    assert [runs.work(folder) for folder in folders] == [0, 0]
    assert reads.take()[0] == 6
    assert losses(runs, folders[0]) == losses(runs, folders[1])
    assert runs.weights(folders[0]) == runs.weights(folders[1])


def test_another_model_another_format_and_other_cuts_are_read_anew(runs: Runs, reads: Reads) -> None:
    data = runs.add_data()
    changed = runs.copy_model(runs.stories)
    model, _ = load_policy(changed, torch.device("cpu"))
    with torch.no_grad():
        model.get_parameter("model.norm.weight")[0] += 1e-3
    model.save_pretrained(changed)
    assert runs.work(runs.add("dpo", data, "plain")) == 0
    for name, more in (
        ("weights", {"model": changed}),
        ("format", {"precision": "bf16"}),
        ("cuts", {"max_length": 24}),
    ):
        reads.take()
        assert runs.work(runs.add("dpo", data, name, **more)) == 0
        assert reads.take()[0] == 6, name
    assert len(list((runs.project / ".workbench" / CACHE).iterdir())) == 3


def test_a_model_is_named_by_its_files_which_are_read_once(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    session, changed = runs.open(runs.add("dpo", runs.add_data())), runs.copy_model(runs.stories)
    name = hash_of_model(str(runs.stories), session)
    assert hash_of_model(str(changed), session) == name
    with monkeypatch.context() as patched:
        patched.setattr(hashlib, "file_digest", lambda *_: pytest.fail("read again"))
        assert hash_of_model(str(changed), session) == name
    (changed / "model.safetensors").write_bytes((changed / "model.safetensors").read_bytes()[:-4] + b"else")
    assert hash_of_model(str(changed), session) != name


def test_an_adapter_is_named_by_its_base_too(runs: Runs) -> None:
    session, base = runs.open(runs.add("dpo", runs.add_data())), runs.copy_model(runs.stories)
    adapter = runs.project / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": str(base)}))
    before = hash_of_model("./adapter", session)
    (base / "model.safetensors").write_bytes(b"others")
    assert hash_of_model("./adapter", session) != before


def test_validation_is_read_by_the_reference_at_the_first_checkpoint_only(runs: Runs, reads: Reads) -> None:
    data = runs.add_data()
    folder = runs.add("dpo", data)
    job = RunFolder(folder).job()
    job = job.model_copy(update={"inputs": job.inputs.model_copy(update={"validation": data})})
    (folder / "job.json").write_text(job.model_dump_json())
    assert runs.work(folder) == 0
    assert reads.take()[0] == 6 + 24 // 4  # two checkpoints, six batches of validation each time


def test_reading_first_serves_runs_with_other_betas_and_goes_on_where_it_was_stopped(
    runs: Runs, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = runs.add_data()
    settings = {"precompute_ref_log_probs": True, "num_train_epochs": 2, "max_steps": None}
    folder = runs.add("dpo", data, "first", **settings)
    with monkeypatch.context() as patched:
        patched.setattr(RunSession, "stop_requested", lambda _: "stop" if reads.batches == 2 else None)
        assert runs.work(folder) == 0
    outcome = RunFolder(folder).outcome()
    assert outcome is not None
    assert outcome.state == "stopped"
    assert reads.take() == (2, 1)
    assert runs.work(folder) == 0
    assert reads.take() == (4, 1)  # of six batches; the policy, untrained, stands for the reference
    assert runs.work(runs.add("dpo", data, "second", beta=0.7, **settings)) == 0
    assert reads.take() == (0, 1)


@pytest.mark.parametrize(("is_sharded", "computes"), [(True, 1), (False, 0)])
def test_of_a_reference_in_parts_all_processes_compute_where_one_lacks_a_batch(
    runs: Runs, reads: Reads, monkeypatch: pytest.MonkeyPatch, is_sharded: bool, computes: int
) -> None:
    """Each needs the parts of the others: one that finds the batch and goes on would leave them waiting."""
    data = runs.add_data()
    assert runs.work(runs.add("dpo", data, "first")) == 0
    reads.take()
    asked: list[bool] = []

    def another_lacks_the_first(_: Processes, is_missing: bool) -> list[bool]:
        asked.append(is_missing)
        return [is_missing, len(asked) == 1]

    monkeypatch.setattr(Job, "is_sharded", property(lambda _: is_sharded))
    monkeypatch.setattr(Processes, "joined", another_lacks_the_first)
    assert runs.work(runs.add("dpo", data, "second", beta=0.5)) == 0
    assert reads.take()[0] == computes
    assert set(asked) <= {False}
