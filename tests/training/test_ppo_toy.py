"""The enumerable toy: a tree of tokens so small that the best policy is known in closed form.

Three words, an end of sequence and at most three tokens give 40 texts. With rewards r and reference q the best policy is
p* = q exp(r / beta) / Z (2305.18290, Eq. 4), and how far a policy is from it is one exact number, KL(policy || p*). PPO
and DPO run on a real (tiny) Llama, PPO by the same update that trains real policies.
"""

import copy
from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from workbench.domain.recipes import PpoRecipe
from workbench.training.forward import batch_responses
from workbench.training.kl import sequence_statistics
from workbench.training.ppo_episodes import Actors, response_logps
from workbench.training.ppo_update import PpoLearner, PpoSettings
from workbench.training.rollout import generate
from workbench.training.value import ValueModel

START = END = 3  # one token begins and ends a text, as in many small models
VOCABULARY, LONGEST, PAD = 4, 3, 0  # padding is a word too: nothing may look at it
BETA = 1.0


@dataclass(frozen=True)
class Toy:
    reference: LlamaForCausalLM
    texts: list[list[int]]
    rewards: Tensor
    best: Tensor  # log-probabilities of the closed-form optimum
    temperature: float = 1.0  # of policy, reference and optimum
    start: tuple[int, ...] = (START,)

    def logps(self, policy: LlamaForCausalLM) -> Tensor:
        """Log-probability of every text, by a differentiable pass."""
        batch = batch_responses([list(self.start)] * len(self.texts), self.texts, PAD, policy.device)
        tokens = response_logps(policy, batch, self.temperature)
        owner = torch.repeat_interleave(torch.arange(len(self.texts)), batch.lengths)
        return torch.zeros(len(self.texts)).index_add(0, owner, tokens)

    @torch.no_grad()
    def distance(self, policy: LlamaForCausalLM) -> float:
        """KL(policy || optimum), exactly."""
        logps = self.logps(policy)
        return float((logps.exp() * (logps - self.best)).sum())

    def at(self, temperature: float, start: tuple[int, ...]) -> "Toy":
        """The same texts and rewards where all logits are divided by a temperature, behind another prompt."""
        other = replace(self, temperature=temperature, start=start)
        return replace(other, best=torch.log_softmax(other.logps(self.reference) + self.rewards / BETA, 0))


def all_texts(start: tuple[int, ...] = ()) -> list[list[int]]:
    if len(start) == LONGEST or start[-1:] == (END,):
        return [list(start)]
    return [text for token in range(VOCABULARY) for text in all_texts((*start, token))]


@pytest.fixture
def toy() -> Toy:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=8, bos_token_id=START, eos_token_id=END, pad_token_id=None,
    )  # fmt: skip
    reference = LlamaForCausalLM(config).eval()
    for weight in reference.parameters():
        if weight.dim() > 1:
            torch.nn.init.normal_(weight, std=0.15)
    texts = all_texts()
    rewards = torch.randn(len(texts), generator=torch.Generator().manual_seed(1))
    toy = Toy(reference.requires_grad_(False), texts, rewards, torch.empty(0))
    best = torch.log_softmax(toy.logps(reference) + rewards / BETA, 0)
    return Toy(reference, texts, rewards, best)


def trainable(model: LlamaForCausalLM) -> LlamaForCausalLM:
    return copy.deepcopy(model).requires_grad_(True)


def test_the_texts_are_all_there_is(toy: Toy) -> None:
    assert len(toy.texts) == 1 + 3 + 9 * 4
    assert float(toy.logps(toy.reference).exp().sum()) == pytest.approx(1, abs=1e-5)


def test_the_objective_is_the_best_value_less_beta_times_the_distance(toy: Toy) -> None:
    """J(p) = E r - beta KL(p || q) = beta log Z - beta KL(p || p*), for every p."""
    policy = trainable(toy.reference)
    with torch.no_grad():
        for weight in policy.parameters():
            weight.add_(0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(2)))
        logps, reference = toy.logps(policy), toy.logps(toy.reference)
    objective = float((logps.exp() * (toy.rewards - BETA * (logps - reference))).sum())
    log_z = float(torch.logsumexp(reference + toy.rewards / BETA, 0))
    assert objective == pytest.approx(BETA * log_z - BETA * toy.distance(policy), abs=1e-5)


def test_our_kl_estimate_averaged_over_all_texts_is_the_exact_kl(toy: Toy) -> None:
    policy = trainable(toy.reference)
    with torch.no_grad():
        for weight in policy.parameters():
            weight.add_(0.1 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(3)))
    found = sequence_statistics(policy, toy.reference, [[START]] * len(toy.texts), toy.texts, toy.temperature, PAD, 7)
    logps, reference = toy.logps(policy).detach(), toy.logps(toy.reference)
    exact = float((logps.exp() * (logps - reference)).sum())
    weights = logps.exp().double().numpy()
    assert exact > 0.01
    for estimate in (found.kl, found.kl_k1, found.kl_k3):
        assert float(weights @ estimate) == pytest.approx(exact, abs=1e-5)


def train_on(toys: list[Toy], value_model: str, n_updates: int, n_episodes: int, **recipe: object) -> LlamaForCausalLM:
    """PPO on all the toys' prompts at once, an equal number of episodes each; they share model and temperature."""
    reference, temperature = toys[0].reference, toys[0].temperature
    settings = PpoRecipe(kl_coef=BETA, vf_coef=0.5, lr_scheduler_type="cosine", **recipe)
    policy = trainable(reference)
    trunk = trainable(reference).model if value_model == "separate" else None
    actors = Actors(policy, reference, ValueModel.new(32, trunk, policy.device))
    learner = PpoLearner(actors, PpoSettings(settings, 3e-3, temperature, n_updates, seed=0, pad_id=PAD))
    tables = {toy.start: dict(zip(map(tuple, toy.texts), toy.rewards.tolist(), strict=True)) for toy in toys}
    prompts = [list(toy.start) for toy in toys] * (n_episodes // len(toys))
    for step in range(n_updates):
        rollout = generate(
            policy, prompts, max_new_tokens=LONGEST, temperature=temperature, end_ids={END},
            pad_id=PAD, generator=torch.Generator().manual_seed(step), batch_size=n_episodes,
        )  # fmt: skip
        answers = zip(prompts, rollout.response_ids, strict=True)
        learner.learn(rollout, torch.tensor([tables[tuple(prompt)][tuple(text)] for prompt, text in answers]), step)
    return policy


PLAIN = {"whiten_rewards": False, "whiten_advantages": False, "num_mini_batches": 1, "cliprange_value": 100.0}


@pytest.mark.slow
@pytest.mark.parametrize("value_model", ["separate", "shared"])
def test_ppo_reaches_the_closed_form_optimum(toy: Toy, value_model: str) -> None:
    policy = train_on([toy], value_model, n_updates=40, n_episodes=1024, **PLAIN)
    assert toy.distance(toy.reference) > 0.4
    assert toy.distance(policy) < 0.04


@pytest.mark.slow
def test_at_another_temperature_and_behind_prompts_of_two_lengths_ppo_reaches_that_optimum(toy: Toy) -> None:
    """The optimum is that of the reference at this temperature: one left at temperature 1 leads elsewhere."""
    toys = [toy.at(0.7, (START,)), toy.at(0.7, (START, 0, 1))]
    policy = train_on(toys, "separate", n_updates=25, n_episodes=512, **PLAIN)
    for one in toys:
        assert one.distance(one.reference) > 0.4
        assert one.distance(policy) < 0.06


@pytest.mark.slow
def test_with_default_clips_and_whitening_ppo_comes_most_of_the_way(toy: Toy) -> None:
    """Whitening scales rewards and penalty alike, and with few tokens its mean moves the optimum little; clips slow the way."""
    policy = train_on([toy], "separate", n_updates=25, n_episodes=512, whiten_rewards=True)
    assert toy.distance(policy) < 0.05


@pytest.mark.slow
def test_dpo_with_soft_labels_reaches_the_closed_form_optimum(toy: Toy) -> None:
    """Every pair of texts, labelled with its Bradley-Terry probability, in one full batch."""
    policy, reference = trainable(toy.reference), toy.logps(toy.reference)
    prefers = torch.sigmoid(toy.rewards.unsqueeze(1) - toy.rewards.unsqueeze(0))
    optimizer = torch.optim.AdamW(policy.parameters(), lr=5e-3, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 600)
    for _ in range(600):
        implicit = BETA * (toy.logps(policy) - reference)
        margins = implicit.unsqueeze(1) - implicit.unsqueeze(0)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(margins, prefers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    assert toy.distance(policy) < 1e-3
