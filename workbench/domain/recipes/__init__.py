"""The typed settings of each method. A recipe is frozen into a run's job and never changes afterwards."""

from workbench.domain.recipes.best_of_n import BestOfNRecipe
from workbench.domain.recipes.dpo import DpoRecipe
from workbench.domain.recipes.evaluate import EvaluateRecipe, Sampling, ScoreRecipe
from workbench.domain.recipes.judge import JudgeRecipe
from workbench.domain.recipes.ppo import PpoRecipe
from workbench.domain.recipes.reward import RewardRecipe
from workbench.domain.recipes.rewards import MODEL, EnsembleRule, RewardSource, RewardTerm
from workbench.domain.recipes.sft import SftRecipe
from workbench.domain.recipes.training import GivenResponsesRecipe, TrainingRecipe, auto_learning_rate

__all__ = [
    "MODEL",
    "BestOfNRecipe",
    "DpoRecipe",
    "EnsembleRule",
    "EvaluateRecipe",
    "GivenResponsesRecipe",
    "JudgeRecipe",
    "PpoRecipe",
    "RewardRecipe",
    "RewardSource",
    "RewardTerm",
    "Sampling",
    "ScoreRecipe",
    "SftRecipe",
    "TrainingRecipe",
    "auto_learning_rate",
]
