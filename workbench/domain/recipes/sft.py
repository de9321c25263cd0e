"""Supervised fine-tuning: the start model of both roads."""

from typing import ClassVar

from workbench.domain.recipes.training import GivenResponsesRecipe
from workbench.domain.settings import setting


class SftRecipe(GivenResponsesRecipe):
    """Next-token training on demonstrations, or on the chosen responses of a preference dataset."""

    base_learning_rate: ClassVar[float] = 1.5e-5

    completion_only: bool = setting(
        True, label="Responses only", help="The loss counts the response's tokens and not the prompt's."
    )
    from_scratch: bool = setting(
        False,
        label="From scratch",
        help="Starts from random weights drawn from the run's seed; the model folder then needs only a configuration and a "
        "tokenizer.",
        advanced=True,
    )
