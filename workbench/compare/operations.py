"""What training computes: floating point operations, counted alike for every method.

A pass over a token costs 2 operations a weight, the way back 4 more: 6 N D to train, 2 N D to read (2001.08361, section
2.1). N are the weights that a token is multiplied with: all but a table of input embeddings that is only looked up; the
output layer counts. Attention's products of tokens with tokens are left out, as there. Recomputed activations count once.
"""

from dataclasses import dataclass

from workbench.domain.recipes import DpoRecipe, PpoRecipe, RewardRecipe, TrainingRecipe

_READ, _TRAIN, _TRAIN_LORA = 2, 6, 4  # operations a weight and token; frozen weights get no gradient of their own


@dataclass(frozen=True)
class Weights:
    """How many weights a token is multiplied with in each model of a run; 0 where it has none.

    Attributes:
        policy: that is trained or that answers; of a reward run the start model, whose samples scale the scores.
        reward: the reward model, trained by a reward run and read by PPO.
        further: the further reward models that PPO reads, together.
    """

    policy: int
    reward: int = 0
    further: int = 0


@dataclass(frozen=True)
class Work:
    """What a run went through.

    Attributes:
        tokens: of its examples, each once: prompt and response; both responses of a pair.
        sampled: of prompts and responses that were sampled to scale a reward model's scores.
    """

    tokens: float
    sampled: float = 0.0


def passes(recipe: TrainingRecipe) -> int:
    """Returns how often each counted token is trained on: PPO goes several times over each batch of episodes."""
    return recipe.num_ppo_epochs if isinstance(recipe, PpoRecipe) else 1


def operations(recipe: TrainingRecipe, work: Work, weights: Weights) -> float:
    """Returns the floating point operations of a run.

    Args:
        recipe: of sft, reward, dpo or ppo.
        work: what it went through; the counts of sft, reward and dpo have every epoch in them already.
        weights: of its models.
    """
    train = _TRAIN_LORA if recipe.lora_rank else _TRAIN
    match recipe:
        case PpoRecipe():
            return work.tokens * _ppo_a_token(recipe, weights, train)
        case DpoRecipe():
            return work.tokens * weights.policy * (train + _READ / _readings(recipe))
        case RewardRecipe():
            return work.tokens * train * weights.reward + work.sampled * _READ * (weights.policy + weights.reward)
        case _:
            return work.tokens * train * weights.policy


def _ppo_a_token(recipe: PpoRecipe, weights: Weights, train: int) -> float:
    """Sampled once; read by policy, reference, reward and value model; then trained on in every PPO epoch.

    A value model of its own starts from the reward model, or from the policy where a program is the reward.
    """
    value = (weights.reward or weights.policy) if recipe.value_model == "separate" else 0
    read = _READ * (3 * weights.policy + weights.reward + weights.further + value)
    return read + recipe.num_ppo_epochs * train * (weights.policy + value)


def _readings(recipe: DpoRecipe) -> float:
    """Returns how many epochs share one pass of the reference."""
    return max(1.0, recipe.num_train_epochs) if recipe.precompute_ref_log_probs else 1.0
