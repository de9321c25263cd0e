"""A PPO run that was cut off ends where it would have ended, or says that it cannot."""

import copy
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from safetensors.torch import load_file

from tests.training.ppo_runs import Add, assert_equal_weights, said, weights, work
from workbench.domain.events import Metrics, Started, Warned
from workbench.storage import checkpoints
from workbench.storage.checkpoints import list_checkpoints
from workbench.storage.runlog import RunFolder
from workbench.training import ppo_models
from workbench.training import session as session_module
from workbench.training.models import load_policy
from workbench.training.ppo_models import load_models
from workbench.training.session import RunSession, StopRun


def test_a_stopped_and_resumed_run_ends_with_the_very_same_weights(add: Add, whole: Path) -> None:
    folder = add("stopped", n_checkpoints=1)
    RunFolder(folder).request_stop()
    with pytest.raises(StopRun):
        work(folder)
    assert [checkpoint.step for checkpoint in list_checkpoints(folder)] == [1]
    RunFolder(folder).clear_requests()
    work(folder)
    assert said(folder, Started)[-1].resumed_from == 1
    assert_equal_weights(weights(folder, 4), weights(whole, 4))
    assert said(folder, Metrics)[-1].values["objective/scores"] == said(whole, Metrics)[-1].values["objective/scores"]


def test_in_bf16_too_a_resumed_run_ends_with_the_very_same_weights(add: Add) -> None:
    unbroken, folder = add("bf16-whole", precision="bf16"), add("bf16-stopped", precision="bf16")
    work(unbroken)
    RunFolder(folder).request_stop()
    with pytest.raises(StopRun):
        work(folder)
    RunFolder(folder).clear_requests()
    work(folder)
    assert_equal_weights(weights(folder, 4), weights(unbroken, 4))


class Killed(BaseException):
    """Ends a session as a kill does: nobody tidies up after it."""


def dying(call: Callable[..., Any]) -> Callable[..., Any]:
    """Returns the call, but that it dies over the second checkpoint."""

    def die(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("keep_step") == 2 or any("checkpoint-2" in str(arg) for arg in args):
            raise Killed
        return call(*args, **kwargs)

    return die


@pytest.mark.parametrize(
    ("module", "call", "goes_on_from"),
    [
        (checkpoints, "sync", 1),
        (checkpoints, "write_record", 1),
        (checkpoints, "_replace_folder", 1),
        (session_module, "drop_resume_state", 2),
    ],
)
def test_a_run_that_dies_while_a_checkpoint_is_made_durable_ends_with_the_very_same_weights(
    add: Add, whole: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, call: str, goes_on_from: int
) -> None:
    folder = add(f"dies-{call}", n_checkpoints=4)
    with monkeypatch.context() as patched:
        patched.setattr(module, call, dying(vars(module)[call]))
        with pytest.raises(Killed):
            work(folder)
    work(folder)
    assert said(folder, Started)[-1].resumed_from == goes_on_from
    assert [item.step for item in list_checkpoints(folder)] == [1, 2, 3, 4]
    assert not list((folder / "checkpoints").glob(".*"))
    assert_equal_weights(weights(folder, 4), weights(whole, 4))


def test_a_run_that_dies_while_it_drops_an_older_state_ends_with_the_very_same_weights(
    add: Add, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = add("dies-dropping", n_checkpoints=4)
    remove = shutil.rmtree

    def half(path: Path, ignore_errors: bool = False) -> None:
        if ignore_errors:
            return remove(path, ignore_errors=True)
        next(path.iterdir()).unlink()
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "shutil", SimpleNamespace(rmtree=half))
        with pytest.raises(Killed):
            work(folder)
    work(folder)
    assert said(folder, Started)[-1].resumed_from == 2
    assert_equal_weights(weights(folder, 4), weights(whole, 4))


def test_a_stop_that_comes_while_a_checkpoint_is_made_durable_waits_for_it(
    add: Add, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, commit = add("stopped-within", n_checkpoints=4), session_module.commit_checkpoint

    def stop_meanwhile(*args: Any) -> Any:
        RunFolder(folder).request_stop()
        time.sleep(0.3)  # training goes on, looks for requests, and comes to its next checkpoint
        return commit(*args)

    with monkeypatch.context() as patched:
        patched.setattr(session_module, "commit_checkpoint", stop_meanwhile)
        with pytest.raises(StopRun) as stop:
            work(folder)
    RunFolder(folder).clear_requests()
    kept = list_checkpoints(folder)
    assert [item.step for item in kept] == list(range(1, stop.value.step + 1))
    assert [item.resume_folder is not None for item in kept] == [False] * (len(kept) - 1) + [True]
    work(folder)
    assert_equal_weights(weights(folder, 4), weights(whole, 4))


def test_a_stop_at_the_last_update_finishes_the_run(add: Add) -> None:
    folder = add("stopped-at-the-end", total_episodes=4)
    RunFolder(folder).request_stop()
    work(folder)
    assert [checkpoint.step for checkpoint in list_checkpoints(folder)] == [1]


def test_without_the_state_to_go_on_from_a_run_begins_anew_and_says_so(add: Add, whole: Path) -> None:
    folder = add("state-lost", n_checkpoints=1)
    RunFolder(folder).request_stop()
    with pytest.raises(StopRun):
        work(folder)
    RunFolder(folder).clear_requests()
    (list_checkpoints(folder)[-1].folder / "resume/optimizer.safetensors").unlink()
    work(folder)
    assert said(folder, Started)[-1].resumed_from is None
    assert "it goes on from the beginning" in said(folder, Warned)[-1].message
    assert_equal_weights(weights(folder, 4), weights(whole, 4))


def test_a_run_goes_on_from_the_newest_checkpoint_with_a_complete_state(add: Add, whole: Path) -> None:
    folder = add("older-state", n_checkpoints=4)
    RunFolder(folder).request_stop()
    with pytest.raises(StopRun):
        work(folder)
    RunFolder(folder).clear_requests()
    second = folder / "checkpoints/checkpoint-2"
    shutil.copytree(whole / "checkpoints/checkpoint-2", second)
    (second / "resume").mkdir()
    work(folder)
    assert said(folder, Started)[-1].resumed_from == 1
    assert_equal_weights(weights(folder, 4), weights(whole, 4))


def test_a_resumed_run_trusts_the_checkpoint_as_it_trusted_the_model(add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = add("trusted", total_episodes=8, n_checkpoints=1)
    RunFolder(folder).request_stop()
    with pytest.raises(StopRun):
        work(folder)
    trusted, copies = [], []

    def loading(source: Any, device: Any, **options: Any) -> Any:
        trusted.append(options.get("trust_remote_code"))
        return load_policy(source, device)

    monkeypatch.setattr(ppo_models, "load_policy", loading)
    deepcopy = copy.deepcopy
    monkeypatch.setattr(ppo_models.copy, "deepcopy", lambda x: copies.append(type(x).__name__) or deepcopy(x))
    with RunSession.open(folder) as session:
        job = session.job.model_copy(update={"trust_remote_code": True})
        load_models(job, job.recipe, session, list_checkpoints(folder)[-1])
    assert trusted == [True, True]  # start model and checkpoint
    assert "LlamaForCausalLM" not in copies


@pytest.mark.slow
def test_a_worker_that_was_killed_goes_on_to_the_very_same_weights(add: Add) -> None:
    whole, killed = add("unkilled", n_checkpoints=4), add("killed", n_checkpoints=4)
    command = [sys.executable, "-m", "workbench.training.worker"]
    subprocess.run([*command, whole], check=True, timeout=120)
    worker = subprocess.Popen([*command, killed])
    until = time.monotonic() + 100
    while not list_checkpoints(killed) and time.monotonic() < until:
        time.sleep(0.005)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert list_checkpoints(killed)[-1].step < 4
    subprocess.run([*command, killed], check=True, timeout=120)
    assert_equal_weights(weights(killed, 4), weights(whole, 4))


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")  # peft asks for it
def test_lora_trains_adapters_with_the_base_as_reference_and_resumes(add: Add) -> None:
    folder, other = add("lora", lora_rank=4, n_checkpoints=1), add("lora-stopped", lora_rank=4, n_checkpoints=1)
    metrics = work(folder)
    assert metrics[0].values["objective/kl"] == pytest.approx(0, abs=1e-4)
    assert metrics[-1].values["objective/kl_k3"] > 0
    RunFolder(other).request_stop()
    with pytest.raises(StopRun):
        work(other)
    RunFolder(other).clear_requests()
    work(other)
    assert said(other, Started)[-1].resumed_from == 1
    for name in ("adapter_model.safetensors", "value/adapter_model.safetensors", "value/value_head.safetensors"):
        assert_equal_weights(*(load_file(run / "checkpoints/checkpoint-4" / name) for run in (folder, other)))
    for name in ("", "value/"):
        trained = load_file(folder / f"checkpoints/checkpoint-4/{name}adapter_model.safetensors")
        assert any(tensor.abs().max() > 0 for key, tensor in trained.items() if "lora_B" in key)  # zero before training
    assert not (folder / "checkpoints/checkpoint-4/value/model.safetensors").exists()


def test_the_resume_state_is_readable(whole: Path) -> None:
    state = json.loads((whole / "checkpoints/checkpoint-4/resume/ppo.json").read_text())
    assert (state["step"], state["episodes"], state["kl_coef"]) == (4, 16, 0.05)
