"""The gradients of one minibatch of PPO on a tiny Llama, whoever computes them."""

import copy

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from workbench.domain.recipes import PpoRecipe
from workbench.training.ppo_data import skip
from workbench.training.ppo_episodes import Actors, advantages_of, token_rewards
from workbench.training.ppo_update import PpoLearner, PpoSettings
from workbench.training.processes import Processes
from workbench.training.rollout import Rollout, generate
from workbench.training.value import ValueModel

PROMPTS = [[3, 1], [3], [3, 2, 1], [3], [2, 2], [1], [1, 2, 3, 4]]
SCORES = [0.3, -1.0, 2.0, 0.5, -0.2, 1.1, 0.0]
LONGEST = 9


def rollout_of(policy: LlamaForCausalLM, processes: Processes) -> Rollout:
    luck = torch.Generator().manual_seed(1)
    skip(luck, processes.start(len(PROMPTS)) * LONGEST)
    mine = generate(
        policy, processes.share(PROMPTS), max_new_tokens=LONGEST, temperature=1.0, end_ids={7}, pad_id=0, generator=luck
    )
    return Rollout.joined(processes.joined(mine))


def gradients(processes: Processes) -> dict[str, torch.Tensor]:
    """Returns every weight's gradient after a minibatch of all episodes, and the sums that are logged."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=8, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=32, pad_token_id=None,
    )  # fmt: skip
    policy = LlamaForCausalLM(config).eval()
    reference = LlamaForCausalLM(config).eval().requires_grad_(False)
    value = ValueModel.new(16, copy.deepcopy(policy).model, policy.device)
    recipe = PpoRecipe(whiten_rewards=True, whiten_advantages=True)
    settings = PpoSettings(recipe, 1e-3, 1.0, 10, seed=0, pad_id=0)
    learner = PpoLearner(Actors(policy, reference, value), settings, processes)
    rollout = rollout_of(policy, processes)
    episodes = learner._measure(rollout, torch.tensor(SCORES))
    rewards = token_rewards(episodes, 0.05, recipe)
    values = learner._fitted_values(episodes, rewards)
    targets = advantages_of(episodes, rewards, values, recipe)
    means = learner._minibatch(episodes, values, targets, torch.arange(len(PROMPTS)))
    named = [("policy", policy), ("value", value)]
    found = {
        f"{kind}.{name}": p.grad for kind, model in named for name, p in model.named_parameters() if p.grad is not None
    }
    lengths = torch.tensor([len(response) for response in rollout.response_ids])
    return found | {"means": means, "targets": targets.advantages, "lengths": lengths}
