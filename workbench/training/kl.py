"""How far a policy is from the reference, on the policy's own samples.

One definition for every method and every chart: log-probabilities of the distribution that was sampled from (logits
divided by the temperature), natural logarithms, end of sequence counted, padding never. Letters: n response tokens of a
batch, v vocabulary; `log_p` is the policy, `log_q` the reference, rho = q / p.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from workbench.training.cores import SideBySide
from workbench.training.forward import ResponseBatch, batch_responses, forward_responses, length_batches, tempered

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SequenceStatistics:
    """One number for each response: sums over its tokens, in nats.

    Attributes:
        logp_policy, logp_reference: log-probability of the response.
        kl: exact KL(policy || reference) over the vocabulary at each token of the sample (Rao-Blackwellised: same mean as
            k1, never a larger variance; 2504.10637).
        kl_k1: log p - log q of the sampled tokens: unbiased, of either sign.
        kl_k3: rho - 1 - log rho: unbiased, never negative (Schulman, "Approximating KL divergence", 2020).
        entropy: the policy's, over the vocabulary.
        n_tokens: tokens of the response, end of sequence included.
        kl_tokens: `kl` before it is summed: [n_tokens] of each response, in single precision.
    """

    logp_policy: Floats
    logp_reference: Floats
    kl: Floats
    kl_k1: Floats
    kl_k3: Floats
    entropy: Floats
    n_tokens: NDArray[np.int64]
    kl_tokens: list[NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class TokenStatistics:
    """One number for each response token, [n]; see SequenceStatistics."""

    logp_policy: Tensor
    logp_reference: Tensor
    kl: Tensor
    entropy: Tensor


def k1(logp_policy: Tensor, logp_reference: Tensor) -> Tensor:
    """Returns log p - log q, elementwise: the estimator whose use as a penalty follows the gradient of the KL."""
    return logp_policy - logp_reference


def k3(logp_policy: Tensor, logp_reference: Tensor) -> Tensor:
    """Returns rho - 1 - log rho, elementwise: for reading only; as a penalty its gradient is not the KL's."""
    log_rho = logp_reference - logp_policy
    return torch.expm1(log_rho) - log_rho


def exact_kl(log_p: Tensor, log_q: Tensor) -> Tensor:
    """Returns sum_v p (log p - log q) for log-probabilities [..., v] over the whole vocabulary."""
    return (log_p.exp() * (log_p - log_q)).sum(-1)


def entropy_of(log_p: Tensor) -> Tensor:
    """Returns -sum_v p log p for log-probabilities [..., v]."""
    return -(log_p.exp() * log_p).sum(-1)


@torch.no_grad()
def sequence_statistics(
    policy: PreTrainedModel,
    reference: PreTrainedModel,
    prompt_ids: Sequence[Sequence[int]],
    response_ids: Sequence[Sequence[int]],
    temperature: float,
    pad_id: int,
    batch_size: int = 32,
    at_once: SideBySide | None = None,
) -> SequenceStatistics:
    """Measures each response under policy and reference; the result does not depend on `batch_size` or the rows' order.

    Args:
        policy: whose samples the responses are; in eval mode.
        reference: with the same vocabulary.
        prompt_ids, response_ids: tokens of each sequence, without padding; responses with their end-of-sequence token.
        temperature: divides the logits of both.
        pad_id: any token; nothing looks at it.
        batch_size: sequences at once.
        at_once: reads both models side by side; None: one after the other.
    """
    sums = np.zeros((6, len(prompt_ids)))  # in the order of SequenceStatistics
    kl_tokens = [np.empty(0, np.float32)] * len(prompt_ids)
    for rows in length_batches(prompt_ids, response_ids, batch_size, policy.config.get_text_config().vocab_size):
        batch = batch_responses([prompt_ids[i] for i in rows], [response_ids[i] for i in rows], pad_id, policy.device)
        tokens = token_statistics(policy, reference, batch, temperature, at_once)
        sums[:, rows] = _sum_tokens(tokens, batch.lengths)
        ends = batch.lengths.cumsum(0).tolist()
        for row, kl in zip(rows, np.split(tokens.kl.float().cpu().numpy(), ends[:-1]), strict=True):
            kl_tokens[row] = kl
    n_tokens = np.array([len(response) for response in response_ids], dtype=np.int64)
    return SequenceStatistics(sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], n_tokens, kl_tokens)


def token_statistics(
    policy: PreTrainedModel,
    reference: PreTrainedModel,
    batch: ResponseBatch,
    temperature: float,
    at_once: SideBySide | None = None,
) -> TokenStatistics:
    """Measures each response token of a batch under policy and reference."""

    def log_probabilities(model: PreTrainedModel) -> Tensor:
        return torch.log_softmax(tempered(forward_responses(model, batch).logits, temperature), -1)

    if reference is policy:  # a model measured against itself is read once
        log_p = log_q = log_probabilities(policy)
    elif at_once is None:
        log_p, log_q = log_probabilities(policy), log_probabilities(reference)
    else:
        log_p, log_q = at_once.run(lambda: log_probabilities(policy), lambda: log_probabilities(reference))
    chosen = batch.targets.unsqueeze(-1)
    return TokenStatistics(
        logp_policy=log_p.gather(-1, chosen).squeeze(-1),
        logp_reference=log_q.gather(-1, chosen).squeeze(-1),
        kl=exact_kl(log_p, log_q),
        entropy=entropy_of(log_p),
    )


def _sum_tokens(tokens: TokenStatistics, lengths: Tensor) -> Floats:
    """Returns the six sums of SequenceStatistics for each sequence, [6, b], in double precision."""
    logp_policy, logp_reference = tokens.logp_policy.cpu().double(), tokens.logp_reference.cpu().double()
    values = torch.stack(
        [
            logp_policy,
            logp_reference,
            tokens.kl.cpu().double(),
            k1(logp_policy, logp_reference),
            k3(logp_policy, logp_reference),
            tokens.entropy.cpu().double(),
        ]
    )
    owner = torch.repeat_interleave(torch.arange(len(lengths)), lengths.cpu())
    sums = torch.zeros(len(values), len(lengths), dtype=torch.float64).index_add_(1, owner, values)
    return np.asarray(sums.numpy(), dtype=np.float64)
