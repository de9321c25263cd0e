"""Every formula of PPO against numbers that a person can check."""

import pytest
import torch

from workbench.training.policy_gradient import (
    adapt_kl_coef,
    approx_kl,
    explained_variance,
    gae,
    kl_cap_penalty,
    length_penalty,
    masked_mean,
    masked_var,
    place_score,
    policy_loss,
    replace_unended,
    scheduled,
    value_loss,
    whiten,
)

ALL3 = torch.ones(1, 3, dtype=torch.bool)


def close(values: torch.Tensor, expected: object, tolerance: float = 1e-6) -> bool:
    return torch.allclose(values, torch.tensor(expected, dtype=values.dtype), atol=tolerance, rtol=0)


def test_advantages_of_a_score_at_the_end() -> None:
    found = gae(torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([[0.5, 0.6, 0.7]]), ALL3, gamma=1.0, lam=0.95)
    assert close(found.advantages, [[0.46575, 0.385, 0.3]])
    assert close(found.returns, [[0.96575, 0.985, 1.0]])


def test_lambda_one_makes_the_return_the_sum_of_later_rewards() -> None:
    found = gae(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[5.0, -4.0, 9.0]]), ALL3, gamma=1.0, lam=1.0)
    assert close(found.returns, [[6.0, 5.0, 3.0]])


def test_lambda_zero_looks_one_token_ahead() -> None:
    found = gae(torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([[0.5, 0.6, 0.7]]), ALL3, gamma=0.5, lam=0.0)
    assert close(found.advantages, [[0.5 * 0.6 - 0.5, 0.5 * 0.7 - 0.6, 1 - 0.7]])


def test_what_stands_on_padding_never_enters_an_advantage() -> None:
    mask = torch.tensor([[True, True, True, False, False]])
    found = gae(torch.tensor([[0.0, 0.0, 1.0, 9.0, 9.0]]), torch.tensor([[0.5, 0.6, 0.7, 9.0, 9.0]]), mask, 1.0, 0.95)
    assert close(found.advantages, [[0.46575, 0.385, 0.3, 0, 0]])
    assert close(found.returns, [[0.96575, 0.985, 1.0, 0, 0]])


def test_the_score_stands_on_the_last_kept_token() -> None:
    mask = torch.tensor([[True, True, True], [True, False, False]])
    rewards = place_score(torch.full((2, 3), -0.1), torch.tensor([2.0, 3.0]), mask)
    assert close(rewards, [[-0.1, -0.1, 1.9], [2.9, 0.0, 0.0]])


def test_the_rewards_of_an_episode_sum_to_its_score_less_the_penalty() -> None:
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    k1 = torch.randn(2, 4, generator=torch.Generator().manual_seed(0))
    scores = torch.tensor([0.7, -1.2])
    sums = place_score(-0.05 * k1, scores, mask).sum(-1)
    assert torch.allclose(sums, scores - 0.05 * (k1 * mask).sum(-1))


def test_the_missing_end_score_replaces_and_is_not_subtracted() -> None:
    scores, ended = torch.tensor([3.0, 3.0]), torch.tensor([True, False])
    assert replace_unended(scores, ended, -1.0).tolist() == [3.0, -1.0]
    assert replace_unended(scores, ended, None).tolist() == [3.0, 3.0]


@pytest.mark.parametrize(("advantage", "loss"), [(1.0, -1.2), (-1.0, 1.5)])
def test_the_policy_loss_at_ratio_one_and_a_half(advantage: float, loss: float) -> None:
    found = policy_loss(torch.tensor([1.5]).log(), torch.zeros(1), torch.tensor([advantage]), 0.2)
    assert close(found.loss, [loss])
    assert found.clipped.tolist() == [advantage > 0]


def test_a_clipped_token_has_no_gradient() -> None:
    logps = torch.tensor([1.5, 1.1]).log().requires_grad_()
    policy_loss(logps, torch.zeros(2), torch.ones(2), 0.2).loss.sum().backward()
    assert logps.grad is not None
    assert close(logps.grad, [0.0, -1.1])


def test_the_value_loss_counts_the_worse_of_the_value_and_the_clipped_one() -> None:
    # V = 1, old 0.5 -> clipped 0.7; against R = 1 the clipped one is off by 0.3, against R = 0 the plain one by 1
    found = value_loss(torch.tensor([1.0, 1.0]), torch.tensor([0.5, 0.5]), torch.tensor([1.0, 0.0]), 0.2)
    assert close(found.loss, [0.045, 0.5])
    assert found.clipped.tolist() == [True, False]


def test_whitening_that_keeps_the_mean() -> None:
    values = torch.arange(1.2, 2.05, 0.1).unsqueeze(0)
    whitened = whiten(values, torch.ones_like(values, dtype=torch.bool), shift_mean=False)
    assert float(whitened[0, 0]) == pytest.approx(0.0508, abs=1e-4)
    assert float(whitened[0, -1]) == pytest.approx(3.1492, abs=1e-4)


def test_whitened_values_have_masked_mean_zero_and_variance_one() -> None:
    values = torch.randn(5, 7, generator=torch.Generator().manual_seed(0)) * 3 + 2
    mask = torch.arange(7) < torch.tensor([[7], [3], [1], [5], [2]])
    whitened = whiten(values, mask)
    assert float(masked_mean(whitened, mask)) == pytest.approx(0, abs=1e-6)
    assert float(masked_var(whitened, mask)) == pytest.approx(1, abs=1e-5)
    assert not whitened[~mask].any()


def test_values_that_are_all_equal_whiten_to_zero() -> None:
    assert whiten(torch.full((1, 3), 4.0), ALL3).tolist() == [[0.0, 0.0, 0.0]]


def test_permuting_the_episodes_permutes_the_advantages() -> None:
    draw = torch.Generator().manual_seed(0)
    rewards, values = torch.randn(6, 4, generator=draw), torch.randn(6, 4, generator=draw)
    mask = torch.arange(4) < torch.tensor([[4], [3], [1], [2], [2], [4]])
    order = torch.tensor([3, 5, 0, 1, 4, 2])
    one = whiten(gae(rewards, values, mask, 1.0, 0.95).advantages, mask)
    other = whiten(gae(rewards[order], values[order], mask[order], 1.0, 0.95).advantages, mask[order])
    assert torch.allclose(other, one[order], atol=1e-6)


def test_approximate_kl_is_half_the_squared_log_ratio() -> None:
    assert close(approx_kl(torch.tensor([0.3]), torch.tensor([0.1])), [0.02])


def test_values_that_hit_every_return_explain_all_its_variance() -> None:
    returns = torch.tensor([[1.0, 2.0, 3.0]])
    assert float(explained_variance(returns, returns, ALL3)) == pytest.approx(1)
    assert float(explained_variance(torch.zeros(1, 3), returns, ALL3)) == pytest.approx(0)
    assert float(explained_variance(returns, torch.ones(1, 3), ALL3)) == 0


def test_zieglers_controller() -> None:
    assert adapt_kl_coef(0.15, kl=9, target=6, n_episodes=512, horizon=10_000) == pytest.approx(0.151536)


def test_the_controller_lowers_the_coefficient_below_the_target() -> None:
    assert adapt_kl_coef(0.1, kl=5.4, target=6, n_episodes=100, horizon=1000) == pytest.approx(0.1 * (1 - 0.01))


@pytest.mark.parametrize(
    ("kind", "rates"),
    [
        ("constant", [0.5, 1, 1, 1, 1]),
        ("linear", [0.5, 1, 0.75, 0.5, 0.25]),
        ("cosine", [0.5, 1, 0.853553, 0.5, 0.146447]),
    ],
)
def test_learning_rate_schedules_with_a_fifth_of_warm_up(kind: str, rates: list[float]) -> None:
    found = [scheduled(1.0, step, 5, kind=kind, warmup_ratio=0.2) for step in range(5)]
    assert found == pytest.approx(rates, abs=1e-6)


def test_beyond_the_length_cap_the_score_falls_in_proportion_to_the_full_penalty_at_the_longest() -> None:
    lengths = torch.tensor([5, 30, 39, 48])
    assert close(length_penalty(lengths, cap=30, longest=48, most=1.0), [0, 0, -0.5, -1.0])  # 2503.14476, section 3.4
    assert close(length_penalty(lengths, cap=30, longest=48, most=4.0), [0, 0, -2.0, -4.0])


def test_beyond_the_kl_cap_each_token_pays_for_what_it_adds() -> None:
    kl = torch.tensor([[1.0, 2.0, 1.0, -0.5], [0.5, 0.5, 0.0, 0.0]])
    found = kl_cap_penalty(kl, cap=2.0, coef=3.0)
    assert close(found, [[0, -3.0, -3.0, 1.5], [0, 0, 0, 0]])  # sums of 1, 3, 4, 3.5 nats: 1.5 beyond at the end
    assert close(found.sum(-1), [-4.5, 0])
