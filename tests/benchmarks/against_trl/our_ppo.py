"""The workbench's PPO with the settings that `trl_ppo.py` gives TRL's.

`python our_ppo.py FOLDER SIZE UPDATES SEED OUT [separate|shared] [fp32|bf16]`.
"""

import json
import resource
import sys
import time
from pathlib import Path

import torch

from workbench.training.worker import importing

with importing():  # as a run's own process does
    import task
    from transformers import LlamaForCausalLM, LlamaForSequenceClassification

    from workbench.domain.pairs import plain
    from workbench.domain.recipes import PpoRecipe
    from workbench.training.ppo_data import PromptOrder, seeded
    from workbench.training.ppo_episodes import Actors
    from workbench.training.ppo_update import PpoLearner, PpoSettings
    from workbench.training.rollout import Rollout, generate, response_texts
    from workbench.training.scoring import RewardScorer, RewardSettings
    from workbench.training.value import ValueModel

folder, size, updates, seed, out = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5])
is_shared, is_bf16 = "shared" in sys.argv, "bf16" in sys.argv
torch.set_num_threads(2)
tok = task.tokenizer(folder)
prompts = json.loads((folder / "prompts.json").read_text())
ids = tok(prompts)["input_ids"]


def load(kind, name):
    return kind.from_pretrained(folder / f"{name}_{size}", dtype=torch.float32).eval()


policy, reference = load(LlamaForCausalLM, "policy"), load(LlamaForCausalLM, "policy").requires_grad_(False)
reward = load(LlamaForSequenceClassification, "reward").requires_grad_(False)
if is_shared:
    value = ValueModel.new(policy.config.hidden_size, None, policy.device)
else:
    start = load(LlamaForSequenceClassification, "reward")
    value = ValueModel.from_reward(start.model, start.score, 0.0, 1.0, is_fitted=True)
recipe = PpoRecipe(
    batch_size=64,
    num_ppo_epochs=4,
    num_mini_batches=4,
    lr_scheduler_type="constant",
    warmup_ratio=0.0,
    adam_epsilon=1e-8,
    max_grad_norm=1e9,  # TRL's PPO clips none
    vf_coef=0.5 if is_shared else 0.1,
)
settings = PpoSettings(
    recipe=recipe,
    learning_rate=task.SIZES[size][6],
    temperature=1.0,
    n_updates=updates,
    seed=seed,
    pad_id=task.PAD,
    dtype=torch.bfloat16 if is_bf16 else torch.float32,
)
learner = PpoLearner(Actors(policy, reference, value), settings)
scorer = RewardScorer(reward, tok, RewardSettings(append_eos="auto"))
order = PromptOrder(len(ids), seed)


def score(rows: list[int], rollout: Rollout) -> torch.Tensor:
    """Returns the reward model's scores, less TRL's penalty where the ending is missing."""
    texts = response_texts(tok, rollout.prompt_ids, rollout.response_ids)
    scores = scorer.raw_scores([plain(prompts[row]) for row in rows], texts, rollout.ended)
    return torch.as_tensor(scores) - torch.tensor([0.0 if ended else 1.0 for ended in rollout.ended])


records = []
for update in range(updates):
    times = [time.perf_counter()]
    rows = order.rows(64 * update, 64)
    with learner.autocast():
        rollout = generate(
            policy,
            [ids[row] for row in rows],
            max_new_tokens=task.RESPONSE_TOKENS,
            temperature=1.0,
            end_ids=(task.EOS,),
            pad_id=task.PAD,
            generator=seeded(seed, "rollout", update),
        )
        times.append(time.perf_counter())
        scores = score(rows, rollout)
    times.append(time.perf_counter())
    metrics = learner.learn(rollout, scores, update)
    times.append(time.perf_counter())
    golds = [task.gold(tok.decode(r, skip_special_tokens=True), len(r)) for r in rollout.response_ids]
    records.append(
        {
            "generation": times[1] - times[0],
            "scoring": times[2] - times[1],
            "optimisation": times[3] - times[2],
            "total": times[3] - times[0],
            "tokens": sum(map(len, rollout.response_ids)),
            "kl": metrics["objective/kl"],
            "reward": metrics["objective/scores"],
            "gold": sum(golds) / len(golds),
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
out.write_text(json.dumps(records))
