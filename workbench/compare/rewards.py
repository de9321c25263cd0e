"""What rewards are made of, in words, and which metrics PPO logs because of it."""

from collections.abc import Iterable, Iterator, Sequence

from workbench.compare.arms import Arm
from workbench.compare.naming import without_folders
from workbench.data.judge_names import ENSEMBLE_PREFIX
from workbench.domain.metrics import ENSEMBLE_PARTS, ensemble_metric, reward_term
from workbench.domain.recipes import MODEL, PpoRecipe, RewardSource
from workbench.domain.records import Job


def reward_metrics(arms: Sequence[Arm]) -> tuple[str, ...]:
    """Returns the names of the terms, ensembles and caps in the rewards of these arms, each once."""
    return tuple(dict.fromkeys(name for arm in arms for job in arm.jobs for name in _logged(job)))


def reward_words(job: Job) -> str:
    """Returns the terms of the reward that an evaluation's proxy is, as "minimum of 3 reward models + 0.5*vader"."""
    recipe = job.recipe
    if not isinstance(recipe, RewardSource):
        return ""
    n, rule = len(job.inputs.rewards), recipe.ensemble.replace("_", " ")
    trained = "the reward model" if n < 2 else f"{rule} of {n} reward models"
    written = (
        term.written.removesuffix(MODEL) + trained if term.source == MODEL else term.written for term in recipe.terms
    )
    return " + ".join(map(without_folders, written))


def _logged(job: Job) -> Iterator[str]:
    recipe = job.recipe
    if not isinstance(recipe, PpoRecipe):
        return
    if len(recipe.terms) > 1 or recipe.terms[0].weight != 1:
        yield from (reward_term(term.source) for term in recipe.terms)
    for source in _ensembles(recipe, job.inputs.rewards):
        yield from (ensemble_metric(source, part) for part in ENSEMBLE_PARTS)
    if recipe.length_cap is not None:
        yield "objective/length_penalty"
    if recipe.kl_cap is not None:
        yield "objective/kl_cap_penalty"


def _ensembles(recipe: PpoRecipe, models: Sequence[str]) -> Iterable[str]:
    for term in recipe.terms:
        if term.source.startswith(ENSEMBLE_PREFIX) or (term.source == MODEL and len(models) > 1):
            yield term.source
