"""The reward model: a judge learned from people's comparisons."""

from typing import ClassVar

from workbench.domain.pairs import Half
from workbench.domain.recipes.training import GivenResponsesRecipe
from workbench.domain.settings import setting


class RewardRecipe(GivenResponsesRecipe):
    """Bradley-Terry: -log sigmoid(r_chosen - r_rejected - margin) (2203.02155, section 3.5, Eq. 1)."""

    base_learning_rate: ClassVar[float] = 9e-6  # 2203.02155, C.2

    num_train_epochs: float = setting(
        1.0,
        label="Epochs",
        unit="passes",
        help="Passes over the training split; a second one usually overfits (2203.02155, C.2).",
        thorough=2.0,
        gt=0,
        le=1000,
    )
    center_rewards_coefficient: float = setting(
        0.0,
        label="Centring",
        help="Weight of mean((r_chosen + r_rejected)^2), which keeps scores near zero; 0.01 is a usual value "
        "(2312.09244, Eq. 2).",
        advanced=True,
        ge=0,
    )
    use_margin: bool = setting(
        True, label="Use margins", help="Subtracts the data's margin column inside the loss, where there is one."
    )
    normalize: bool = setting(
        True,
        label="Normalise on the reference",
        help="Afterwards shifts and scales the scores to mean 0 and variance 1 on samples of the start model.",
    )
    normalize_samples: int = setting(
        256,
        label="Samples for that",
        unit="responses",
        help="Prompts sampled for the normalisation.",
        advanced=True,
        ge=2,
    )
    normalize_temperature: float | None = setting(
        None,
        label="Their temperature",
        help="Empty: as in sampling, else 1.",
        advanced=True,
        gt=0,
        le=10,
    )
    normalize_length: int | None = setting(
        None,
        label="Their longest response",
        unit="tokens",
        help="Empty: as in sampling, else what nine of ten chosen responses do not exceed.",
        advanced=True,
        ge=1,
    )
    half: Half = setting(
        "all",
        label="Pairs",
        help="all, or the pairs of the first or the second half of the prompts, divided by a hash that is the same in every "
        "run: so two reward models can learn from pairs that share no prompt.",
        advanced=True,
    )
    model: str | None = setting(
        None,
        label="Base model",
        help="Another base model than the policy's, with its own tokenizer and template; scores are computed on text.",
        advanced=True,
    )
