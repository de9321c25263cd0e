"""One update of PPO: from scored responses to new weights. Read `PpoLearner.learn` from top to bottom."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workbench.domain.errors import KlDiverged, NotANumber
from workbench.domain.recipes import PpoRecipe
from workbench.training.cores import SideBySide
from workbench.training.forward import parts_for_memory
from workbench.training.policy_gradient import Advantages, adapt_kl_coef, explained_variance, gae, scheduled
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
from workbench.training.ppo_losses import SUMS, Part, learned_metrics, policy_sums, value_sums
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
        self._temperature = settings.temperature
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
        return learned_metrics(torch.stack(means), torch.stack(norms), recipe.vf_coef) | {"learning_rate": rate}

    def _minibatch(self, episodes: Episodes, values: Tensor, targets: Advantages, rows: Tensor) -> Tensor:
        """Adds up a minibatch's gradients, part by part and over all processes; returns the means over its tokens."""
        n_tokens = episodes.batch.lengths[rows].sum()
        by_length = rows[torch.argsort(episodes.batch.lengths[rows], stable=True)]
        mine = by_length[self.processes.rank :: self.processes.count]  # of every length, so that none waits long
        n_logits_parts = parts_for_memory(len(mine) * episodes.mask.shape[1], self._vocabulary)
        n_parts = min(max(self.settings.recipe.gradient_accumulation_steps, n_logits_parts), len(mine))
        total = torch.zeros(len(SUMS), device=rows.device)
        for part in mine.tensor_split(n_parts) if n_parts else ():
            total += self._backward(Part.cut(episodes, values, targets, part), n_tokens)
        self.processes.sum_gradients([*self._policy_weights, *self._value_weights])
        return self.processes.sum(total) / n_tokens

    def _backward(self, part: Part, n_tokens: Tensor) -> Tensor:
        """Adds a part's gradients to the weights'; returns its sums in the order of `SUMS`."""
        recipe = self.settings.recipe
        if self.actors.value.trunk is None:
            return self._backward_together(part, n_tokens)

        def policy() -> Tensor:
            with self.autocast():
                loss, sums, _ = policy_sums(self.actors.policy, part, self._temperature, recipe)
            (loss / n_tokens).backward()  # type: ignore[no-untyped-call]
            return sums

        def value() -> Tensor:
            with self.autocast():
                loss, sums = value_sums(self.actors.value, part, None, recipe)
            (recipe.vf_coef * loss / n_tokens).backward()  # type: ignore[no-untyped-call]
            return sums

        return torch.cat(self._at_once.run(policy, value))

    def _backward_together(self, part: Part, n_tokens: Tensor) -> Tensor:
        """Does what `_backward` does where policy and value head share a trunk, and so a graph."""
        recipe = self.settings.recipe
        with self.autocast():
            loss, of_policy, hidden = policy_sums(self.actors.policy, part, self._temperature, recipe)
            value_loss, of_value = value_sums(self.actors.value, part, hidden, recipe)
        ((loss + recipe.vf_coef * value_loss) / n_tokens).backward()  # type: ignore[no-untyped-call]
        return torch.cat([of_policy, of_value])

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
