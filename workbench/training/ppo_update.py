"""One update of PPO: from scored responses to new weights."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from workbench.domain.errors import KlDiverged, NotANumber
from workbench.domain.recipes import PpoRecipe
from workbench.training.cores import SideBySide, twin_of
from workbench.training.forward import ResponseBatch, forward_responses, parts_for_memory, select_rows, tempered
from workbench.training.kl import entropy_of
from workbench.training.policy_gradient import (
    Advantages,
    adapt_kl_coef,
    approx_kl,
    explained_variance,
    gae,
    policy_loss,
    scheduled,
    value_loss,
)
from workbench.training.ppo_data import derived_seed, minibatches, seeded
from workbench.training.ppo_episodes import (
    Actors,
    Episodes,
    advantages_of,
    episode_features,
    measure_episodes,
    objective_metrics,
    token_rewards,
)
from workbench.training.processes import Processes
from workbench.training.rollout import Rollout
from workbench.training.value import fit_head


@dataclass(frozen=True, slots=True)
class PpoSettings:
    """What a run settled before its first update.

    Attributes:
        recipe: the person's settings.
        learning_rate: peak.
        temperature: of the sampling.
        n_updates: in all; the schedule ends there.
        seed: the run's.
        pad_id: any token.
        dtype: of matrix products; bf16 goes through autocast, weights stay fp32.
    """

    recipe: PpoRecipe
    learning_rate: float
    temperature: float
    n_updates: int
    seed: int
    pad_id: int
    dtype: torch.dtype = torch.float32


# Sums over the response tokens of a minibatch, the policy's first, kept on the device: reading them would wait for it.
_SUMS = ("policy_loss", "approx_kl", "policy_clipped", "entropy", "ratio", "value_loss", "value_clipped")


@dataclass(frozen=True, slots=True)
class _Part:
    """Some episodes as the losses need them: sequences, and [n] tensors over their response tokens."""

    batch: ResponseBatch
    logps: Tensor
    values: Tensor
    advantages: Tensor
    returns: Tensor

    @classmethod
    def cut(cls, episodes: Episodes, values: Tensor, targets: Advantages, rows: Tensor) -> "_Part":
        mask = episodes.mask[rows]
        kept = [whole[rows][mask] for whole in (episodes.logps, values, targets.advantages, targets.returns)]
        return cls(select_rows(episodes.batch, rows), *kept)

    def halves(self) -> tuple["_Part", "_Part"]:
        """Returns every second episode and the others; laid out by length, so that both are as long."""
        first = torch.arange(len(self.batch.lengths), device=self.logps.device) % 2 == 0
        of_token = torch.repeat_interleave(first, self.batch.lengths)
        whole = (self.logps, self.values, self.advantages, self.returns)
        cuts = [
            _Part(select_rows(self.batch, rows.nonzero().squeeze(-1)), *(values[tokens] for values in whole))
            for rows, tokens in ((first, of_token), (~first, ~of_token))
        ]
        return cuts[0], cuts[1]

    @property
    def no_hidden(self) -> Tensor:
        """What a value model with a trunk of its own gets of the policy's hidden states."""
        return torch.empty(0, device=self.logps.device)


class PpoLearner:
    """Trains policy and value model on scored rollouts.

    Args:
        actors: the models; their trainable weights are what is trained.
        settings: settled settings.
        processes: those that train them together, each with its own copy; all take the same steps.

    Attributes:
        optimizer: one AdamW over both models' weights.
        kl_coef: the KL coefficient; moves where it is adaptive.
    """

    def __init__(self, actors: Actors, settings: PpoSettings, processes: Processes | None = None) -> None:
        self.actors, self.settings = actors, settings
        self.processes = processes or Processes(actors.policy.device)
        self.kl_coef = settings.recipe.kl_coef
        self._vocabulary: int = actors.policy.config.get_text_config().vocab_size
        recipe = settings.recipe
        self._policy_weights = [weight for weight in actors.policy.parameters() if weight.requires_grad]
        self._value_weights = [weight for weight in actors.value.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.AdamW(
            [*self._policy_weights, *self._value_weights],
            lr=settings.learning_rate,
            eps=recipe.adam_epsilon,
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        # Dropout and checkpointing use torch's one random state, which two threads would use in no certain order.
        one_by_one = recipe.gradient_checkpointing or recipe.lora_dropout > 0
        self._at_once = SideBySide(actors.policy.device, allowed=not one_by_one)
        # On one trunk two halves of the episodes go side by side, each through a model object of its own.
        self._twin = twin_of(actors.policy) if actors.value.trunk is None and self._at_once.is_parallel else None
        if recipe.gradient_checkpointing:
            for model in (actors.policy, actors.value.trunk):
                if model is not None:
                    model.activation_checkpointing_enable({"use_reentrant": False})

    def autocast(self) -> torch.autocast:
        """Returns the context in which all models compute.

        It keeps each weight as it was first rounded, so none may be open around an optimizer step: what comes after would
        compute with the weights from before.
        """
        device = self.actors.policy.device.type
        return torch.autocast(device, dtype=torch.bfloat16, enabled=self.settings.dtype == torch.bfloat16)

    def learn(self, rollout: Rollout, scores: Tensor, step: int) -> dict[str, float]:
        """Does update number `step` (from 0).

        Args:
            rollout: sampled from the policy as it is now, all processes' episodes.
            scores: [e] the reward's.
            step: decides the learning rate and the minibatches.

        Returns:
            Metrics by the names of the catalogue.

        Raises:
            KlDiverged: the policy is further from the reference than the recipe allows; nothing was trained.
            NotANumber: the KL, a loss or a gradient is not finite; the weights are not worth saving.
        """
        recipe = self.settings.recipe
        # 1. What was sampled, as policy, reference and value model see it before anything moves.
        with self.autocast():
            episodes = self._measure(rollout, scores)
        objective = objective_metrics(episodes, self.kl_coef, recipe)
        _check_finite(objective, step)
        _check_kl(objective["objective/kl"], recipe.max_kl)

        # 2. A reward for each token, and from it and the values what policy and value model shall learn.
        rewards = token_rewards(episodes, self.kl_coef, recipe)
        values = self._fitted_values(episodes, rewards)
        targets = advantages_of(episodes, rewards, values, recipe)

        # 3. Some passes of clipped steps.
        learned = self._optimise(episodes, values, targets, step)
        _check_finite(learned, step)

        # 4. The KL coefficient of the next update.
        if recipe.adaptive_kl:
            self.kl_coef = adapt_kl_coef(
                self.kl_coef, objective["objective/kl"], recipe.kl_target, len(scores), recipe.kl_horizon
            )
        explained = explained_variance(values, targets.returns, episodes.mask)
        return objective | learned | {"val/explained_variance": float(explained)}

    def _measure(self, rollout: Rollout, scores: Tensor) -> Episodes:
        return measure_episodes(
            self.actors,
            rollout,
            scores,
            temperature=self.settings.temperature,
            pad_id=self.settings.pad_id,
            recompute=self.settings.dtype == torch.bfloat16 or self.settings.recipe.sampler == "vllm",
            processes=self.processes,
            at_once=self._at_once,
        )

    def _fitted_values(self, episodes: Episodes, rewards: Tensor) -> Tensor:
        """Returns the values [e, t]; a new head is fitted to the first rollout's rewards to come."""
        value = self.actors.value
        if value.is_fitted:
            return episodes.values
        # Without values and with lambda 1 the return is the discounted sum of the rewards to come.
        to_come = gae(rewards, torch.zeros_like(rewards), episodes.mask, self.settings.recipe.gamma, 1.0).returns
        with self.autocast():
            features = episode_features(self.actors, episodes)
        fit_head(value.head, features, to_come[episodes.mask])
        value.is_fitted = True
        fitted = torch.zeros_like(episodes.values)
        fitted[episodes.mask] = value.read(features).detach()
        return fitted

    def _optimise(self, episodes: Episodes, values: Tensor, targets: Advantages, step: int) -> dict[str, float]:
        recipe, n_episodes = self.settings.recipe, len(episodes.mask)
        rate = scheduled(
            self.settings.learning_rate,
            step,
            self.settings.n_updates,
            kind=recipe.lr_scheduler_type,
            warmup_ratio=recipe.warmup_ratio,
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        shuffle = seeded(self.settings.seed, "minibatches", step)
        dropout = "dropout" if self.processes.is_first else f"dropout {self.processes.rank}"
        torch.manual_seed(derived_seed(self.settings.seed, dropout, step))  # LoRA's, where the recipe asks for it
        means, norms = [], []
        self._train_mode(on=True)
        for _ in range(recipe.num_ppo_epochs):
            for rows in minibatches(n_episodes, recipe.num_mini_batches, shuffle):
                means.append(self._minibatch(episodes, values, targets, rows.to(episodes.mask.device)))
                norms.append(self._step())
        self._train_mode(on=False)
        return _learned_metrics(torch.stack(means), torch.stack(norms), recipe.vf_coef) | {"learning_rate": rate}

    def _minibatch(self, episodes: Episodes, values: Tensor, targets: Advantages, rows: Tensor) -> Tensor:
        """Adds up a minibatch's gradients, part by part and over all processes; returns the means over its tokens."""
        n_tokens = episodes.batch.lengths[rows].sum()
        by_length = rows[torch.argsort(episodes.batch.lengths[rows], stable=True)]
        mine = by_length[self.processes.rank :: self.processes.count]  # of every length, so that none waits long
        n_logits_parts = parts_for_memory(len(mine) * episodes.mask.shape[1], self._vocabulary)
        n_parts = min(max(self.settings.recipe.gradient_accumulation_steps, n_logits_parts), len(mine))
        total = torch.zeros(len(_SUMS), device=rows.device)
        for part in mine.tensor_split(n_parts) if n_parts else ():
            total += self._backward(_Part.cut(episodes, values, targets, part), n_tokens)
        self.processes.sum_gradients([*self._policy_weights, *self._value_weights])
        return self.processes.sum(total) / n_tokens

    def _backward(self, part: _Part, n_tokens: Tensor) -> Tensor:
        """Adds a part's gradients to the weights'; returns its sums in the order of `_SUMS`."""
        if self.actors.value.trunk is None:
            return self._backward_together(part, n_tokens)

        def policy() -> Tensor:
            with self.autocast():
                loss, sums, _ = self._policy_sums(self.actors.policy, part)
            (loss / n_tokens).backward()  # type: ignore[no-untyped-call]
            return sums

        def value() -> Tensor:
            with self.autocast():
                loss, sums = self._value_sums(part, part.no_hidden)
            (self.settings.recipe.vf_coef * loss / n_tokens).backward()  # type: ignore[no-untyped-call]
            return sums

        return torch.cat(self._at_once.run(policy, value))

    def _backward_together(self, part: _Part, n_tokens: Tensor) -> Tensor:
        """Does what `_backward` does where policy and value head share a trunk, and so a graph."""
        weights = [*self._policy_weights, *self._value_weights]

        def gradients(policy: PreTrainedModel, half: _Part) -> tuple[Tensor, Sequence[Tensor]]:
            with self.autocast():
                loss, policy_sums, hidden = self._policy_sums(policy, half)
                value_loss, value_sums = self._value_sums(half, hidden)
            loss = (loss + self.settings.recipe.vf_coef * value_loss) / n_tokens
            return torch.cat([policy_sums, value_sums]), torch.autograd.grad(loss, weights, materialize_grads=True)

        if self._twin is None or len(part.batch.lengths) == 1:
            found = [gradients(self.actors.policy, part)]
        else:
            twin, (even, odd) = self._twin, part.halves()
            found = self._at_once.run(lambda: gradients(self.actors.policy, even), lambda: gradients(twin, odd))
        for _, grads in found:  # in this order, whichever came first: sums are the same to the bit in every run
            for weight, grad in zip(weights, grads, strict=True):
                weight.grad = grad if weight.grad is None else weight.grad.add_(grad)
        return torch.stack([sums for sums, _ in found]).sum(0)

    def _policy_sums(self, policy: PreTrainedModel, part: _Part) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the loss, the policy's share of `_SUMS`, and the hidden states [n, d]."""
        outputs = forward_responses(policy, part.batch)
        log_p = torch.log_softmax(tempered(outputs.logits, self.settings.temperature), -1)
        logps = log_p.gather(-1, part.batch.targets.unsqueeze(-1)).squeeze(-1)
        clipped = policy_loss(logps, part.logps, part.advantages, self.settings.recipe.cliprange)
        loss = clipped.loss.sum()
        log_p, logps = log_p.detach(), logps.detach()  # what follows is for reading only
        sums = (
            loss.detach(),
            approx_kl(logps, part.logps).sum(),
            clipped.clipped.sum(),
            entropy_of(log_p).sum(),
            torch.exp(logps - part.logps).sum(),
        )
        return loss, torch.stack([value.float() for value in sums]), outputs.hidden

    def _value_sums(self, part: _Part, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the loss and the value model's share of `_SUMS`."""
        predicted = self.actors.value(part.batch, hidden)
        value = value_loss(predicted, part.values, part.returns, self.settings.recipe.cliprange_value)
        loss = value.loss.sum()
        return loss, torch.stack([loss.detach().float(), value.clipped.sum().float()])

    def _step(self) -> Tensor:
        """Clips each model's gradient by its own norm, so that a value model's errors do not slow the policy.

        Returns:
            [2] the norms of policy and value model before that.
        """
        limit = self.settings.recipe.max_grad_norm
        norms = [nn.utils.clip_grad_norm_(weights, limit) for weights in (self._policy_weights, self._value_weights)]
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return torch.stack(norms).detach()

    def _train_mode(self, *, on: bool) -> None:
        # Training mode switches dropout on, and checkpointing works in no other; the models' own dropout is zero.
        if self.settings.recipe.gradient_checkpointing or self.settings.recipe.lora_dropout > 0:
            self.actors.policy.train(on)
            self.actors.value.train(on)


def _check_finite(values: Mapping[str, float], step: int) -> None:
    for name, value in values.items():
        if not math.isfinite(value):
            raise NotANumber(
                f"At step {step + 1} `{name}` became {value}.",
                "Lower the learning rate, or use fp32 where it is bf16.",
            )


def _check_kl(kl: float, max_kl: float) -> None:
    if kl > max_kl:
        raise KlDiverged(
            f"The policy is {kl:.0f} nats a sequence from the reference; the run gives up above {max_kl:.0f}.",
            "Raise the KL coefficient, turn the adaptive one on, or lower the learning rate.",
        )


def _learned_metrics(means: Tensor, norms: Tensor, vf_coef: float) -> dict[str, float]:
    """Args: means [m, 7] of the minibatches in the order of `_SUMS`; norms [m, 2] of policy and value model."""
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
        "val/ratio_var": float(means[:, _SUMS.index("ratio")].var(unbiased=False)),
        "grad_norm": float(norms[:, 0].mean()),
        "val/grad_norm": float(norms[:, 1].mean()),
    }
