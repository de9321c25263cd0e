"""The KL estimates against hand numbers and against each other."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from workbench.training.kl import entropy_of, exact_kl, k1, k3, sequence_statistics
from workbench.training.rollout import Rollout, generate

P, Q = torch.tensor([0.7, 0.2, 0.1], dtype=torch.float64), torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)


def mean_and_sd(values: torch.Tensor) -> tuple[float, float]:
    mean = (P * values).sum()
    return float(mean), float((P * (values - mean) ** 2).sum().sqrt())


def test_the_exact_kl_of_three_tokens() -> None:
    assert float(exact_kl(P.log(), Q.log())) == pytest.approx(0.085123, abs=1e-6)


def test_k1_is_unbiased_and_noisy() -> None:
    assert mean_and_sd(k1(P.log(), Q.log())) == pytest.approx((0.085123, 0.391), abs=5e-4)


def test_k3_is_unbiased_never_negative_and_less_noisy() -> None:
    values = k3(P.log(), Q.log())
    assert mean_and_sd(values) == pytest.approx((0.085123, 0.076), abs=5e-4)
    assert (values >= 0).all()


def test_the_entropy_of_a_fair_coin_is_ln_2() -> None:
    assert float(entropy_of(torch.tensor([0.5, 0.5]).log())) == pytest.approx(np.log(2))


def test_two_steps_vary_less_by_the_exact_kl_of_each_prefix_than_by_the_sampled_ratio() -> None:
    """First token p = (.6, .4), q = (.5, .5); after it (.9, .1) against (.6, .4), or (.7, .3) against (.5, .5)."""
    p_first, q_first = torch.tensor([0.6, 0.4]).double(), torch.tensor([0.5, 0.5]).double()
    p_next, q_next = torch.tensor([[0.9, 0.1], [0.7, 0.3]]).double(), torch.tensor([[0.6, 0.4], [0.5, 0.5]]).double()
    weights = p_first.unsqueeze(1) * p_next
    sampled = k1(p_first.log(), q_first.log()).unsqueeze(1) + k1(p_next.log(), q_next.log())
    exact = (exact_kl(p_first.log(), q_first.log()) + exact_kl(p_next.log(), q_next.log())).unsqueeze(1).expand(2, 2)
    for values, deviation in ((sampled, 0.553), (exact, 0.0705)):
        mean = (weights * values).sum()
        assert float(mean) == pytest.approx(0.188822, abs=1e-6)
        assert float((weights * (values - mean) ** 2).sum().sqrt()) == pytest.approx(deviation, abs=5e-4)


@pytest.fixture(scope="module")
def models(shared: Path) -> tuple[PreTrainedModel, PreTrainedModel]:
    """A policy that is the reference with noise on its weights, and the reference."""
    folder = shared / "models/stories260K"
    policy, reference = (AutoModelForCausalLM.from_pretrained(folder).eval() for _ in range(2))
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in policy.parameters():
            weight.add_(0.03 * weight.std() * torch.randn(weight.shape, generator=noise))
    return policy, reference


@pytest.fixture(scope="module")
def rollout(models: tuple[PreTrainedModel, PreTrainedModel]) -> Rollout:
    prompts = [[1, 403, 407], [1, 378], [1], [1, 432, 410, 447, 343]] * 16
    return generate(
        models[0], prompts, max_new_tokens=12, temperature=0.8, end_ids={426}, pad_id=2,
        generator=torch.Generator().manual_seed(1),
    )  # fmt: skip


def test_log_probabilities_are_those_of_the_sampling_distribution(
    models: tuple[PreTrainedModel, PreTrainedModel], rollout: Rollout
) -> None:
    found = sequence_statistics(*models, rollout.prompt_ids, rollout.response_ids, 0.8, 2)
    assert found.logp_policy == pytest.approx([float(logps.double().sum()) for logps in rollout.logps], abs=1e-4)
    assert found.kl_k1 == pytest.approx(found.logp_policy - found.logp_reference, abs=1e-9)
    assert found.n_tokens.tolist() == [len(tokens) for tokens in rollout.response_ids]


def test_the_three_estimates_agree_within_their_errors_and_the_exact_one_varies_least(
    models: tuple[PreTrainedModel, PreTrainedModel], rollout: Rollout
) -> None:
    found = sequence_statistics(*models, rollout.prompt_ids, rollout.response_ids, 0.8, 2)
    assert found.kl.mean() > 0
    assert found.kl.std() < found.kl_k3.std() < found.kl_k1.std()
    for estimate in (found.kl_k1, found.kl_k3):
        difference = estimate - found.kl
        assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(difference))


def test_nothing_depends_on_batches_padding_or_the_order_of_rows(
    models: tuple[PreTrainedModel, PreTrainedModel], rollout: Rollout
) -> None:
    order = np.random.default_rng(0).permutation(len(rollout.prompt_ids))
    one = sequence_statistics(*models, rollout.prompt_ids, rollout.response_ids, 0.8, 2, batch_size=64)
    other = sequence_statistics(
        *models, [rollout.prompt_ids[i] for i in order], [rollout.response_ids[i] for i in order], 0.8, 0, batch_size=3
    )
    for name in ("logp_policy", "logp_reference", "kl", "kl_k1", "kl_k3", "entropy"):
        assert getattr(other, name) == pytest.approx(getattr(one, name)[order], abs=1e-4), name


def test_a_policy_equal_to_the_reference_is_at_kl_zero(
    models: tuple[PreTrainedModel, PreTrainedModel], rollout: Rollout
) -> None:
    found = sequence_statistics(models[1], models[1], rollout.prompt_ids, rollout.response_ids, 0.8, 2)
    assert found.kl == pytest.approx(0)
    assert found.kl_k1 == pytest.approx(0)
    assert found.kl_k3 == pytest.approx(0)


def test_a_model_against_itself_is_read_once_and_has_no_kl(
    models: tuple[PreTrainedModel, PreTrainedModel], rollout: Rollout
) -> None:
    passes: list[int] = []
    hook = models[0].register_forward_hook(lambda *_: passes.append(1))
    found = sequence_statistics(models[0], models[0], rollout.prompt_ids, rollout.response_ids, 0.8, 2, batch_size=64)
    hook.remove()
    assert len(passes) == 1
    assert not found.kl.any()
    assert (found.logp_policy == found.logp_reference).all()
