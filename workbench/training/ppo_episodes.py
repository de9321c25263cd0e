"""The episodes of one update: what was sampled, and what policy, reference and value model say of each token.

Letters: e episodes, t response tokens (padded on the right), n real response tokens, v vocabulary.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from workbench.domain.recipes import PpoRecipe, Sampling
from workbench.training.cores import SideBySide
from workbench.training.forward import (
    ResponseBatch,
    batch_responses,
    forward_responses,
    length_batches,
    select_rows,
    tempered,
)
from workbench.training.kl import k1, k3
from workbench.training.policy_gradient import (
    Advantages,
    gae,
    kl_cap_penalty,
    length_penalty,
    place_score,
    replace_unended,
    whiten,
)
from workbench.training.processes import Processes
from workbench.training.rollout import Rollout
from workbench.training.value import ValueModel

_MEASURED_AT_ONCE = 32
_Measure = Callable[[ResponseBatch], Sequence[Tensor]]  # of some sequences: values [n] of their response tokens


@dataclass(frozen=True, slots=True)
class Actors:
    """The models of PPO.

    Attributes:
        policy: trained.
        reference: frozen; None where it is the policy with its adapters off.
        value: trained.
    """

    policy: PreTrainedModel
    reference: PreTrainedModel | None
    value: ValueModel

    @contextmanager
    def as_reference(self) -> Iterator[PreTrainedModel]:
        """Gives the reference model."""
        if self.reference is not None:
            yield self.reference
            return
        adapters: Any = self.policy  # wrapped by peft, which PreTrainedModel's type knows nothing of
        with adapters.disable_adapter():
            yield self.policy


@dataclass(frozen=True, slots=True)
class Episodes:
    """Sampled responses and what was measured before the first optimizer step; tensors are [e, t], zero on padding.

    Attributes:
        batch: all sequences.
        mask: true on response tokens, the end of sequence included.
        logps: of the policy that sampled, under the distribution that it sampled from.
        reference_logps: of the reference at the same temperature.
        values: of the value model.
        scores: [e] the reward's.
        ended: [e] the response ended by itself.
    """

    batch: ResponseBatch
    mask: Tensor
    logps: Tensor
    reference_logps: Tensor
    values: Tensor
    scores: Tensor
    ended: Tensor


@torch.no_grad()
def measure_episodes(
    actors: Actors,
    rollout: Rollout,
    scores: Tensor,
    *,
    temperature: float,
    pad_id: int,
    recompute: bool,
    at_once: SideBySide,
    processes: Processes,
) -> Episodes:
    """Lays a rollout out as tensors and asks reference and value model about each token.

    Args:
        actors: in eval mode.
        rollout: of the policy as it is now.
        scores: [e].
        temperature: of the sampling; divides the logits of both.
        pad_id: any token.
        recompute: takes the policy's log-probabilities from a training pass and not from the sampler. In bf16 the two
            differ by more than the first ratio may, and another program's are not asked for.
        processes: each measures its share of the episodes and learns what the others measured.
        at_once: runs the reference beside policy and value model, where they are models of their own.
    """
    device = actors.policy.device
    batch = batch_responses(rollout.prompt_ids, rollout.response_ids, pad_id, device)
    mask = torch.arange(int(batch.lengths.max()), device=device) < batch.lengths.unsqueeze(-1)
    vocabulary = actors.policy.config.get_text_config().vocab_size
    prompts, responses = processes.share(rollout.prompt_ids), processes.share(rollout.response_ids)
    first = processes.start(len(mask))
    chunks = [
        [first + row for row in chunk] for chunk in length_batches(prompts, responses, _MEASURED_AT_ONCE, vocabulary)
    ]

    def over_chunks(n_values: int, measure: _Measure) -> list[Tensor]:
        return _over_chunks(batch, mask, chunks, n_values, measure)

    def of_reference() -> list[Tensor]:
        with actors.as_reference() as reference:
            return over_chunks(1, lambda part: (response_logps(reference, part, temperature),))

    def of_actors() -> list[Tensor]:
        if recompute:
            return over_chunks(2, lambda part: _logps_and_values(actors, part, temperature))
        values = over_chunks(1, lambda part: (actors.value(part, _policy_hidden(actors, part)),))
        return [torch.zeros(mask.shape, device=device), *values]

    if actors.reference is None:  # the policy itself, its adapters off meanwhile
        by_reference, by_actors = of_reference(), of_actors()
    else:
        by_reference, by_actors = at_once.run(of_reference, of_actors)
    # Each process measured its share of the rows and has zeros elsewhere; the sampler's log-probabilities are there in all.
    reference_logps, logps, values = processes.sum(torch.stack([*by_reference, *by_actors]))
    if not recompute:
        logps = to_rows(torch.cat(rollout.logps).to(device), mask)
    ended = torch.tensor(rollout.ended, device=device)
    # Scores come in double precision, which some devices do not have: they are rounded before they move.
    return Episodes(batch, mask, logps, reference_logps, values, scores.float().to(device), ended)


def _over_chunks(
    batch: ResponseBatch, mask: Tensor, chunks: Sequence[Sequence[int]], n_values: int, measure: _Measure
) -> list[Tensor]:
    """Returns `n_values` tensors [e, t] of what is measured chunk by chunk; zero where no chunk has the row."""
    found = [torch.zeros(mask.shape, device=mask.device) for _ in range(n_values)]
    for chunk in chunks:
        rows = torch.tensor(chunk, device=mask.device)
        for whole, flat in zip(found, measure(select_rows(batch, rows)), strict=True):
            whole[rows] = to_rows(flat, mask[rows])
    return found


def token_rewards(episodes: Episodes, kl_coef: float, recipe: PpoRecipe) -> Tensor:
    """Returns the reward of each token [e, t]: the penalties of the KL, and on the last kept one score and length's."""
    kl = k1(episodes.logps, episodes.reference_logps)
    penalty = -kl_coef * kl + _beyond_cap(episodes, recipe)
    scores = optimised_scores(episodes, recipe) + _length_penalties(episodes, recipe)
    rewards = place_score(penalty, scores, episodes.mask)
    return whiten(rewards, episodes.mask, shift_mean=False) if recipe.whiten_rewards else rewards


def optimised_scores(episodes: Episodes, recipe: PpoRecipe) -> Tensor:
    """Returns the scores [e] that are trained on: the reward's, but for what the recipe replaces."""
    return replace_unended(episodes.scores, episodes.ended, recipe.missing_eos_score)


def _beyond_cap(episodes: Episodes, recipe: PpoRecipe) -> Tensor:
    if recipe.kl_cap is None:
        return torch.zeros_like(episodes.logps)
    kl = k1(episodes.logps, episodes.reference_logps) * episodes.mask
    return kl_cap_penalty(kl, recipe.kl_cap, recipe.kl_cap_coef) * episodes.mask


def _length_penalties(episodes: Episodes, recipe: PpoRecipe) -> Tensor:
    if recipe.length_cap is None:
        return torch.zeros_like(episodes.scores)
    longest = recipe.response_length or Sampling().max_new_tokens
    return length_penalty(episodes.batch.lengths, recipe.length_cap, longest, recipe.length_penalty)


def advantages_of(episodes: Episodes, rewards: Tensor, values: Tensor, recipe: PpoRecipe) -> Advantages:
    """Returns the targets of policy and value, the advantages whitened where the recipe says so."""
    found = gae(rewards, values, episodes.mask, recipe.gamma, recipe.lam)
    if not recipe.whiten_advantages:
        return found
    return Advantages(whiten(found.advantages, episodes.mask), found.returns)


@torch.no_grad()
def episode_features(actors: Actors, episodes: Episodes) -> Tensor:
    """Returns what the value head reads before each response token, [n, d], in reading order."""
    rows = torch.arange(len(episodes.mask), device=episodes.mask.device)
    parts = [select_rows(episodes.batch, part) for part in torch.split(rows, _MEASURED_AT_ONCE)]
    return torch.cat([actors.value.features(part, _policy_hidden(actors, part)).float() for part in parts])


def response_logps(model: PreTrainedModel, batch: ResponseBatch, temperature: float) -> Tensor:
    """Returns the log-probability of each response token, [n]."""
    return _targets_logps(forward_responses(model, batch).logits, batch, temperature)


def _targets_logps(logits: Tensor, batch: ResponseBatch, temperature: float) -> Tensor:
    logits = tempered(logits, temperature)
    return logits.gather(-1, batch.targets.unsqueeze(-1)).squeeze(-1) - torch.logsumexp(logits, -1)


def objective_metrics(episodes: Episodes, kl_coef: float, recipe: PpoRecipe) -> dict[str, float]:
    """Returns what the batch says of the objective, by the names of the metric catalogue."""
    mask = episodes.mask
    kl = (k1(episodes.logps, episodes.reference_logps) * mask).sum(-1).mean()
    caps = {}
    if recipe.length_cap is not None:
        caps["objective/length_penalty"] = _length_penalties(episodes, recipe).mean()
    if recipe.kl_cap is not None:
        caps["objective/kl_cap_penalty"] = _beyond_cap(episodes, recipe).sum(-1).mean()
    values = {
        "objective/kl": kl,
        "objective/kl_k3": (k3(episodes.logps, episodes.reference_logps) * mask).sum(-1).mean(),
        "objective/entropy": (-episodes.logps * mask).sum(-1).mean(),
        "objective/scores": episodes.scores.mean(),
        "objective/non_score_reward": -kl_coef * kl,
        "objective/rlhf_reward": optimised_scores(episodes, recipe).mean() - kl_coef * kl + sum(caps.values()),
        "objective/length": episodes.batch.lengths.float().mean(),
        "val/num_eos_tokens": episodes.ended.sum(),
        **caps,
    }
    return {name: float(value) for name, value in values.items()} | {"objective/kl_coef": kl_coef}


def to_rows(flat: Tensor, mask: Tensor) -> Tensor:
    """Lays flat values [n] out as [e, t], zero on padding."""
    rows = torch.zeros(mask.shape, dtype=flat.dtype, device=flat.device)
    rows[mask] = flat
    return rows


def _logps_and_values(actors: Actors, batch: ResponseBatch, temperature: float) -> tuple[Tensor, Tensor]:
    """Returns the policy's log-probability and the value of each response token, [n] each; one pass where that does."""
    outputs = forward_responses(actors.policy, batch)
    return _targets_logps(outputs.logits, batch, temperature), actors.value(batch, outputs.hidden)


def _policy_hidden(actors: Actors, batch: ResponseBatch) -> Tensor | None:
    """Returns the policy's hidden states [n, d] where the value model reads them."""
    return None if actors.value.trunk is not None else forward_responses(actors.policy, batch).hidden
