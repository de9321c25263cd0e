"""Best of n: many answers of the start model to each prompt, of which the reward keeps one."""

from workbench.domain.recipes.evaluate import EvaluateRecipe
from workbench.domain.recipes.rewards import RewardSource
from workbench.domain.settings import setting


class BestOfNRecipe(RewardSource):
    """How many answers, to which prompts, judged by whom (2112.09332, section 3.2)."""

    n: int = setting(
        16,
        label="Best of",
        unit="responses",
        help="Sampled for each prompt; every smaller n is estimated from the same responses.",
        ge=2,
        le=4096,
    )
    max_prompts: int | None = setting(
        64, label="Prompts", help="At most so many of the test prompts, the first ones. Empty: all.", ge=2
    )
    temperature: float = setting(1.0, label="Temperature", help="Of the start model.", gt=0, le=10)
    max_new_tokens: int = setting(48, label="Longest response", unit="tokens", help="A response ends here.", ge=1)
    stop_strings: tuple[str, ...] = setting((), label="Stop strings", help="Text that ends a response.", advanced=True)
    batch_size: int = setting(
        64, label="Batch size", unit="responses", help="Sampled at once; no effect on the result.", advanced=True, ge=1
    )
    judges: tuple[str, ...] = setting(
        ("length",),
        label="Judges",
        help="The first is the gold judge; the reward model that chooses is not among them.",
    )

    def as_evaluation(self) -> EvaluateRecipe:
        """Returns the evaluation of the start model that a single round is."""
        return EvaluateRecipe(
            temperature=self.temperature,
            max_new_tokens=self.max_new_tokens,
            stop_strings=self.stop_strings,
            max_prompts=self.max_prompts,
            batch_size=self.batch_size,
            judges=self.judges,
            rewards=self.rewards,
            ensemble=self.ensemble,
            ensemble_coef=self.ensemble_coef,
        )
