"""What must hold for any update of PPO, on a tiny Llama that has left its reference and answers in 1 to 9 tokens."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

from workbench.domain.recipes import PpoRecipe
from workbench.training import ppo_update
from workbench.training.ppo_data import minibatches
from workbench.training.ppo_episodes import Actors
from workbench.training.ppo_update import PpoLearner, PpoSettings
from workbench.training.rollout import Rollout, generate
from workbench.training.value import ValueModel

PROMPTS = [[3, 1], [3], [3, 2, 1], [3], [2, 2], [1], [1, 2, 3, 4], [5, 3]]
SCORES = torch.tensor([0.3, -1.0, 2.0, 0.5, -0.2, 1.1, 0.0, -0.7])
EOS, TEMPERATURE = 7, 0.7
RATE = 1e-3


@pytest.fixture
def policy() -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=8, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=32, pad_token_id=None, initializer_range=0.15,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def learner_of(policy: LlamaForCausalLM, *, own_trunk: bool = True, **recipe: object) -> PpoLearner:
    reference = copy.deepcopy(policy).requires_grad_(False)
    noise = torch.Generator().manual_seed(5)
    for weight in reference.parameters():
        weight.add_(0.1 * torch.randn(weight.shape, generator=noise))
    trained = copy.deepcopy(policy)
    value = ValueModel.new(16, copy.deepcopy(policy).model if own_trunk else None, policy.device)
    settings = PpoSettings(PpoRecipe(**recipe), RATE, TEMPERATURE, 10, seed=0, pad_id=0)
    return PpoLearner(Actors(trained, reference, value), settings)


def sample(policy: LlamaForCausalLM) -> Rollout:
    luck = torch.Generator().manual_seed(4)
    rollout = generate(
        policy, PROMPTS, max_new_tokens=9, temperature=TEMPERATURE, end_ids={EOS}, pad_id=0, generator=luck
    )
    assert len(set(map(len, rollout.response_ids))) > 3, "there is padding to go wrong with"
    assert len(set(rollout.ended)) == 2
    return rollout


def permuted(rollout: Rollout, rows: list[int]) -> Rollout:
    fields = ("prompt_ids", "response_ids", "logps", "ended", "stop_reasons")
    return replace(rollout, **{name: [getattr(rollout, name)[row] for row in rows] for name in fields})


def weights_of(learner: PpoLearner) -> list[torch.Tensor]:
    actors = learner.actors
    return [weight.detach() for model in (actors.policy, actors.value) for weight in model.parameters()]


@pytest.mark.parametrize("own_trunk", [True, False])
@pytest.mark.parametrize("n_minibatches", [1, 3])
def test_nothing_changes_when_rows_are_permuted(
    policy: LlamaForCausalLM, monkeypatch: pytest.MonkeyPatch, own_trunk: bool, n_minibatches: int
) -> None:
    """A whole update: measuring, fitting the value head, whitening, four passes of steps. Minibatches move along."""
    recipe = {"num_mini_batches": n_minibatches, "whiten_rewards": True, "kl_cap": 0.1, "missing_eos_score": -1.0}
    plain, other = (learner_of(policy, own_trunk=own_trunk, **recipe) for _ in range(2))
    rollout, rows = sample(policy), [5, 2, 7, 0, 3, 6, 1, 4]
    before = [weight.clone() for weight in weights_of(plain)]
    expected = plain.learn(rollout, SCORES, 0)

    place = torch.tensor(rows).argsort()  # where each row went
    monkeypatch.setattr(ppo_update, "minibatches", lambda *args: [place[part] for part in minibatches(*args)])
    found = other.learn(permuted(rollout, rows), SCORES[rows], 0)

    assert found == pytest.approx(expected, rel=1e-4, abs=1e-6)
    moved = [float((weight - old).abs().max()) for weight, old in zip(weights_of(plain), before, strict=True)]
    assert max(moved) > RATE
    for one, two in zip(weights_of(plain), weights_of(other), strict=True):
        torch.testing.assert_close(two, one, rtol=0, atol=RATE / 50)


def test_what_is_logged_is_counted_on_response_tokens_alone(policy: LlamaForCausalLM) -> None:
    """Each episode is read by itself, without padding, by the model's own forward."""
    learner = learner_of(policy, num_ppo_epochs=1, num_mini_batches=1)
    rollout, reference = sample(policy), learner.actors.reference
    assert reference is not None
    entropies, kls, k3s, sampled, n_tokens = [], [], [], [], 0
    for prompt, response, logps in zip(rollout.prompt_ids, rollout.response_ids, rollout.logps, strict=True):
        ours, theirs = (logits_of(model, prompt, response) for model in (policy, reference))
        at = torch.tensor(response).unsqueeze(-1)
        log_ratio = (theirs.gather(-1, at) - ours.gather(-1, at)).squeeze(-1)
        torch.testing.assert_close(ours.gather(-1, at).squeeze(-1), logps, rtol=0, atol=1e-5)
        entropies.append(-(ours.exp() * ours).sum(-1))
        kls.append(float(-log_ratio.sum()))
        k3s.append(float((log_ratio.exp() - 1 - log_ratio).sum()))
        sampled.append(float(-logps.sum()))
        n_tokens += len(response)
    found = learner.learn(rollout, SCORES, 0)
    n = len(PROMPTS)
    assert found["objective/kl"] == pytest.approx(sum(kls) / n, abs=1e-5)
    assert abs(found["objective/kl"]) > 0.01
    assert found["objective/kl_k3"] == pytest.approx(sum(k3s) / n, abs=1e-5)
    assert found["objective/entropy"] == pytest.approx(sum(sampled) / n, abs=1e-5)
    assert found["objective/length"] == pytest.approx(n_tokens / n)
    assert found["objective/scores"] == pytest.approx(float(SCORES.mean()))
    assert found["val/num_eos_tokens"] == sum(rollout.ended)
    assert found["policy/entropy_avg"] == pytest.approx(float(torch.cat(entropies).mean()), abs=1e-5)
    assert found["val/ratio"] == pytest.approx(1, abs=1e-5)
    assert found["policy/approxkl_avg"] == pytest.approx(0, abs=1e-9)
    assert found["policy/clipfrac_avg"] == found["val/clipfrac_avg"] == 0


@torch.no_grad()
def logits_of(model: LlamaForCausalLM, prompt: list[int], response: list[int]) -> torch.Tensor:
    """Returns the log-probabilities [response tokens, vocabulary] at the sampling temperature."""
    logits = model(torch.tensor([[*prompt, *response]])).logits[0, len(prompt) - 1 : -1]
    return torch.log_softmax(logits / TEMPERATURE, -1)


def test_each_minibatch_is_one_step_with_each_models_gradient_clipped(policy: LlamaForCausalLM) -> None:
    limit = 1e-3
    learner = learner_of(policy, num_ppo_epochs=2, num_mini_batches=3, max_grad_norm=limit)
    norms: list[list[float]] = []

    def note(*_: object) -> None:
        models = (learner.actors.policy, learner.actors.value)
        norms.append([float(nn.utils.get_total_norm(gradients(model))) for model in models])

    learner.optimizer.register_step_pre_hook(note)
    found = learner.learn(sample(policy), SCORES, 0)
    assert len(norms) == 2 * 3
    assert all(norm <= limit * 1.001 for pair in norms for norm in pair)
    assert found["grad_norm"] > limit  # what is logged is the norm before
    assert found["val/grad_norm"] > limit
    assert norms[0] == pytest.approx([limit, limit], rel=1e-3)


def gradients(model: nn.Module) -> list[torch.Tensor]:
    return [weight.grad for weight in model.parameters() if weight.grad is not None]


def test_the_rewards_of_an_episode_are_the_penalty_on_each_token_and_the_score_on_its_last(
    policy: LlamaForCausalLM,
) -> None:
    learner = learner_of(policy)
    rollout = sample(policy)
    episodes = learner._measure(rollout, SCORES)
    rewards = ppo_update.token_rewards(episodes, 0.05, learner.settings.recipe)
    k1 = (episodes.logps - episodes.reference_logps) * episodes.mask
    torch.testing.assert_close(rewards.sum(-1), SCORES - 0.05 * k1.sum(-1), rtol=0, atol=1e-5)
    for row, response in enumerate(rollout.response_ids):
        last = len(response) - 1
        assert (response[last] == EOS) == rollout.ended[row]  # the end of sequence is a token like the others
        score = float(rewards[row, last] + 0.05 * k1[row, last])
        assert score == pytest.approx(float(SCORES[row]), abs=1e-5)
    assert float(rewards[~episodes.mask].abs().max()) == 0
