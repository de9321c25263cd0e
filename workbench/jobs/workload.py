"""What a run computes, from its settings and sizes alone: floating point operations, passes in a row, memory.

A pass over a token costs 2 operations a parameter, the way back 4 more (2001.08361, section 2.1). Decoding writes one
token after another, so for small models the number of passes in a row counts, whatever is computed in each.
"""

import math
from dataclasses import dataclass, replace

from workbench.data.text_lengths import TextLengths
from workbench.domain.experiments import Budget
from workbench.domain.recipes import (
    BestOfNRecipe,
    DpoRecipe,
    EvaluateRecipe,
    GivenResponsesRecipe,
    PpoRecipe,
    RewardRecipe,
    SftRecipe,
    TrainingRecipe,
)
from workbench.storage.model_shapes import ModelShape

_MIB = 1024 * 1024
_FORWARD, _TRAIN, _TRAIN_LORA, _RECOMPUTE = 2, 6, 4, 2  # operations a parameter and token
_PASSES_A_STEP = 4  # forward, backward (twice the work), optimizer
_WEIGHT, _TRAINED = 4, 16  # bytes a parameter: fp32; with its gradient and Adam's two moments
_ACTIVATIONS = 34  # values a token and layer, of the hidden width (2205.05198, Eq. 2, without the attention's square)
_LOGITS = 3  # copies of a token's logits: logits, log-probabilities, gradient
_LONGEST_OVER_MEAN = 1.6  # a batch is padded to its longest sequence


@dataclass(frozen=True)
class Sizes:
    """What a run works on.

    Attributes:
        model: the policy, or the reward model where that is trained.
        reward: the reward model that scores; None where none does.
        n_rewards: how many of that size score.
        lengths: of the dataset that the run reads.
        n_rows: of its split.
        n_validation: rows that are looked at once at the end; of an evaluation, prompts that choose checkpoints.
        n_checkpoints: that an evaluation samples from.
        sampling: the longest response when the run samples.
    """

    model: ModelShape
    reward: ModelShape | None
    lengths: TextLengths
    n_rows: int
    n_validation: int = 0
    n_checkpoints: int = 1
    sampling: int = 0
    n_rewards: int = 1

    @property
    def judging(self) -> int:
        """The parameters of all reward models that score."""
        return self.reward.n_parameters * self.n_rewards if self.reward else 0


@dataclass(frozen=True)
class Workload:
    """What a run computes, by each of its processes.

    Attributes:
        operations: floating point, in all.
        passes: through a model, each after the one before.
        layers: that each pass goes through.
        memory_mib: weights, gradients, Adam, activations, cache; without what the libraries take.
        weights_mib: that are read from disk and written once a checkpoint.
        processes: that share the work.
    """

    operations: float
    passes: float
    layers: int
    memory_mib: float
    weights_mib: float
    processes: int = 1


@dataclass(frozen=True)
class Together:
    """How a run is shared.

    Attributes:
        processes: each trains on an equal part of every batch.
        is_sharded: each holds a part of the model in place of a copy.
    """

    processes: int = 1
    is_sharded: bool = False


_ALONE = Together()


def workload(
    recipe: TrainingRecipe | EvaluateRecipe | BestOfNRecipe, sizes: Sizes, budget: Budget, together: Together = _ALONE
) -> Workload:
    """Returns what a run with these settings computes.

    Args:
        recipe: of sft, reward, dpo, ppo, evaluate or best_of_n.
        sizes: what it works on.
        budget: episodes and tokens end it early; seconds are not this function's.
        together: how training is shared; what trains nothing takes one process.
    """
    if isinstance(recipe, EvaluateRecipe):
        return _evaluation(recipe, sizes)
    if isinstance(recipe, BestOfNRecipe):
        return _evaluation(recipe.as_evaluation(), replace(sizes, n_checkpoints=recipe.n))  # every round is one
    if isinstance(recipe, PpoRecipe):
        return _ppo(recipe, sizes, budget, together.processes)
    return _given_responses(recipe, sizes, budget, together)


def examples_in_all(recipe: TrainingRecipe, sizes: Sizes, budget: Budget) -> int:
    """Returns how many rows or episodes a run trains on before its first limit."""
    wanted = max(1, math.ceil(sizes.n_rows * recipe.num_train_epochs))
    if isinstance(recipe, PpoRecipe):
        wanted = recipe.total_episodes or wanted
    if recipe.max_steps is not None:
        wanted = min(wanted, recipe.max_steps * recipe.batch_size)
    if budget.tokens is not None:
        wanted = min(wanted, max(1, math.ceil(budget.tokens / tokens_an_example(recipe, sizes))))
    return min(wanted, budget.episodes or wanted)


def tokens_an_example(recipe: TrainingRecipe, sizes: Sizes) -> float:
    """Returns the tokens of one row or episode, both responses of a pair included."""
    lengths, most = sizes.lengths, min(recipe.max_length, sizes.model.context or recipe.max_length)
    if isinstance(recipe, PpoRecipe):
        return max(1.0, min(lengths.prompt, most) + sizes.sampling)
    chosen = min(lengths.prompt + lengths.chosen, most)
    if isinstance(recipe, SftRecipe):
        return max(1.0, chosen)
    return max(1.0, chosen + min(lengths.prompt + lengths.rejected, most))


def _given_responses(recipe: TrainingRecipe, sizes: Sizes, budget: Budget, together: Together) -> Workload:
    n, tokens, size = examples_in_all(recipe, sizes, budget), tokens_an_example(recipe, sizes), sizes.model.n_parameters
    reference = _FORWARD if isinstance(recipe, DpoRecipe) else 0
    operations = n * tokens * size * (_training(recipe) + reference) / together.processes
    operations += sizes.n_validation * tokens * size * (_FORWARD + reference) / together.processes
    passes = math.ceil(n / recipe.batch_size) * (_PASSES_A_STEP + bool(reference)) * _parts(recipe)
    weights = size * (_WEIGHT if reference else 0) + _trained_bytes(recipe, sizes.model)
    weights /= together.processes if together.is_sharded else 1
    if isinstance(recipe, RewardRecipe) and recipe.normalize:  # by every process for itself
        sampled = recipe.normalize_samples * (sizes.lengths.prompt + sizes.sampling)
        operations += sampled * size * 2 * _FORWARD
        passes += math.ceil(recipe.normalize_samples / recipe.batch_size) * sizes.sampling
    rows_at_once = recipe.batch_size / recipe.gradient_accumulation_steps / together.processes
    memory = weights + _activations(recipe, sizes.model, rows_at_once * tokens * _LONGEST_OVER_MEAN)
    loaded = size * _WEIGHT / _MIB
    return Workload(operations, passes, sizes.model.n_layers, memory / _MIB, loaded, together.processes)


def _ppo(recipe: PpoRecipe, sizes: Sizes, budget: Budget, processes: int) -> Workload:
    n, tokens, size = examples_in_all(recipe, sizes, budget), tokens_an_example(recipe, sizes), sizes.model.n_parameters
    judge = sizes.judging
    separate = recipe.value_model == "separate"
    # Sampled once, read by policy, reference, value and reward model, then trained on in every PPO epoch.
    sampled = _FORWARD * (size * (3 + separate) + judge)
    trained = recipe.num_ppo_epochs * _training(recipe) * size * (1 + separate)
    updates = math.ceil(n / recipe.batch_size)
    steps = recipe.num_ppo_epochs * recipe.num_mini_batches * recipe.gradient_accumulation_steps
    passes = updates * (sizes.sampling + 4 + steps * _PASSES_A_STEP * (1 + separate))
    reference = 0 if recipe.lora_rank else size * _WEIGHT
    weights = _trained_bytes(recipe, sizes.model) + reference + judge * _WEIGHT + separate * size * _TRAINED
    batch = recipe.batch_size / processes * tokens
    part = batch / recipe.num_mini_batches / recipe.gradient_accumulation_steps
    learning = _activations(recipe, sizes.model, part) * (1 + separate)
    sampling = batch * _cache(sizes.model)
    memory = (weights + max(learning, sampling)) / _MIB
    loaded = (2 * size + judge + separate * size) * _WEIGHT / _MIB
    operations = n * tokens * (sampled + trained) / processes
    return Workload(operations, passes, sizes.model.n_layers, memory, loaded, processes)


def _evaluation(recipe: EvaluateRecipe, sizes: Sizes) -> Workload:
    n = min(sizes.n_rows, recipe.max_prompts or sizes.n_rows) + min(sizes.n_validation, recipe.max_validation_prompts)
    tokens, size = sizes.lengths.prompt + recipe.max_new_tokens, sizes.model.n_parameters
    judge = sizes.judging
    operations = n * sizes.n_checkpoints * tokens * _FORWARD * (3 * size + judge)  # sampled, then read by all three
    passes = sizes.n_checkpoints * math.ceil(n / recipe.batch_size) * (recipe.max_new_tokens + 3)
    at_once = min(n, recipe.batch_size) * tokens
    logits = at_once * sizes.model.vocabulary * _WEIGHT * 2
    memory = (2 * size + judge) * _WEIGHT + max(at_once * _cache(sizes.model), logits)
    return Workload(operations, passes, sizes.model.n_layers, memory / _MIB, (2 * size + judge) * _WEIGHT / _MIB)


def _training(recipe: TrainingRecipe) -> int:
    once = _TRAIN_LORA if recipe.lora_rank else _TRAIN
    return once + (_RECOMPUTE if recipe.gradient_checkpointing else 0)


def _parts(recipe: TrainingRecipe) -> int:
    return recipe.gradient_accumulation_steps if isinstance(recipe, GivenResponsesRecipe) else 1


def _trained_bytes(recipe: TrainingRecipe, model: ModelShape) -> float:
    if not recipe.lora_rank:
        return model.n_parameters * _TRAINED
    adapters = 2 * recipe.lora_rank * model.hidden * 7 * model.n_layers  # on the seven matrices of a layer
    return model.n_parameters * _WEIGHT + adapters * _TRAINED


def _activations(recipe: TrainingRecipe, model: ModelShape, n_tokens: float) -> float:
    """Returns bytes: every layer's activations (their inputs alone where they are recomputed) and the logits."""
    width = 2 if recipe.precision == "bf16" else 4
    values = _ACTIVATIONS / model.n_layers + 1 if recipe.gradient_checkpointing else _ACTIVATIONS
    logits = 0 if isinstance(recipe, RewardRecipe) else model.vocabulary * _WEIGHT * _LOGITS
    return n_tokens * (model.n_layers * model.hidden * values * width / 2 + logits)


def _cache(model: ModelShape) -> float:
    """Returns the bytes that a token leaves in the key-value cache, in fp32."""
    return 2 * model.n_layers * model.kv_width * _WEIGHT
