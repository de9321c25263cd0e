"""The reward model: its loss against TRL's own trainer and by hand, and its normalisation."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from safetensors.torch import load_file
from trl.trainer.reward_config import RewardConfig
from trl.trainer.reward_trainer import RewardTrainer

from tests.training.trl_trainers import loss, quiet
from workbench.domain.events import Metrics
from workbench.domain.pairs import Message, Row, plain
from workbench.training.batches import Encoder
from workbench.training.models import end_token_ids, load_policy, load_scoring_model
from workbench.training.reward import Normalizer, Trainer, whole_sequences
from workbench.training.rollout import generate, response_texts
from workbench.training.scoring import RewardScorer, RewardSettings
from workbench.training.session import StopRun
from workbench.training.text import encode_prompt

pytestmark = pytest.mark.filterwarnings("ignore:.*will be removed in v6:FutureWarning")
Runs = Any
CPU = torch.device("cpu")


def our_trainer(runs: Runs, tmp_path: Path, rows: list[Row], columns: list[str], **more: Any) -> Any:
    folder = runs.add("reward", runs.add_data(rows))
    session = runs.open(folder)
    model, tokenizer = load_scoring_model(runs.stories, CPU, head_seed=0)
    pairs, _ = Encoder(session, session.job.recipe, model, tokenizer).pairs(session.job.inputs.data)
    return Trainer(
        model=model,
        args=quiet(RewardConfig, tmp_path, max_length=None, **more),
        train_dataset=whole_sequences(pairs, columns),
        processing_class=tokenizer,
    )


def test_loss_and_tokens_are_those_of_trls_own_trainer_on_the_same_pairs(runs: Runs, tmp_path: Path) -> None:
    ours = our_trainer(runs, tmp_path, runs.story_pairs(8), ["chosen_ids", "rejected_ids"])
    rows = [
        {"prompt": row.prompt[0].content, "chosen": row.chosen[0].content, "rejected": row.rejected[0].content}
        for row in runs.story_pairs(8)
    ]
    model, tokenizer = load_scoring_model(runs.stories, CPU, head_seed=0)
    theirs = RewardTrainer(
        model=model,
        args=quiet(RewardConfig, tmp_path),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    for name in ("chosen_ids", "rejected_ids"):
        assert ours.train_dataset[name] == theirs.train_dataset[name]
    assert loss(ours) == pytest.approx(loss(theirs), abs=1e-6)


@pytest.mark.parametrize(("margin", "centring"), [(None, 0.0), (0.5, 0.0), (None, 0.01)])
def test_the_loss_is_bradley_terrys_with_margin_and_centring(
    runs: Runs, tmp_path: Path, margin: float | None, centring: float
) -> None:
    rows = runs.story_pairs(4)
    for row in rows:
        row.margin = margin
    columns = ["chosen_ids", "rejected_ids", *(["margin"] if margin is not None else [])]
    trainer = our_trainer(runs, tmp_path, rows, columns, center_rewards_coefficient=centring or None)
    scorer = RewardScorer(trainer.model.eval(), trainer.processing_class, RewardSettings())
    prompts = [row.prompt for row in rows]
    chosen, rejected = (
        scorer.raw_scores(prompts, [getattr(row, name)[0].content for row in rows]) for name in ("chosen", "rejected")
    )
    gap = chosen - rejected - (margin or 0.0)
    expected = np.log1p(np.exp(-gap)).mean() + centring * ((chosen + rejected) ** 2).mean()
    assert loss(trainer) == pytest.approx(expected, abs=1e-5)


def test_a_run_learns_and_its_scores_are_normalised_on_the_start_model(runs: Runs) -> None:
    folder = runs.add("reward", runs.add_data(24), normalize_samples=8, num_train_epochs=4, max_steps=12)
    assert runs.work(folder) == 0
    metrics = [event.values for event in runs.events(folder) if isinstance(event, Metrics)]
    assert metrics[-1]["accuracy"] == 1.0
    assert metrics[-1]["loss"] < metrics[0]["loss"]
    for step in runs.steps(folder):
        values = json.loads((folder / "checkpoints" / f"checkpoint-{step}" / "reward.json").read_text())
        assert values["n_samples"] == 8
        assert values["std"] > 0
    scorer = RewardScorer.load(folder / "checkpoints" / "checkpoint-12", CPU)
    good, bad = scorer.score([plain("One day, Tom saw 3 cats.")] * 2, [" Tom was very happy.", " It was a sad day."])
    assert good > bad


def test_normalised_scores_of_the_samples_themselves_have_mean_0_and_variance_1(runs: Runs, tmp_path: Path) -> None:
    session = runs.open(runs.add("reward", runs.add_data(), normalize_samples=6, normalize_length=5))
    model, tokenizer = load_scoring_model(runs.stories, CPU, head_seed=0)
    normalizer = Normalizer(session, model, tokenizer, RewardSettings(max_length=64))
    before = torch.random.get_rng_state()
    normalizer.write(tmp_path)
    assert torch.equal(torch.random.get_rng_state(), before)
    prompts, responses, ended = normalizer.samples()
    assert len(prompts) == 6
    scores = RewardScorer(model, tokenizer, RewardSettings.read(tmp_path)).score(prompts, responses, ended)
    assert scores.mean() == pytest.approx(0.0, abs=1e-6)
    assert scores.std() == pytest.approx(1.0, abs=1e-6)


def test_without_normalisation_scores_are_raw(runs: Runs) -> None:
    folder = runs.add("reward", runs.add_data(), normalize=False, max_steps=1, n_checkpoints=1)
    assert runs.work(folder) == 0
    settings = RewardSettings.read(folder / "checkpoints" / "checkpoint-1")
    assert (settings.mean, settings.std, settings.n_samples) == (0.0, 1.0, 0)


def test_a_reward_model_may_have_another_base_and_is_normalised_on_the_start_model(runs: Runs) -> None:
    rows = [
        Row((Message("user", f"Is {i} even?"),), (Message("assistant", "Yes."),), (Message("assistant", "Go away."),))
        for i in range(12)
    ]
    folder = as_planned(runs, runs.add("reward", runs.add_data(rows), normalize_samples=4, normalize_length=8))
    session = runs.open(folder)
    model, tokenizer = load_scoring_model(runs.baby, CPU, head_seed=0)
    _, responses, _ = Normalizer(session, model, tokenizer, RewardSettings()).samples()
    policy, words = load_policy(runs.stories, CPU)
    ids = [encode_prompt(row.prompt, words, 512 - 8) for row in rows[::3]]
    expected = generate(
        policy, ids, max_new_tokens=8, temperature=1.0, end_ids=end_token_ids(policy, words),
        pad_id=words.pad_token_id, generator=torch.Generator().manual_seed(7),
    )  # fmt: skip
    assert responses == response_texts(words, ids, expected.response_ids)


def as_planned(runs: Runs, folder: Path) -> Path:
    """The job as the planner makes it where `reward.model` is set: its base is the model, the start the reference."""
    job = json.loads((folder / "job.json").read_text())
    job["recipe"]["model"] = str(runs.baby)
    job["inputs"] |= {"model": str(runs.baby), "reference": str(runs.stories)}
    (folder / "job.json").write_text(json.dumps(job))
    return folder


def test_a_run_with_another_base_keeps_that_bases_tokenizer(runs: Runs) -> None:
    settings = {"max_steps": 2, "n_checkpoints": 1, "normalize_samples": 4, "normalize_length": 8}
    folder = as_planned(runs, runs.add("reward", runs.add_data(), **settings))
    assert runs.work(folder) == 0
    scorer = RewardScorer.load(folder / "checkpoints" / "checkpoint-2", CPU)
    assert len(scorer.tokenizer) == 105
    assert scorer.settings.n_samples == 4


@pytest.mark.parametrize(
    ("settings", "expected"), [({"normalize_length": 9}, 9), ({"normalize_length": 1000}, 256), ({}, 14)]
)
def test_samples_are_as_long_as_the_sampling_says_and_leave_half_the_context_to_the_prompt(
    runs: Runs, settings: dict[str, Any], expected: int
) -> None:
    rows = [Row(plain("One"), plain(" day" * 2), plain(" no")) for _ in range(8)]
    rows += [Row(plain("One"), plain(" day" * n), plain(" no")) for n in (13, 90)]  # nine of ten: 13 and the ending
    session = runs.open(runs.add("reward", runs.add_data(rows), **settings))
    model, tokenizer = load_scoring_model(runs.stories, CPU, head_seed=0)
    normalizer = Normalizer(session, model, tokenizer, RewardSettings())
    assert normalizer._lengths(tokenizer, 512) == (expected, 512 - expected)


def test_a_temperature_near_zero_makes_the_samples_greedy(runs: Runs) -> None:
    rows = [Row(plain("One day"), plain(f" a{i}"), plain(" b")) for i in range(2)]
    rows += [Row(plain("One day "), plain(" a"), plain(" b"))]
    settings = {"normalize_temperature": 1e-4, "normalize_length": 6}
    texts = []
    for seed in (1, 2):
        folder = runs.add("reward", runs.add_data(rows, f"d{seed}"), f"r{seed}", **settings)
        job = json.loads((folder / "job.json").read_text()) | {"seed": seed}
        (folder / "job.json").write_text(json.dumps(job))
        model, tokenizer = load_scoring_model(runs.stories, CPU, head_seed=0)
        texts.append(Normalizer(runs.open(folder), model, tokenizer, RewardSettings()).samples()[1])
    assert texts[0] == texts[1]


def test_a_stop_is_honoured_while_the_start_model_is_sampled(runs: Runs) -> None:
    session = runs.open(runs.add("reward", runs.add_data(40), normalize_length=2))
    model, tokenizer = load_scoring_model(runs.stories, CPU, head_seed=0)
    session.request_stop()
    with pytest.raises(StopRun, match="stopped at step 0"):
        Normalizer(session, model, tokenizer, RewardSettings()).samples()


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_adapters_bring_their_head_in_fp32(runs: Runs, precision: str) -> None:
    settings = {"max_steps": 3, "normalize_samples": 4, "normalize_length": 4, "precision": precision}
    folder = runs.add("reward", runs.add_data(), lora_rank=4, **settings)
    assert runs.work(folder) == 0
    checkpoint = folder / "checkpoints" / "checkpoint-3"
    assert not (checkpoint / "model.safetensors").exists()
    head = load_file(checkpoint / "adapter_model.safetensors")["base_model.model.score.weight"]
    assert head.dtype == torch.float32
    assert not torch.equal(head, head.bfloat16().float())
    scorer = RewardScorer.load(checkpoint, CPU)
    again = RewardScorer.load(checkpoint, CPU)
    prompts = [plain("One day"), plain("Tom saw a cat.")]
    assert scorer.score(prompts, [" a", " b"]) == pytest.approx(again.score(prompts, [" a", " b"]))
