"""The losses of PPO over some episodes of a minibatch, and what is counted on the way.

Letters: e episodes, t response tokens (padded), n real response tokens, d hidden size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from workbench.domain.recipes import PpoRecipe
from workbench.training.forward import ResponseBatch, forward_responses, select_rows, tempered
from workbench.training.kl import entropy_of
from workbench.training.policy_gradient import Advantages, approx_kl, policy_loss, value_loss
from workbench.training.ppo_episodes import Episodes
from workbench.training.value import ValueModel

# Sums over response tokens, the policy's first, kept on the device: reading them would wait for it.
SUMS = ("policy_loss", "approx_kl", "policy_clipped", "entropy", "ratio", "value_loss", "value_clipped")


@dataclass(frozen=True, slots=True)
class Part:
    """Some episodes as the losses need them.

    Attributes:
        batch: the sequences.
        logps, values: [n] before the update.
        advantages, returns: [n] what to aim at.
    """

    batch: ResponseBatch
    logps: Tensor
    values: Tensor
    advantages: Tensor
    returns: Tensor

    @classmethod
    def cut(cls, episodes: Episodes, values: Tensor, targets: Advantages, rows: Tensor) -> "Part":
        """Takes the episodes `rows` [e]; `values` [e, t] are the value model's or the newly fitted head's."""
        mask = episodes.mask[rows]
        kept = [whole[rows][mask] for whole in (episodes.logps, values, targets.advantages, targets.returns)]
        return cls(select_rows(episodes.batch, rows), *kept)


def policy_sums(
    policy: PreTrainedModel, part: Part, temperature: float, recipe: PpoRecipe
) -> tuple[Tensor, Tensor, Tensor]:
    """Returns the clipped loss summed over tokens, the policy's share of `SUMS`, and the hidden states [n, d]."""
    outputs = forward_responses(policy, part.batch)
    log_p = torch.log_softmax(tempered(outputs.logits, temperature), -1)
    logps = log_p.gather(-1, part.batch.targets.unsqueeze(-1)).squeeze(-1)
    found = policy_loss(logps, part.logps, part.advantages, recipe.cliprange)
    loss = found.loss.sum()
    log_p, logps = log_p.detach(), logps.detach()  # what follows is for reading only
    sums = (
        loss.detach(),
        approx_kl(logps, part.logps).sum(),
        found.clipped.sum(),
        entropy_of(log_p).sum(),
        torch.exp(logps - part.logps).sum(),
    )
    return loss, _stacked(sums), outputs.hidden


def value_sums(value: ValueModel, part: Part, hidden: Tensor | None, recipe: PpoRecipe) -> tuple[Tensor, Tensor]:
    """Returns the clipped loss summed over tokens and the value model's share of `SUMS`.

    Args:
        value: the model.
        part: its episodes.
        hidden: [n, d] the policy's, for a value head on its trunk.
        recipe: has the clip.
    """
    predicted = value(part.batch, hidden)
    found = value_loss(predicted, part.values, part.returns, recipe.cliprange_value)
    loss = found.loss.sum()
    return loss, _stacked((loss.detach(), found.clipped.sum()))


def learned_metrics(means: Tensor, norms: Tensor, vf_coef: float) -> dict[str, float]:
    """Returns an update's metrics by the names of the catalogue.

    Args:
        means: [m, 7] over the tokens of each minibatch, in the order of `SUMS`.
        norms: [m, 2] of the gradients of policy and value model.
        vf_coef: weight of the value loss.
    """
    policy, kl, clipped, entropy, ratio, value, value_clipped = means.mean(0).tolist()
    return {
        "loss": policy + vf_coef * value,
        "loss/policy_avg": policy,
        "loss/value_avg": value,
        "policy/approxkl_avg": kl,
        "policy/clipfrac_avg": clipped,
        "policy/entropy_avg": entropy,
        "val/clipfrac_avg": value_clipped,
        "val/ratio": ratio,
        "val/ratio_var": float(means[:, SUMS.index("ratio")].var(unbiased=False)),
        "grad_norm": float(norms[:, 0].mean()),
        "val/grad_norm": float(norms[:, 1].mean()),
    }


def _stacked(sums: Sequence[Tensor]) -> Tensor:
    return torch.stack([value.float() for value in sums])
