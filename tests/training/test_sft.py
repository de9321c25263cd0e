"""Supervised fine-tuning: its loss against TRL's own trainer, from a model or from scratch."""

from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from tests.training.trl_trainers import loss, quiet
from workbench.domain.events import CheckpointSaved, Metrics
from workbench.domain.pairs import Message, Row, plain
from workbench.training.batches import Encoder
from workbench.training.models import load_policy
from workbench.training.sft import Trainer

pytestmark = pytest.mark.filterwarnings("ignore:.*will be removed in v6:FutureWarning")
Runs = Any
CPU = torch.device("cpu")


@pytest.mark.parametrize("completion_only", [True, False])
def test_loss_and_tokens_are_those_of_trls_own_trainer_on_the_same_texts(
    runs: Runs, tmp_path: Path, completion_only: bool
) -> None:
    session = runs.open(runs.add("sft", runs.add_data(8)))
    policy, tokenizer = load_policy(runs.stories, CPU)
    texts, _ = Encoder(session, session.job.recipe, policy, tokenizer).texts(session.job.inputs.data, completion_only)
    ours = Trainer(
        model=policy,
        args=quiet(SFTConfig, tmp_path, max_length=None, dataset_kwargs={"skip_prepare_dataset": True}),
        train_dataset=texts,
        processing_class=tokenizer,
    )
    rows = [{"prompt": row.prompt[0].content, "completion": row.chosen[0].content} for row in runs.story_pairs(8)]
    other, _ = load_policy(runs.stories, CPU)
    theirs = SFTTrainer(
        model=other,
        args=quiet(SFTConfig, tmp_path, completion_only_loss=completion_only),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    assert ours.train_dataset["input_ids"] == theirs.train_dataset["input_ids"]
    assert loss(ours) == pytest.approx(loss(theirs), abs=1e-6)


def test_a_run_learns_the_chosen_responses(runs: Runs) -> None:
    folder = runs.add("sft", runs.add_data(24), num_train_epochs=3, max_steps=18)
    assert runs.work(folder) == 0
    losses = [event.values["loss"] for event in runs.events(folder) if isinstance(event, Metrics)]
    assert losses[-1] < 0.7 * losses[0]
    saved = [event for event in runs.events(folder) if isinstance(event, CheckpointSaved)]
    assert [(event.step, event.episodes) for event in saved] == [(9, 36), (18, 72)]
    assert (saved[0].tokens or 0) < (saved[1].tokens or 0)
    policy, _ = load_policy(folder / "checkpoints" / "checkpoint-18", CPU)
    assert policy.num_parameters() == 260_032


def test_episodes_count_the_small_last_batch_of_an_epoch_as_it_is(runs: Runs) -> None:
    folder = runs.add("sft", runs.add_data(6), num_train_epochs=2, max_steps=None, n_checkpoints=4)
    assert runs.work(folder) == 0
    saved = [event for event in runs.events(folder) if isinstance(event, CheckpointSaved)]
    assert [(event.step, event.episodes) for event in saved] == [(1, 4), (2, 6), (3, 10), (4, 12)]


def test_from_scratch_needs_no_weights_and_begins_at_chance(runs: Runs) -> None:
    model = runs.copy_model(runs.stories)
    (model / "model.safetensors").unlink()
    folder = runs.add("sft", runs.add_data(), model=model, from_scratch=True, max_steps=2)
    assert runs.work(folder) == 0
    first = next(event for event in runs.events(folder) if isinstance(event, Metrics))
    assert first.values["loss"] == pytest.approx(6.238, abs=0.1)  # ln 512


def test_a_model_without_weights_is_refused_as_a_start(runs: Runs) -> None:
    model = runs.copy_model(runs.stories)
    (model / "model.safetensors").unlink()
    folder = runs.add("sft", runs.add_data(), model=model)
    assert runs.work(folder) == 1
    assert runs.failure(folder).code == "model_refused"


def test_activation_checkpointing_changes_nothing_that_is_learned(runs: Runs) -> None:
    data = runs.add_data()
    weights = []
    for name, checkpointing in (("plain", False), ("thrifty", True)):
        folder = runs.add("sft", data, name, gradient_checkpointing=checkpointing, max_steps=2)
        assert runs.work(folder) == 0
        policy, _ = load_policy(folder / "checkpoints" / "checkpoint-2", CPU)
        weights.append(policy.get_parameter("model.norm.weight").detach())
    assert torch.allclose(weights[0], weights[1], atol=1e-6)


def test_chats_train_the_character_model(runs: Runs) -> None:
    rows = [Row((Message("user", f"{i}?"),), (Message("assistant", "Yes."),)) for i in range(12)]
    folder = runs.add("sft", runs.add_data([*rows, Row(plain("Text"), plain(" goes on"))]), model=runs.baby)
    assert runs.work(folder) == 0
