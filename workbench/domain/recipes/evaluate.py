"""Sampling from checkpoints and judging the samples: the same for every arm."""

from typing import Literal

from workbench.domain.recipes.rewards import RewardSource
from workbench.domain.settings import Settings, setting

# Few: choosing among a handful of checkpoints needs less than reporting, and evaluation must not double. Of 64 prompts a
# mean score has a standard error of an eighth of the scores' standard deviation.
MAX_VALIDATION_PROMPTS = 64


class Sampling(Settings):
    """How responses are drawn, in training and in evaluation alike."""

    temperature: float = setting(1.0, label="Temperature", help="1 is the model's own distribution.", gt=0, le=10)
    max_new_tokens: int = setting(
        48, label="Longest response", unit="tokens", help="A response ends here at the latest.", ge=1, le=100_000
    )
    stop_strings: tuple[str, ...] = setting(
        (), label="Stop strings", help="Text that ends a response as an end-of-sequence token does.", advanced=True
    )


class EvaluateRecipe(RewardSource):
    """Which checkpoints, which prompts, which judges; the reward is the proxy."""

    checkpoints: Literal["all", "best", "last"] = setting(
        "all", label="Checkpoints", help="best: by the gold judge on the validation prompts, among those evaluated."
    )
    temperature: float = setting(1.0, label="Temperature", help="Of policy and reference alike.", gt=0, le=10)
    max_new_tokens: int = setting(48, label="Longest response", unit="tokens", help="A response ends here.", ge=1)
    stop_strings: tuple[str, ...] = setting(
        (), label="Stop strings", help="Text that ends a response, of policy and reference alike.", advanced=True
    )
    max_prompts: int | None = setting(
        None, label="Prompts", help="At most so many of the test prompts, the first ones. Empty: all.", ge=1
    )
    max_validation_prompts: int = setting(
        MAX_VALIDATION_PROMPTS,
        label="Validation prompts",
        help="At most so many of the validation prompts, the first ones. They choose the best checkpoint and are never "
        "reported on. 0: none.",
        ge=0,
    )
    batch_size: int = setting(
        64, label="Batch size", unit="responses", help="Sampled at once; no effect on the result.", advanced=True, ge=1
    )
    judges: tuple[str, ...] = setting(
        ("length",),
        label="Judges",
        help="The first is the gold judge. vader, length, film-critic, reward:RUN_OR_FOLDER, "
        "ensemble:RUN_OR_FOLDER+RUN_OR_FOLDER (mean, minimum and spread), package.module:function or file.py:function.",
    )
    proxy: bool = setting(True, label="Proxy score", help="Scores with the run's reward too, where there is one.")


class ScoreRecipe(Settings):
    """Scoring given responses with a reward model."""

    batch_size: int = setting(64, label="Batch size", unit="responses", help="Scored at once.", advanced=True, ge=1)
    max_length: int = setting(1024, label="Longest sequence", unit="tokens", help="Prompt and response together.", ge=8)
