"""The formulas of PPO, each a pure function of tensors.

Letters: e episodes of an update, t response tokens (padded on the right to the longest), n real response tokens laid end
to end. A `mask` [e, t] is true on response tokens, the end of sequence included, and false on padding; padding never
enters a mean, a variance or a loss.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_GUARD = 1e-8  # keeps whitening finite where all values are equal


@dataclass(frozen=True, slots=True)
class Advantages:
    """What a policy step and a value step aim at, both [e, t], zero on padding."""

    advantages: Tensor
    returns: Tensor


@dataclass(frozen=True, slots=True)
class ClippedLoss:
    """A loss for each token and whether clipping decided it; shapes of the inputs."""

    loss: Tensor
    clipped: Tensor


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Returns the mean of `values` where `mask` is true."""
    return (values * mask).sum() / mask.sum()


def masked_var(values: Tensor, mask: Tensor) -> Tensor:
    """Returns the population variance of `values` where `mask` is true."""
    return masked_mean((values - masked_mean(values, mask)) ** 2, mask)


def whiten(values: Tensor, mask: Tensor, *, shift_mean: bool = True) -> Tensor:
    """Scales `values` to variance 1 over the mask, and to mean 0 unless `shift_mean` is false, which keeps the mean.

    Huang et al. 2403.17031 whiten rewards with their mean kept and advantages without it.
    """
    mean = masked_mean(values, mask)
    whitened = (values - mean) * torch.rsqrt(masked_var(values, mask) + _GUARD)
    return (whitened if shift_mean else whitened + mean) * mask


def place_score(kl_penalty: Tensor, scores: Tensor, mask: Tensor) -> Tensor:
    """Returns the reward of each token [e, t]: the KL penalty, and the score on the last kept token besides.

    Args:
        kl_penalty: [e, t] -coefficient * k1.
        scores: [e] the reward model's.
        mask: [e, t]; each row has at least one response token.
    """
    rewards = kl_penalty * mask
    rows = torch.arange(len(scores), device=scores.device)
    rewards[rows, mask.sum(-1) - 1] += scores
    return rewards


def replace_unended(scores: Tensor, ended: Tensor, missing_eos_score: float | None) -> Tensor:
    """Returns `scores` [e], those of responses that did not end replaced by `missing_eos_score` where it is given."""
    if missing_eos_score is None:
        return scores
    return torch.where(ended, scores, torch.full_like(scores, missing_eos_score))


def length_penalty(lengths: Tensor, cap: int, longest: int, most: float) -> Tensor:
    """Returns what each response loses for its length: 0 up to `cap`, then in proportion down to -`most` at `longest`.

    With `most` 1 this is the soft overlong punishment of DAPO (2503.14476, section 3.4), L_max being `longest` and L_cache
    `longest` - `cap`.

    Args:
        lengths: [e] in tokens, the end of sequence included.
        cap: below `longest`.
        longest: no response is longer.
        most: positive.
    """
    beyond = (lengths - cap).clamp(min=0, max=longest - cap)
    return -most * beyond.float() / (longest - cap)


def kl_cap_penalty(kl: Tensor, cap: float, coef: float) -> Tensor:
    """Returns the penalty of each token [e, t] beyond a cap on the response's KL; a response's sum is -coef max(0, KL - cap).

    Each token pays what it adds to the part beyond the cap, and gets back what it takes from it.

    Args:
        kl: [e, t] k1 of each token, zero on padding.
        cap: in nats a sequence.
        coef: of each nat beyond.
    """
    beyond = (kl.cumsum(-1) - cap).clamp(min=0)
    return -coef * torch.diff(beyond, dim=-1, prepend=torch.zeros_like(beyond[:, :1]))


def gae(rewards: Tensor, values: Tensor, mask: Tensor, gamma: float, lam: float) -> Advantages:
    """Generalised advantage estimation (1506.02438, Eq. 16); nothing follows the last token.

    delta_t = r_t + gamma V_{t+1} - V_t and A_t = delta_t + gamma lam A_{t+1}; the return is A_t + V_t.

    Args:
        rewards, values: [e, t].
        mask: [e, t].
        gamma: discount.
        lam: 0 trusts the values, 1 the rewards.
    """
    rewards, values = rewards * mask, values * mask
    advantage = following = torch.zeros_like(values[:, 0])
    columns = []
    for t in reversed(range(values.shape[1])):
        delta = rewards[:, t] + gamma * following - values[:, t]
        advantage = (delta + gamma * lam * advantage) * mask[:, t]
        following = values[:, t]
        columns.append(advantage)
    advantages = torch.stack(columns[::-1], dim=1)
    return Advantages(advantages, (advantages + values) * mask)


def policy_loss(logps: Tensor, old_logps: Tensor, advantages: Tensor, cliprange: float) -> ClippedLoss:
    """Returns max(-A w, -A clip(w, 1 - c, 1 + c)) for each token, with w = pi / pi_old (1707.06347, Eq. 7, negated)."""
    ratio = torch.exp(logps - old_logps)
    plain = -advantages * ratio
    clipped = -advantages * torch.clamp(ratio, 1 - cliprange, 1 + cliprange)
    return ClippedLoss(torch.maximum(plain, clipped), clipped > plain)


def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, cliprange: float) -> ClippedLoss:
    """Returns max((V - R)^2, (V_clip - R)^2) / 2 for each token, V_clip within `cliprange` of the old value."""
    near = torch.clamp(values, old_values - cliprange, old_values + cliprange)
    plain, clipped = (values - returns) ** 2, (near - returns) ** 2
    return ClippedLoss(torch.maximum(plain, clipped) / 2, clipped > plain)


def approx_kl(logps: Tensor, old_logps: Tensor) -> Tensor:
    """Returns (log ratio)^2 / 2 for each token: how far an update has moved the policy."""
    return (logps - old_logps) ** 2 / 2


def explained_variance(values: Tensor, returns: Tensor, mask: Tensor) -> Tensor:
    """Returns 1 - var(return - value) / var(return) over the mask; 0 where the returns do not vary."""
    variance = masked_var(returns, mask)
    unexplained = masked_var(returns - values, mask)
    return torch.where(variance > 0, 1 - unexplained / variance.clamp(min=_GUARD), torch.zeros_like(variance))


def adapt_kl_coef(coef: float, kl: float, target: float, n_episodes: int, horizon: int) -> float:
    """Returns the next KL coefficient: coef (1 + clip(kl / target - 1, -0.2, 0.2) n / horizon).

    Args:
        coef: the current one.
        kl: nats per sequence, mean over the update's episodes.
        target: nats per sequence.
        n_episodes: of the update.
        horizon: episodes; larger moves slower (Ziegler et al. 1909.08593, section 2.2).
    """
    error = min(0.2, max(-0.2, kl / target - 1))
    return coef * (1 + error * n_episodes / horizon)


def scheduled(peak: float, step: int, n_steps: int, *, kind: str, warmup_ratio: float) -> float:
    """Returns the learning rate of update `step` (from 0) of `n_steps`.

    Args:
        peak: reached after the warm-up.
        step, n_steps: updates.
        kind: constant, linear (to zero after the last update) or cosine.
        warmup_ratio: share of the updates over which the rate rises.
    """
    n_warmup = int(warmup_ratio * n_steps)
    if step < n_warmup:
        return peak * (step + 1) / (n_warmup + 1)
    if kind == "constant":
        return peak
    done = (step - n_warmup) / max(1, n_steps - n_warmup)
    return peak * (1 - done if kind == "linear" else 0.5 * (1 + math.cos(math.pi * done)))
