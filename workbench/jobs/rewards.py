"""What a policy is rewarded by, resolved at planning: the names that it reads, with the content behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.domain.recipes import MODEL, PpoRecipe, RewardSource
from workbench.jobs.drafts import Draft
from workbench.jobs.references import Reference, References

_JUST_THE_MODEL = RewardSource()


@dataclass(frozen=True)
class PlannedReward:
    """A reward as runs read it.

    Attributes:
        source: its settings, with names as jobs store them.
        n_models: how many reward models of the experiment's own it reads.
        terms: what stands behind the other terms.
    """

    source: RewardSource = _JUST_THE_MODEL
    n_models: int = 1
    terms: tuple[Reference, ...] = field(default=(), hash=False)

    @classmethod
    def of(cls, recipe: PpoRecipe, references: References) -> "PlannedReward":
        """Resolves the reward of a recipe.

        Raises:
            NotFound, BadInput: a term names a judge or a reward model that is not there.
        """
        found = {term.source: references.judge(term.source) for term in recipe.terms if term.source != MODEL}
        named = tuple(
            term._replace(source=found[term.source].name if term.source in found else MODEL).written
            for term in recipe.terms
        )
        source = RewardSource(rewards=named, ensemble=recipe.ensemble, ensemble_coef=recipe.ensemble_coef)
        return cls(source, recipe.reward_models if recipe.reads_trained_models else 0, tuple(found.values()))

    def read_by(self, draft: Draft, models: Sequence[Reference]) -> None:
        """Adds to a run what it is rewarded or judged by.

        Args:
            draft: the run; its recipe has the settings of `source` already.
            models: the experiment's reward models under the run's seed, at least `n_models`.
        """
        for place, model in enumerate(models[: self.n_models]):
            if place == 0:
                draft.read("reward", model)
            else:
                draft.read_further("more_rewards", model)
        for place, term in enumerate(self.terms):
            draft.hashes[f"reward term {place}"] = term.hash
            draft.needs |= dict.fromkeys(term.needs)
