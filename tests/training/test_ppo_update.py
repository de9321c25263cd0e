"""One update of PPO on a tiny Llama: what it refuses, and that memory settings change nothing."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from workbench.domain.errors import NotANumber
from workbench.domain.recipes import PpoRecipe
from workbench.training import cores, forward
from workbench.training.ppo_data import PromptOrder, seeded
from workbench.training.ppo_episodes import Actors
from workbench.training.ppo_update import PpoLearner, PpoSettings
from workbench.training.rollout import Rollout, generate
from workbench.training.value import ValueModel

PROMPTS = [[3, 1], [3], [3, 2, 1], [3]]
PLAIN = {"whiten_rewards": False, "whiten_advantages": False, "num_mini_batches": 1, "num_ppo_epochs": 1}


@pytest.fixture
def model() -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=8, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=16, pad_token_id=None,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def learner_of(
    model: LlamaForCausalLM, *, dtype: torch.dtype = torch.float32, own_trunk: bool = True, **recipe: object
) -> PpoLearner:
    reference = copy.deepcopy(model).requires_grad_(False)
    trunk = copy.deepcopy(model).model if own_trunk else None
    actors = Actors(copy.deepcopy(model), reference, ValueModel.new(16, trunk, model.device))
    return PpoLearner(actors, PpoSettings(PpoRecipe(**(PLAIN | recipe)), 1e-3, 1.0, 10, seed=0, pad_id=0, dtype=dtype))


def sample(learner: PpoLearner) -> Rollout:
    return generate(
        learner.actors.policy, PROMPTS, max_new_tokens=5, temperature=1.0, end_ids={7}, pad_id=0,
        generator=torch.Generator().manual_seed(1),
    )  # fmt: skip


def test_a_score_that_is_no_number_is_called_that(model: LlamaForCausalLM) -> None:
    learner = learner_of(model)
    with pytest.raises(NotANumber, match="At step 3 `objective/scores` became nan"):
        learner.learn(sample(learner), torch.tensor([0.0, 1.0, float("nan"), 2.0]), 2)


def test_a_policy_that_is_no_number_has_not_diverged_but_is_called_that(model: LlamaForCausalLM) -> None:
    learner = learner_of(model)
    rollout = sample(learner)
    rollout.logps[0][0] = float("nan")
    with pytest.raises(NotANumber, match="objective/kl"):
        learner.learn(rollout, torch.zeros(4), 0)


def test_a_value_gradient_that_overflows_ends_the_update(model: LlamaForCausalLM) -> None:
    learner = learner_of(model)
    rollout, scores = sample(learner), torch.tensor([0.0, 1.0, -1.0, 2.0])
    assert learner.learn(rollout, scores, 0)["val/grad_norm"] > 0

    def overflow(gradient: torch.Tensor) -> torch.Tensor:
        return gradient * float("inf")

    learner.actors.value.head.bias.register_hook(overflow)
    with pytest.raises(NotANumber, match="val/grad_norm"):
        learner.learn(sample(learner), scores, 1)


def test_a_new_head_is_fitted_to_discounted_rewards(model: LlamaForCausalLM) -> None:
    """One token of each response has a reward, its last; with gamma 1/2 a value is halved for each token before it."""
    learner = learner_of(model, gamma=0.5, lam=1.0, kl_coef=0.0)
    rollout = sample(learner)
    returns = [0.5**back for response in rollout.response_ids for back in reversed(range(len(response)))]
    learner.learn(rollout, torch.ones(4), 0)
    fitted = learner_of(model, gamma=0.5, lam=1.0, kl_coef=0.0, vf_coef=1e-9)
    fitted.learn(rollout, torch.ones(4), 0)
    episodes = fitted._measure(rollout, torch.ones(4))
    mean = float(episodes.values[episodes.mask].mean())
    assert mean == pytest.approx(sum(returns) / len(returns), abs=0.1)  # undiscounted, it would be one
    assert mean < 0.8


def test_logits_that_do_not_fit_are_computed_in_parts_with_the_same_result(
    model: LlamaForCausalLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts, scores = learner_of(model), learner_of(model), torch.tensor([0.0, 1.0, -1.0, 2.0])
    rollout = sample(whole)
    expected = whole.learn(rollout, scores, 0)
    monkeypatch.setattr(forward, "_MOST_LOGITS", 5 * 8)  # one response of five tokens
    with passes(parts.actors.policy) as sizes:
        found = parts.learn(rollout, scores, 0)
    assert max(sizes) == 1
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-6)


@contextmanager
def passes(model: torch.nn.Module) -> Iterator[list[int]]:
    """Collects the number of rows of each pass."""
    sizes: list[int] = []
    hook = model.register_forward_pre_hook(
        lambda _module, _args, kwargs: sizes.append(len(kwargs["input_ids"])), with_kwargs=True
    )
    yield sizes
    hook.remove()


def test_a_pass_over_the_prompts_is_shuffled_once_for_each_question(monkeypatch: pytest.MonkeyPatch) -> None:
    order, drawn, randperm = PromptOrder(5, seed=1), [], torch.randperm
    expected = [int(row) for number in range(3) for row in randperm(5, generator=seeded(1, "order", number))]

    def counted(*args: int, **options: torch.Generator) -> torch.Tensor:
        drawn.append(args[0])
        return randperm(*args, **options)

    monkeypatch.setattr(torch, "randperm", counted)
    assert order.rows(3, 9) == expected[3:12]
    assert drawn == [5, 5, 5]


def test_both_models_learn_the_same_side_by_side_as_one_after_the_other(
    model: LlamaForCausalLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned = []
    for n_cores in (1, 2):  # with one there is nothing to share
        monkeypatch.setattr(cores, "_AVAILABLE", n_cores)
        learner = learner_of(model, num_ppo_epochs=2, num_mini_batches=2)
        metrics = learner.learn(sample(learner), torch.tensor([0.0, 1.0, 2.0, 3.0]), 0)
        learned.append((metrics, [*learner.actors.policy.parameters(), *learner.actors.value.parameters()]))
    (alone, alone_weights), (beside, beside_weights) = learned
    assert beside == pytest.approx(alone, rel=1e-4, abs=1e-6)
    for weight, other in zip(alone_weights, beside_weights, strict=True):
        torch.testing.assert_close(other, weight, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("own_trunk", [True, False])
@pytest.mark.parametrize("n_cores", [1, 2])
def test_in_bf16_every_minibatch_sees_the_weights_of_the_step_before(
    model: LlamaForCausalLM, monkeypatch: pytest.MonkeyPatch, own_trunk: bool, n_cores: int
) -> None:
    """Autocast keeps rounded weights; kept over a step, the policy would seem not to have moved."""
    monkeypatch.setattr(cores, "_AVAILABLE", n_cores)
    moved = {}
    for dtype in (torch.float32, torch.bfloat16):
        learner = learner_of(model, dtype=dtype, own_trunk=own_trunk, num_ppo_epochs=4)
        learned = learner.learn(sample(learner), torch.tensor([0.0, 1.0, 2.0, 3.0]), 0)
        moved[dtype] = learned["policy/approxkl_avg"]
    assert moved[torch.float32] > 1e-6
    assert moved[torch.bfloat16] == pytest.approx(moved[torch.float32], rel=0.3)
