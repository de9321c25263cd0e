"""The plan of a run: how many steps, at what rate, from when on."""

import time
from typing import Any

import pytest
import torch
from trl.trainer.sft_config import SFTConfig

from workbench.domain.events import Metrics, Progress, Started
from workbench.domain.experiments import Budget
from workbench.storage.runlog import RunFolder
from workbench.training.models import load_policy
from workbench.training.trainer import total_steps, training_arguments, weights_dtype

Runs = Any


@pytest.mark.parametrize(
    ("settings", "budget", "expected"),
    [
        ({"max_steps": None}, Budget(), 7),  # 25 rows in batches of 4
        ({"max_steps": None, "num_train_epochs": 2}, Budget(), 14),
        ({"max_steps": 5}, Budget(), 5),
        ({"max_steps": 50}, Budget(), 7),
        ({"max_steps": None, "num_train_epochs": 9}, Budget(episodes=10), 3),
        ({"max_steps": None, "gradient_accumulation_steps": 2}, Budget(), 7),  # 13 parts of 2, two a step
    ],
)
def test_a_run_is_as_long_as_its_tightest_limit(
    runs: Runs, settings: dict[str, Any], budget: Budget, expected: int
) -> None:
    session = runs.open(runs.add("sft", runs.add_data(1), budget=budget, **settings))
    assert total_steps(session, 25) == expected


def test_arguments_follow_the_recipe(runs: Runs) -> None:
    folder = runs.add("sft", runs.add_data(1), learning_rate=None, batch_size=8, gradient_accumulation_steps=4)
    session = runs.open(folder)
    policy, _ = load_policy(runs.stories, torch.device("cpu"))
    arguments = training_arguments(SFTConfig, session, policy, 100)
    assert arguments.per_device_train_batch_size == 2
    assert arguments.learning_rate == pytest.approx(1.5e-5 * (1e9 / 260_032) ** 0.5)  # 9.3e-4
    assert arguments.seed == 7
    assert not arguments.bf16
    assert arguments.use_cpu


def test_weights_are_fp32_unless_only_adapters_train(runs: Runs) -> None:
    data = runs.add_data(1)
    full = runs.open(runs.add("sft", data, "full", precision="bf16"))
    adapters = runs.open(runs.add("sft", data, "adapters", precision="bf16", lora_rank=4))
    assert weights_dtype(full) == torch.float32
    assert weights_dtype(adapters) == torch.bfloat16


def test_the_clock_counts_from_the_first_step_and_a_stop_at_the_last_one_is_the_end(runs: Runs) -> None:
    folder = runs.add("sft", runs.add_data(4), max_steps=1, n_checkpoints=1)
    RunFolder(folder).request_stop()
    began = time.monotonic()
    assert runs.work(folder) == 0
    outcome = RunFolder(folder).outcome()
    assert outcome is not None
    assert (outcome.state, outcome.step) == ("finished", 1)
    events = runs.events(folder)
    started = next(event for event in events if isinstance(event, Started))
    trained = next(event for event in events if isinstance(event, Progress) and event.phase == "training")
    metrics = next(event for event in events if isinstance(event, Metrics))
    assert metrics.seconds < time.monotonic() - began - (trained.at - started.at)
