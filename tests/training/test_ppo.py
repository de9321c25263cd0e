"""PPO as a run: what its settings do and what it says."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.training.ppo_project import add_run, make_project
from tests.training.ppo_runs import Add, said, weights, work
from workbench.domain.errors import BadSetting, KlDiverged
from workbench.domain.events import Metrics, Sample, Started, Warned
from workbench.domain.metrics import CATALOGUE
from workbench.storage.checkpoints import list_checkpoints
from workbench.storage.project import Project
from workbench.storage.renaming import rename_dataset
from workbench.storage.runlog import RunFolder
from workbench.training import ppo
from workbench.training.ppo_models import Models, load_models

SLOW_S = 2.0  # what something off the clock takes, longer than an update of the small runs


def test_every_metric_of_a_run_is_in_the_catalogue_and_counts_go_up(whole: Path) -> None:
    metrics = said(whole, Metrics)
    assert [event.step for event in metrics] == [1, 2, 3, 4]
    assert [event.episodes for event in metrics] == [4, 8, 12, 16]
    assert all(name in CATALOGUE for event in metrics for name in event.values)


def test_before_training_the_policy_is_the_reference(whole: Path) -> None:
    first, last = said(whole, Metrics)[0].values, said(whole, Metrics)[-1].values
    assert first["objective/kl"] == pytest.approx(0, abs=1e-4)
    assert last["objective/kl_k3"] > 0


def test_checkpoints_hold_policy_tokenizer_and_value_model_and_the_newest_what_going_on_needs(whole: Path) -> None:
    checkpoints = list_checkpoints(whole)
    assert [checkpoint.step for checkpoint in checkpoints] == [1, 2, 3, 4]
    assert [checkpoint.resume_folder is not None for checkpoint in checkpoints] == [False, False, False, True]
    for checkpoint in checkpoints:
        names = set(checkpoint.record.files)
        assert {
            "model.safetensors",
            "tokenizer.json",
            "value/model.safetensors",
            "value/value_head.safetensors",
        } <= names
    files = [path.suffix for path in whole.rglob("*") if path.is_file()]
    assert not {".bin", ".pt", ".pth", ".pkl"} & set(files)


def test_the_same_few_prompts_are_shown_as_the_run_goes_on(whole: Path) -> None:
    samples = said(whole, Sample)
    assert {sample.step for sample in samples} == {1, 2, 3, 4}
    assert len({sample.prompt for sample in samples}) == 3
    assert all("reward" in sample.scores for sample in samples)


def test_a_run_says_that_it_started_before_anything_else_and_its_clock_waits_for_the_first_update(
    add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*args: Any) -> Models:
        time.sleep(SLOW_S)
        return load_models(*args)

    monkeypatch.setattr(ppo, "load_models", slowly)
    folder = add("clock", total_episodes=4, max_length=16)
    metrics = work(folder)
    events = RunFolder(folder).events()[0]
    assert isinstance(events[0], Started)
    assert any(isinstance(event, Warned) for event in events)
    assert metrics[0].seconds < SLOW_S


def test_showing_samples_costs_no_training_time(add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ppo._Run, "show", lambda *_: time.sleep(SLOW_S))
    folder = add("shown", total_episodes=4)
    work(folder)
    assert list_checkpoints(folder)[-1].record.seconds < SLOW_S


def test_a_head_for_whitened_rewards_is_fitted_to_them(add: Add) -> None:
    recipe = {"total_episodes": 16, "batch_size": 16, "missing_eos_score": None, "whiten_rewards": True}
    fitted = work(add("whitened", **recipe))[0].values
    assert fitted["val/explained_variance"] > 0
    assert fitted["val/clipfrac_avg"] < 0.5


def test_another_seed_samples_and_learns_something_else(add: Add, whole: Path) -> None:
    folder = add("other-seed", seed=4)
    work(folder)
    assert any(not torch.equal(tensor, weights(whole, 4)[name]) for name, tensor in weights(folder, 4).items())


def test_gradient_accumulation_changes_memory_and_not_the_result(add: Add) -> None:
    one = add("whole-minibatch", total_episodes=4, num_ppo_epochs=1, num_mini_batches=1, learning_rate=1e-4)
    parts = add(
        "parts",
        total_episodes=4,
        num_ppo_epochs=1,
        num_mini_batches=1,
        learning_rate=1e-4,
        gradient_accumulation_steps=3,
    )
    expected, found = work(one)[0].values, work(parts)[0].values
    for name in ("loss/policy_avg", "loss/value_avg", "grad_norm", "policy/entropy_avg"):
        assert found[name] == pytest.approx(expected[name], rel=1e-3, abs=1e-6), name


def test_gradient_checkpointing_changes_memory_and_not_the_result(add: Add) -> None:
    plain, saving = add("plain", total_episodes=8), add("saving", total_episodes=8, gradient_checkpointing=True)
    expected, found = work(plain)[-1].values, work(saving)[-1].values
    del expected["tokens_per_s"], found["tokens_per_s"]
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-6)
    one, other = weights(plain, 2), weights(saving, 2)
    assert max(float((one[name] - other[name]).abs().max()) for name in one) < 1e-6


def test_the_ratio_is_one_before_the_first_optimizer_step(add: Add) -> None:
    values = work(add("one-step", total_episodes=4, num_ppo_epochs=1, num_mini_batches=1))[0].values
    assert values["val/ratio"] == pytest.approx(1, abs=1e-5)
    assert values["policy/approxkl_avg"] == pytest.approx(0, abs=1e-9)
    assert values["policy/clipfrac_avg"] == 0
    assert values["loss/policy_avg"] == pytest.approx(0, abs=1e-5)  # whitened advantages have mean zero


def test_a_models_own_dropout_is_off_so_that_the_first_ratio_is_one(add: Add, shared: Path, tmp_path: Path) -> None:
    """Gradient checkpointing puts the models into training mode, in which dropout would act."""
    dropping = tmp_path / "dropping"
    shutil.copytree(shared / "models/stories260K", dropping, copy_function=shutil.copyfile)
    config = json.loads((dropping / "config.json").read_text())
    dropping.chmod(0o755)
    (dropping / "config.json").write_text(json.dumps(config | {"attention_dropout": 0.5}))
    one_step = {"total_episodes": 4, "num_ppo_epochs": 1, "num_mini_batches": 1, "gradient_checkpointing": True}
    expected, values = (
        work(add("sure", **one_step))[0].values,
        work(add("dropping", model=dropping, **one_step))[0].values,
    )
    assert values["val/ratio"] == pytest.approx(1, abs=1e-5)
    assert values["policy/approxkl_avg"] == pytest.approx(0, abs=1e-9)
    del expected["tokens_per_s"], values["tokens_per_s"]
    assert values == expected


def test_bf16_starts_close_to_ratio_one_and_keeps_weights_in_fp32(add: Add) -> None:
    folder = add("bf16", total_episodes=4, num_ppo_epochs=1, num_mini_batches=1, precision="bf16")
    values = work(folder)[0].values
    assert values["val/ratio"] == pytest.approx(1, abs=5e-3)
    assert values["objective/kl"] == pytest.approx(0, abs=1e-3)
    assert {tensor.dtype for tensor in weights(folder, 1).values()} == {torch.float32}


def test_a_value_head_on_the_policys_trunk_is_fitted_and_saved(add: Add) -> None:
    folder = add("shared", value_model="shared")
    metrics = work(folder)
    assert metrics[0].values["val/explained_variance"] > 0
    head = load_file(folder / "checkpoints/checkpoint-4/value/value_head.safetensors")
    assert head["weight"].abs().max() > 0
    assert not (folder / "checkpoints/checkpoint-4/value/config.json").exists()


def test_the_missing_end_score_replaces_what_the_reward_model_said(add: Add) -> None:
    free = work(add("free", total_episodes=4, kl_coef=0.0))[0].values
    fined = work(add("fined", total_episodes=4, kl_coef=0.0, missing_eos_score=-1.0, whiten_rewards=False))[0].values
    assert free["val/num_eos_tokens"] == fined["val/num_eos_tokens"] == 0
    assert fined["objective/scores"] == free["objective/scores"]
    assert fined["objective/rlhf_reward"] == pytest.approx(-1)  # four episodes without an ending, no KL penalty
    assert free["objective/rlhf_reward"] == pytest.approx(free["objective/scores"])
    assert fined["loss/value_avg"] != free["loss/value_avg"]


def test_stop_strings_end_responses_and_are_no_missing_ending(add: Add) -> None:
    ends = {"response_length": 24, "stop_strings": ("a", "e"), "missing_eos_score": -5.0, "kl_coef": 0.0}
    folder = add("stops", total_episodes=4, **ends)
    values = work(folder)[0].values
    assert values["val/num_eos_tokens"] == 4
    assert values["objective/length"] < 24
    assert values["objective/rlhf_reward"] == pytest.approx(values["objective/scores"])
    texts = [sample.response for sample in said(folder, Sample)]
    assert texts  # which are what the reward model reads
    assert not any("a" in text or "e" in text for text in texts)


def test_the_adaptive_coefficient_moves_towards_the_target(add: Add) -> None:
    metrics = work(add("adaptive", adaptive_kl=True, kl_target=100.0, kl_horizon=40))
    coefficients = [event.values["objective/kl_coef"] for event in metrics]
    assert coefficients[0] == 0.05
    assert coefficients[1] == pytest.approx(0.05 * (1 - 0.2 * 4 / 40))


def test_the_learning_rate_falls_to_zero_over_the_run(add: Add) -> None:
    rates = [event.values["learning_rate"] for event in work(add("rates", learning_rate=1e-3))]
    assert rates == pytest.approx([1e-3, 7.5e-4, 5e-4, 2.5e-4])


def test_the_budget_ends_a_run_with_a_checkpoint(add: Add) -> None:
    folder = add("budget", budget={"tokens": 1}, n_checkpoints=1)
    assert [event.step for event in work(folder)] == [1]
    assert [checkpoint.step for checkpoint in list_checkpoints(folder)] == [1]


def test_a_policy_that_left_the_reference_ends_the_run_by_name(add: Add) -> None:
    with pytest.raises(KlDiverged, match="nats a sequence"):
        work(add("diverged", learning_rate=0.3, lr_scheduler_type="constant", max_kl=2.0, kl_coef=0.0))


def test_long_prompts_are_cut_and_it_is_said_how_many(add: Add) -> None:
    folder = add("cut", max_length=16, total_episodes=4)
    work(folder)
    assert "of " in next(event.message for event in said(folder, Warned) if event.code == "truncated")


def test_a_response_that_leaves_no_room_for_a_prompt_is_refused(add: Add) -> None:
    with pytest.raises(BadSetting, match="no room for a prompt"):
        work(add("no-room", max_length=16, response_length=15))


def test_a_dataset_that_was_renamed_while_the_run_waited_is_found(shared: Path, tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", shared)
    folder = add_run(project, shared, "waiting", total_episodes=4)
    rename_dataset(Project.open(project), "stories", "tales")
    assert [event.step for event in work(folder)] == [1]
