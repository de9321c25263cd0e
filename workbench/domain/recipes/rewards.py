"""What a policy is rewarded by: a weighted sum of reward models, ensembles of them, and programs that score text.

A term is written as a judge is (`vader`, `reward:RUN_OR_FOLDER`, `ensemble:A+B`, `file.py:function`), with its weight before
it: `0.5*vader`. The word `model` stands for the reward models that the experiment trains.
"""

import math
import re
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, model_validator

from workbench.domain.settings import Settings, setting

MODEL = "model"  # the reward model, or models, that the experiment trains
EnsembleRule = Literal["mean", "minimum", "mean_minus_variance"]
_COMPARES = "llm:"  # judges that see two answers and score none
_TERM = re.compile(r"(?:([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*\*\s*)?([^\s*][^*]*)")


class RewardTerm(NamedTuple):
    """A summand of the reward: what scores, and by how much that counts."""

    weight: float
    source: str

    @property
    def written(self) -> str:
        """As it stands in `rewards`."""
        return self.source if self.weight == 1 else f"{self.weight:.10g}*{self.source}"


def read_term(text: str) -> RewardTerm:
    """Returns the term that a text writes.

    Raises:
        ValueError: it is none; says what was expected.
    """
    found = _TERM.fullmatch(text.strip())
    try:
        weight = float(found[1] or 1) if found else math.nan
    except ValueError:
        weight = math.nan
    if found is None or not math.isfinite(weight) or weight == 0:
        raise ValueError("a judge's name, maybe with a weight that is not zero before it, as 0.5*vader")
    if found[2].startswith(_COMPARES):
        raise ValueError("a judge that scores one answer by itself; an endpoint compares two")
    return RewardTerm(weight, found[2])


def _as_written(text: str) -> str:
    return read_term(text).written


class RewardSource(Settings):
    """The reward of a policy, the same where it is trained, evaluated and sampled best of n."""

    rewards: tuple[Annotated[str, AfterValidator(_as_written)], ...] = setting(
        (MODEL,),
        label="Reward",
        help="What is optimised: the sum of these. model is the reward model that the experiment trains; others are named as "
        "judges are, reward:RUN_OR_FOLDER, ensemble:RUN+RUN, vader, length or file.py:function, whose code then runs on "
        "every response. A weight stands before a name, as 0.5*vader.",
        min_length=1,
    )
    ensemble: EnsembleRule = setting(
        "mean",
        label="Ensemble",
        help="How the scores of several reward models become one (Coste et al., 2310.02743): their mean; their "
        "minimum, the worst case (WCO); or the mean less a coefficient times their variance (UWO). The last two distrust "
        "what the members disagree on.",
    )
    ensemble_coef: float = setting(
        0.1,
        label="Variance coefficient",
        unit="per unit of score",
        help="Of mean_minus_variance. Coste et al. took 0.1 for PPO and 0.5 for best of n.",
        advanced=True,
        ge=0,
        le=1000,
    )

    @property
    def terms(self) -> tuple[RewardTerm, ...]:
        """The summands, in order."""
        return tuple(read_term(text) for text in self.rewards)

    @property
    def reads_trained_models(self) -> bool:
        """Says whether the experiment's own reward models are among what scores."""
        return any(term.source == MODEL for term in self.terms)

    def is_paid_by(self, judge: str) -> bool:
        """Says whether a judge's scores are among what is optimised."""
        return any(term.source == judge for term in self.terms)

    def reward_words(self, n_models: int) -> str:
        """Returns the reward in words, as 0.5*vader + minimum of 3 models; empty where it is the one trained reward model.

        Args:
            n_models: how many reward models the experiment trains for it.
        """
        if self.rewards == (MODEL,) and n_models <= 1:
            return ""
        trained = "reward model" if n_models <= 1 else f"{self.ensemble.replace('_', ' ')} of {n_models} reward models"
        named = (term._replace(source=trained) if term.source == MODEL else term for term in self.terms)
        return " + ".join(term.written for term in named)

    def reward_settings(self) -> dict[str, object]:
        """Returns the settings that make up the reward, for a recipe that is to have the same."""
        return {name: getattr(self, name) for name in RewardSource.model_fields}

    @model_validator(mode="after")
    def _terms_are_different(self) -> Self:
        sources = [term.source for term in self.terms]
        if twice := {source for source in sources if sources.count(source) > 1}:
            raise ValueError(f"`{min(twice)}` stands twice in `rewards`; give it one weight")
        return self
