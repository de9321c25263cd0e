"""DPO's losses against hand numbers and against TRL's own trainer; runs with the settings that change what is trained."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from tests.training.trl_trainers import loss, one_batch, quiet
from workbench.domain.events import CheckpointSaved, Metrics, Sample, Warned
from workbench.domain.experiments import Budget
from workbench.domain.pairs import Message, Row
from workbench.domain.recipes import DpoRecipe
from workbench.domain.recipes.dpo import trl_loss
from workbench.training.batches import Encoder
from workbench.training.dpo import Trainer
from workbench.training.models import load_policy

pytestmark = pytest.mark.filterwarnings("ignore:.*will be removed in v6:FutureWarning")
Runs = Any
CPU = torch.device("cpu")


def our_trainer(runs: Runs, tmp_path: Path, **recipe: object) -> Any:
    """Our trainer over our tokens of eight pairs."""
    folder = runs.add("dpo", runs.add_data(8), **recipe)
    session = runs.open(folder)
    policy, tokenizer = load_policy(runs.stories, CPU)
    pairs, _ = Encoder(session, session.job.recipe, policy, tokenizer).pairs(session.job.inputs.data)
    arguments = quiet(DPOConfig, tmp_path, max_length=None, **trl_loss(session.job.recipe))
    reference, _ = load_policy(runs.stories, CPU)
    return Trainer(model=policy, ref_model=reference, args=arguments, train_dataset=pairs, processing_class=tokenizer)


def loss_at(trainer: Any, chosen_log_ratio: float, rejected_log_ratio: float) -> float:
    """The trainer's loss where log pi/pi_ref has these values for every pair."""
    batch = one_batch(trainer)
    chosen, rejected = trainer.compute_ref_log_probs(trainer.ref_model, batch)
    batch |= {"ref_chosen_logps": chosen - chosen_log_ratio, "ref_rejected_logps": rejected - rejected_log_ratio}
    trainer.precompute_ref_logps = True
    return float(trainer.compute_loss(trainer.model, batch).detach())


@pytest.mark.parametrize(
    ("loss", "noise", "expected"),
    [
        ("sigmoid", 0.0, 0.554355),
        ("cdpo", 0.1, 0.584355),
        ("cdpo", 0.0, 0.554355),
        ("robust", 0.1, 0.516855),
        ("hinge", 0.0, 0.7),
    ],
)
def test_losses_at_beta_a_tenth_and_log_ratio_three_are_those_of_the_papers(
    runs: Runs, tmp_path: Path, loss: str, noise: float, expected: float
) -> None:
    trainer = our_trainer(runs, tmp_path, loss_type=loss, label_smoothing=noise, beta=0.1)
    assert loss_at(trainer, 2.0, -1.0) == pytest.approx(expected, abs=2e-6)


def test_cdpo_rests_where_the_implicit_odds_are_those_of_the_noise(runs: Runs, tmp_path: Path) -> None:
    trainer = our_trainer(runs, tmp_path, loss_type="cdpo", label_smoothing=0.1, beta=0.1)
    rest = math.log(0.9 / 0.1) / 0.1  # 21.97
    at_rest = loss_at(trainer, rest, 0.0)
    assert at_rest < loss_at(trainer, rest + 2, 0.0)
    assert at_rest < loss_at(trainer, rest - 2, 0.0)


def test_loss_and_tokens_are_those_of_trls_own_trainer_on_the_same_pairs(runs: Runs, tmp_path: Path) -> None:
    ours = our_trainer(runs, tmp_path)
    rows = [
        {"prompt": row.prompt[0].content, "chosen": row.chosen[0].content, "rejected": row.rejected[0].content}
        for row in runs.story_pairs(8)
        if row.chosen and row.rejected
    ]
    policy, tokenizer = load_policy(runs.stories, CPU)
    reference, _ = load_policy(runs.stories, CPU)
    theirs = DPOTrainer(
        model=policy,
        ref_model=reference,
        args=quiet(DPOConfig, tmp_path),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    for trainer in (ours, theirs):  # away from the start, where every DPO loss is ln 2
        with torch.no_grad():
            trainer.model.get_output_embeddings().weight.mul_(1.05)
    for name in ("prompt_ids", "chosen_ids", "rejected_ids"):
        assert ours.train_dataset[name] == theirs.train_dataset[name]
    assert loss(ours) == pytest.approx(loss(theirs), abs=1e-6)
    assert loss(ours) != pytest.approx(math.log(2), abs=1e-3)


def test_a_run_begins_at_ln_2_and_says_metrics_samples_and_checkpoints(runs: Runs) -> None:
    folder = runs.add("dpo", runs.add_data(), beta=1.0)
    assert runs.work(folder) == 0
    events = runs.events(folder)
    metrics = [event for event in events if isinstance(event, Metrics)]
    assert metrics[0].values["loss"] == pytest.approx(math.log(2), abs=1e-5)
    assert metrics[0].values["rewards/accuracies"] == 0.0
    assert metrics[-1].values["rewards/margins"] > 0.5
    assert (metrics[-1].episodes, metrics[-1].step) == (24, 6)
    assert [event.step for event in events if isinstance(event, CheckpointSaved)] == [3, 6]
    assert [event.step for event in events if isinstance(event, Sample)] == [3, 3, 3, 6, 6, 6]


@pytest.mark.parametrize("budget", [Budget(episodes=8), Budget(tokens=150)])
def test_a_budget_ends_the_run_with_a_checkpoint(runs: Runs, budget: Budget) -> None:
    folder = runs.add("dpo", runs.add_data(), budget=budget)
    assert runs.work(folder) == 0
    last = runs.events(folder)[-2]
    assert isinstance(last, CheckpointSaved)
    assert last.step < 6
    assert (last.episodes or 0) >= (budget.episodes or 0)
    assert (last.tokens or 0) >= (budget.tokens or 0)


def test_adapters_alone_are_saved_and_merge_into_their_base(runs: Runs) -> None:
    folder = runs.add("dpo", runs.add_data(), lora_rank=4, learning_rate=1e-2)
    assert runs.work(folder) == 0
    checkpoint = folder / "checkpoints" / "checkpoint-6"
    assert (checkpoint / "adapter_model.safetensors").is_file()
    assert not (checkpoint / "model.safetensors").exists()
    start, _ = load_policy(runs.stories, CPU)
    tuned, _ = load_policy(checkpoint, CPU)
    name = "model.layers.0.self_attn.q_proj.weight"
    assert not torch.equal(start.get_parameter(name), tuned.get_parameter(name))


@pytest.mark.parametrize("settings", [{"precompute_ref_log_probs": True}, {"gradient_accumulation_steps": 2}])
def test_settings_that_save_memory_do_not_change_what_is_learned(runs: Runs, settings: dict[str, Any]) -> None:
    data = runs.add_data()
    losses = []
    for name, more in (("plain", {}), ("thrifty", settings)):
        folder = runs.add("dpo", data, name, **more)
        assert runs.work(folder) == 0
        losses.append([e.values["loss"] for e in runs.events(folder) if isinstance(e, Metrics)])
    assert losses[0] == pytest.approx(losses[1], abs=2e-4)


def test_chats_train_a_model_without_a_template_as_plain_text_said_aloud(runs: Runs) -> None:
    rows = [
        Row(
            prompt=(Message("user", f"Is {i} even?"), Message("assistant", "Hm."), Message("user", "Say it.")),
            chosen=(Message("assistant", "Yes, it is."),),
            rejected=(Message("assistant", "I do not know, you tell me."),),
        )
        for i in range(24)
    ]
    folder = runs.add("dpo", runs.add_data(rows), model=runs.baby)
    assert runs.work(folder) == 0
    warned = [event for event in runs.events(folder) if isinstance(event, Warned)]
    assert [event.code for event in warned] == ["no_chat_template"]
    samples = [event for event in runs.events(folder) if isinstance(event, Sample)]
    assert samples[0].prompt == "Human: Is 0 even?\n\nAssistant: Hm.\n\nHuman: Say it.\n\nAssistant:"


def test_exo_needs_some_noise_and_gets_it() -> None:
    assert trl_loss(DpoRecipe(loss_type="exo_pair")) == {"loss_type": ["exo_pair"], "label_smoothing": 1e-3}


@pytest.mark.parametrize("method", ["dpo", "reward"])
def test_dropout_inside_adapters_is_heard(runs: Runs, method: Any) -> None:
    data = runs.add_data()
    adapters = []
    for name, dropout in (("without", 0.0), ("with", 0.5)):
        folder = runs.add(method, data, name, lora_rank=4, lora_dropout=dropout, max_steps=2, n_checkpoints=1)
        assert runs.work(folder) == 0
        adapters.append((folder / "checkpoints" / "checkpoint-2" / "adapter_model.safetensors").read_bytes())
    assert adapters[0] != adapters[1]
