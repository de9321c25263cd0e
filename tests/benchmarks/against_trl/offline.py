"""DPO, the reward model and SFT: TRL 1.16's trainers as they come, and as the workbench uses them.

`python offline.py FOLDER dpo|reward|sft SIZE default|fp32|precompute|ours OUT`: 384 pairs in their order, 16 a step, AdamW
1e-4 constant, clip 1.0. Writes the seconds and the loss of every step. `default` is what TRL does unasked, with gradient
checkpointing and bf16; `fp32` is without, its best on a CPU; `precompute` besides with the reference's part done before.
"""

import json
import sys
import time
import warnings
from itertools import pairwise
from pathlib import Path

import task
import torch
import trl
from datasets import Dataset
from torch.utils.data import SequentialSampler
from transformers import LlamaForCausalLM, LlamaForSequenceClassification, TrainerCallback

from workbench.training import dpo, reward, sft

warnings.filterwarnings("ignore")
folder, kind, size, setting, out = Path(sys.argv[1]), *sys.argv[2:5], Path(sys.argv[5])
torch.set_num_threads(2)
tok = task.tokenizer(folder)
rows = json.loads((folder / "pairs.json").read_text())
is_ours = setting == "ours"
theirs, config, ours = {
    "dpo": (trl.DPOTrainer, trl.DPOConfig, dpo.Trainer),
    "reward": (trl.RewardTrainer, trl.RewardConfig, reward.Trainer),
    "sft": (trl.SFTTrainer, trl.SFTConfig, sft.Trainer),
}[kind]


def encode(text: str, *, ends: bool) -> list[int]:
    return tok(text)["input_ids"] + ([task.EOS] if ends else [])


def dataset() -> Dataset:
    """Returns texts for TRL, which tokenises them, and the same as tokens for ours."""
    found = []
    for row in rows:
        start = encode(row["prompt"], ends=False)
        chosen, rejected = (encode(row[name], ends=True) for name in ("chosen", "rejected"))
        if kind == "dpo":
            found.append(dict(prompt_ids=start, chosen_ids=chosen, rejected_ids=rejected) if is_ours else row)
        elif kind == "reward":
            tokens = dict(chosen_ids=start + chosen, rejected_ids=start + rejected)
            found.append(tokens if is_ours else {side: row["prompt"] + row[side] for side in ("chosen", "rejected")})
        else:
            tokens = dict(input_ids=start + chosen, labels=[-100] * len(start) + chosen)
            found.append(tokens if is_ours else dict(prompt=row["prompt"], completion=row["chosen"]))
    return Dataset.from_list(found)


options = dict(
    output_dir=str(folder / "trl-out"),
    per_device_train_batch_size=16,
    num_train_epochs=1,
    learning_rate=1e-4,
    lr_scheduler_type="constant",
    logging_steps=1,
    report_to="none",
    save_strategy="no",
    use_cpu=True,
    disable_tqdm=True,
    seed=1,
)
if setting != "default":
    options |= {"gradient_checkpointing": False, "bf16": False}
if setting == "precompute" or (is_ours and kind == "dpo" and "precompute" in sys.argv):
    options["precompute_ref_log_probs"] = True
if is_ours and kind == "sft":
    options["dataset_kwargs"] = {"skip_prepare_dataset": True}
ends, losses = [], []


class InOrder(ours if is_ours else theirs):
    """Takes the rows in their order, so that losses can be laid side by side."""

    def _get_train_sampler(self, *args, **kwargs):
        return SequentialSampler(self.train_dataset)


class Clock(TrainerCallback):
    """Notes when each step ends, and its loss."""

    def on_step_end(self, *args, **kwargs):
        ends.append(time.perf_counter())

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "loss" in logs:
            losses.append(float(logs["loss"]))


name, model_class = ("reward", LlamaForSequenceClassification) if kind == "reward" else ("policy", LlamaForCausalLM)
load = lambda: model_class.from_pretrained(folder / f"{name}_{size}", dtype=torch.float32)  # noqa: E731
reference = {"ref_model": load()} if kind == "dpo" else {}
trainer = InOrder(
    model=load(),
    args=config(**options),
    train_dataset=dataset(),
    processing_class=tok,
    callbacks=[Clock()],
    **reference,
)
trainer.train()
steps = [later - earlier for earlier, later in pairwise(ends)]
out.write_text(json.dumps({"seconds": steps, "losses": losses}))
