"""One side of one row: `python trial.py ours-ppo|trl-ppo|ours-dpo|trl-dpo SHAPE STEPS OUT`.

Writes seconds and real tokens of each step. `trl-ppo` needs TRL 1.12, the last with a PPOTrainer, and nothing of ours.
"""

# ruff: noqa: PLC0415  (the two sides share no library but torch and transformers)

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import shapes
import torch
from datasets import Dataset
from transformers import LlamaForCausalLM, LlamaForSequenceClassification, TrainerCallback

what, shape, steps, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
IS_BF16 = DEVICE == "cuda"
_, _, RESPONSE, PAIRS, EPISODES = shapes.SHAPES[shape]
records: list[dict[str, float]] = []


def now() -> float:
    """Returns the time at which all that was asked of the device is done."""
    if DEVICE == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def load(kind: type, seed: int) -> Any:
    return shapes.model(shape, kind, seed, DEVICE)


def shared_options() -> dict[str, Any]:
    return dict(
        output_dir=str(out.with_suffix("")),
        learning_rate=1e-6,
        lr_scheduler_type="constant",
        logging_steps=1,
        report_to="none",
        save_strategy="no",
        use_cpu=DEVICE == "cpu",
        bf16=IS_BF16,
        gradient_checkpointing=False,
        disable_tqdm=True,
        seed=1,
    )


class Clock(TrainerCallback):
    """Notes how long each step of a trainer takes, and its tokens."""

    def __init__(self, n_tokens: list[int]) -> None:
        self._n_tokens = n_tokens

    def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
        self._began = now()

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        records.append({"seconds": now() - self._began, "tokens": self._n_tokens[len(records)]})


def dpo() -> None:
    """Pairs in their order, batch and optimizer the same on both sides."""
    from torch.utils.data import SequentialSampler
    from trl import DPOConfig, DPOTrainer

    if is_ours := what == "ours-dpo":
        from workbench.training.packed_head import answer_packed
        from workbench.training.trainer import SessionTrainer
    rows = shapes.pairs(shape, PAIRS * steps)
    counts = [2 * len(row["prompt_ids"]) + len(row["chosen_ids"]) + len(row["rejected_ids"]) for row in rows]
    options = shared_options() | dict(per_device_train_batch_size=PAIRS, max_steps=steps, max_length=None)
    if not is_ours:  # the same tokens as text, which TRL tokenises
        words = lambda ids: " ".join("<eos>" if i == shapes.EOS else f"w{i}" for i in ids)  # noqa: E731
        names = {"prompt_ids": "prompt", "chosen_ids": "chosen", "rejected_ids": "rejected"}
        ends = lambda ids: ids[:-1] if ids[-1] == shapes.EOS else ids  # noqa: E731  (TRL puts the end itself)
        rows = [{names[name]: words(ends(ids)) for name, ids in row.items()} for row in rows]

    class InOrder(*((SessionTrainer, DPOTrainer) if is_ours else (DPOTrainer,))):  # type: ignore[misc]
        def _get_train_sampler(self, *args: Any, **kwargs: Any) -> SequentialSampler:
            return SequentialSampler(self.train_dataset)

    trainer = InOrder(
        model=load(LlamaForCausalLM, 0),
        ref_model=load(LlamaForCausalLM, 0),
        args=DPOConfig(**options),
        train_dataset=Dataset.from_list(rows),
        processing_class=shapes.tokenizer(shape),
        callbacks=[Clock([sum(counts[at : at + PAIRS]) for at in range(0, len(counts), PAIRS)])],
    )
    if is_ours:
        answer_packed(trainer.model)
        answer_packed(trainer.ref_model)
    trainer.train()


def our_ppo() -> None:
    from workbench.domain.recipes import PpoRecipe
    from workbench.training.forward import score_last
    from workbench.training.ppo_data import seeded
    from workbench.training.ppo_episodes import Actors
    from workbench.training.ppo_update import PpoLearner, PpoSettings
    from workbench.training.rollout import generate
    from workbench.training.value import ValueModel

    policy, reference = load(LlamaForCausalLM, 0), load(LlamaForCausalLM, 0).requires_grad_(False)
    reward = load(LlamaForSequenceClassification, 1).requires_grad_(False)
    start = load(LlamaForSequenceClassification, 1)
    value = ValueModel.from_reward(start.model, start.score, 0.0, 1.0, is_fitted=True)
    recipe = PpoRecipe(batch_size=EPISODES, num_ppo_epochs=shapes.EPOCHS, num_mini_batches=shapes.MINIBATCHES)
    dtype = torch.bfloat16 if IS_BF16 else torch.float32
    settings = PpoSettings(recipe, 1e-6, 1.0, steps, seed=1, pad_id=shapes.PAD, dtype=dtype)
    learner = PpoLearner(Actors(policy, reference, value), settings)
    prompts = shapes.prompts(shape, EPISODES * steps)
    for step in range(steps):
        began = now()
        with learner.autocast(), torch.no_grad():
            rollout = generate(
                policy, prompts[EPISODES * step : EPISODES * (step + 1)], max_new_tokens=RESPONSE, temperature=1.0,
                end_ids=(shapes.EOS,), pad_id=shapes.PAD, generator=seeded(1, "rollout", step), batch_size=EPISODES,
            )  # fmt: skip
            whole = [p + r for p, r in zip(rollout.prompt_ids, rollout.response_ids, strict=True)]
            scores = [score_last(reward, *_padded(whole[at : at + 64])) for at in range(0, EPISODES, 64)]
        learner.learn(rollout, torch.cat(scores).float().cpu(), step)
        records.append({"seconds": now() - began, "tokens": sum(map(len, whole))})


def _padded(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, rows))
    ids = torch.tensor([row + [shapes.PAD] * (longest - len(row)) for row in rows], device=DEVICE)
    lengths = torch.tensor([len(row) for row in rows], device=DEVICE)
    return ids, torch.arange(longest, device=DEVICE) < lengths.unsqueeze(-1)


def trl_ppo() -> None:
    from trl.experimental.ppo import PPOConfig, PPOTrainer

    marks = [now()]
    tok = shapes.tokenizer(shape)
    prompts = shapes.prompts(shape, EPISODES * steps)
    n_tokens = sum(map(len, prompts)) / steps + EPISODES * RESPONSE

    class Timed(PPOTrainer):  # type: ignore[misc]
        def log(self, *args: Any, **kwargs: Any) -> None:
            marks.append(now())
            records.append({"seconds": marks[-1] - marks[-2], "tokens": n_tokens})

    config = PPOConfig(
        **shared_options(),
        per_device_train_batch_size=EPISODES // shapes.MINIBATCHES,
        gradient_accumulation_steps=shapes.MINIBATCHES,
        num_mini_batches=shapes.MINIBATCHES,
        num_ppo_epochs=shapes.EPOCHS,
        total_episodes=EPISODES * steps,
        response_length=RESPONSE,
        stop_token="eos",
        temperature=1.0,
        local_rollout_forward_batch_size=64,
        num_sample_generations=0,
    )
    Timed(
        args=config,
        processing_class=tok,
        model=load(LlamaForCausalLM, 0),
        ref_model=load(LlamaForCausalLM, 0),
        reward_model=load(LlamaForSequenceClassification, 1),
        value_model=load(LlamaForSequenceClassification, 1),
        train_dataset=Dataset.from_dict({"input_ids": prompts}),
        eval_dataset=Dataset.from_dict({"input_ids": prompts[:8]}),
    ).train()


warnings.filterwarnings("ignore")
{"ours-dpo": dpo, "trl-dpo": dpo, "ours-ppo": our_ppo, "trl-ppo": trl_ppo}[what]()
memory = torch.cuda.max_memory_allocated() / 2**20 if DEVICE == "cuda" else None
name = torch.cuda.get_device_name() if DEVICE == "cuda" else "CPU"
out.write_text(json.dumps({"device": name, "bf16": IS_BF16, "memory_mib": memory, "steps": records}))
