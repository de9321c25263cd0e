"""A language model's judgement of samples that are there already."""

from workbench.domain.endpoints import PairwiseQuestion
from workbench.domain.settings import Settings, setting


class JudgeRecipe(Settings):
    """Each checkpoint's responses against the start model's, in both orders."""

    endpoint: str = setting(label="Judge", help="The endpoint, by its name in the preferences.", min_length=1)
    url: str = setting(
        "",
        label="Address",
        help="Where the endpoint was when the run was planned. Empty: a run from before it was kept.",
    )
    question: PairwiseQuestion = setting(label="Question", help="Which model is asked, and in which words.")
    last_only: bool = setting(
        False, label="Last checkpoint only", help="Leaves the earlier checkpoints out, which saves most of the cost."
    )
    max_prompts: int | None = setting(
        None, label="Prompts", help="At most so many of those that were answered, the first ones. Empty: all.", ge=1
    )
