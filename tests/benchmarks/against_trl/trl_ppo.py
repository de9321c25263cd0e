"""TRL 1.12's PPOTrainer, the last that TRL shipped, in its fastest setting on a CPU; run in an environment of its own.

`python trl_ppo.py FOLDER SIZE UPDATES SEED OUT`: writes a record for each update of 64 episodes (see `__main__`).
"""

import json
import resource
import sys
import time
import warnings
from pathlib import Path

import task
import torch
import trl.experimental.ppo.ppo_trainer as ppo
from datasets import Dataset
from transformers import LlamaForCausalLM, LlamaForSequenceClassification
from trl.experimental.ppo import PPOConfig, PPOTrainer

warnings.filterwarnings("ignore")
folder, size, updates, seed, out = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5])
torch.set_num_threads(2)
tok = task.tokenizer(folder)
ids = tok(json.loads((folder / "prompts.json").read_text()))["input_ids"]
marks, records = {}, []
generate, forward = ppo.batch_generation, ppo.forward


def timed_generate(*args, **kwargs):
    marks["start"] = time.perf_counter()
    result = generate(*args, **kwargs)
    marks.update(generated=time.perf_counter(), optimise=None, sequences=result[0], context=args[1].shape[1])
    return result


def timed_forward(model, *args, **kwargs):
    if isinstance(model, ppo.PolicyAndValueWrapper) and marks["optimise"] is None:
        marks["optimise"] = time.perf_counter()
    return forward(model, *args, **kwargs)


ppo.batch_generation, ppo.forward = timed_generate, timed_forward


class TimedTrainer(PPOTrainer):
    """Says after each update how long its parts took, and what the responses were worth."""

    def log(self, logs, *args, **kwargs):
        end = time.perf_counter()
        golds, lengths = [], []
        for row in marks["sequences"][:, marks["context"] :].tolist():
            lengths.append(row.index(task.EOS) + 1 if task.EOS in row else len(row))
            golds.append(task.gold(tok.decode(row[: lengths[-1]], skip_special_tokens=True), lengths[-1]))
        records.append(
            {
                "generation": marks["generated"] - marks["start"],
                "scoring": marks["optimise"] - marks["generated"],
                "optimisation": end - marks["optimise"],
                "total": end - marks["start"],
                "tokens": sum(lengths),
                "kl": logs["objective/kl"],
                "reward": logs["objective/scores"],
                "gold": sum(golds) / len(golds),
                "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )


def load(kind, name):
    return kind.from_pretrained(folder / f"{name}_{size}", dtype=torch.float32)


config = PPOConfig(
    output_dir=str(folder / "trl-out"),
    per_device_train_batch_size=64,
    gradient_accumulation_steps=1,
    num_mini_batches=4,
    num_ppo_epochs=4,
    total_episodes=64 * updates,
    response_length=task.RESPONSE_TOKENS,
    stop_token="eos",
    temperature=1.0,
    missing_eos_penalty=1.0,
    learning_rate=task.SIZES[size][6],
    kl_coef=0.05,
    local_rollout_forward_batch_size=64,
    num_sample_generations=0,
    report_to="none",
    save_strategy="no",
    logging_steps=1,
    seed=seed,
    use_cpu=True,
    lr_scheduler_type="constant",
    disable_tqdm=True,
    gradient_checkpointing=False,
    bf16=False,
)
torch.manual_seed(seed)
trainer = TimedTrainer(
    args=config,
    processing_class=tok,
    model=load(LlamaForCausalLM, "policy"),
    ref_model=load(LlamaForCausalLM, "policy"),
    reward_model=load(LlamaForSequenceClassification, "reward"),
    value_model=load(LlamaForSequenceClassification, "reward"),
    train_dataset=Dataset.from_dict({"input_ids": ids}),
    eval_dataset=Dataset.from_dict({"input_ids": ids[:8]}),
)
trainer.train()
out.write_text(json.dumps(records))
