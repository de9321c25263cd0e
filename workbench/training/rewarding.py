"""The reward of a policy: reward models, ensembles of them and programs score each response, and their weighted sum counts.

The same object scores episodes in PPO, answers in an evaluation (there it is the proxy) and candidates in best of n.
Letters: b responses, m members of an ensemble.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.data.judge_names import ENSEMBLE_PREFIX, ensemble_members
from workbench.data.judges import REWARD_PREFIX
from workbench.domain.errors import BadInput
from workbench.domain.metrics import ensemble_metric, reward_term
from workbench.domain.recipes import MODEL, EnsembleRule, EvaluateRecipe, RewardSource
from workbench.domain.samples import MINIMUM, PROXY, SPREAD, score_column
from workbench.training.judging import (
    Answers,
    Ensemble,
    JudgeFunction,
    ModelJudge,
    ScoreColumn,
    load_judges,
    load_model_judge,
    load_one_judge,
)
from workbench.training.scoring import RewardScorer
from workbench.training.session import RunSession

FloatArray = NDArray[np.float64]
MEAN = "mean"
_CALLED = {MODEL: "reward model"}  # a column of samples stands alone, and says of which model it speaks


@dataclass(frozen=True)
class Term:
    """A summand of the reward.

    Attributes:
        weight: of its score.
        source: as the recipe names it.
        members: score the responses; several are an ensemble.
    """

    weight: float
    source: str
    members: Ensemble

    @property
    def is_ensemble(self) -> bool:
        """Says whether there is a spread."""
        return self.members.n > 1


@dataclass(frozen=True)
class Rewards:
    """What a reward says of some responses.

    Attributes:
        total: [b] the weighted sum.
        terms: [b] by source, before their weights.
        members: [b] mean, minimum and spread of each ensemble, by (source, which).
    """

    total: FloatArray
    terms: dict[str, FloatArray]
    members: dict[tuple[str, str], FloatArray]

    @classmethod
    def joined(cls, parts: "Sequence[Rewards]") -> "Rewards":
        """Returns what the same reward says of the responses of several parts, in their order."""
        terms = {source: np.concatenate([part.terms[source] for part in parts]) for source in parts[0].terms}
        members = {key: np.concatenate([part.members[key] for part in parts]) for key in parts[0].members}
        return cls(np.concatenate([part.total for part in parts]), terms, members)


class Reward:
    """Scores responses by all terms.

    Args:
        terms: at least one.
        rule: how the members of an ensemble become one score.
        coef: of the variance, for the rule that takes it.
    """

    def __init__(self, terms: Sequence[Term], rule: EnsembleRule, coef: float) -> None:
        self.terms, self._rule, self._coef = tuple(terms), rule, coef
        self._known: tuple[Answers, Rewards] | None = None

    def __call__(self, answers: Answers) -> Rewards:
        """Returns what it says of these answers; asked again about the ones in hand, it knows."""
        if self._known is None or self._known[0] is not answers:
            self._known = answers, self._ask(answers)
        return self._known[1]

    @property
    def scorers(self) -> list[RewardScorer]:
        """The reward models among all members, in order."""
        judges = (judge for term in self.terms for judge in term.members.members)
        return [judge.scorer for judge in judges if isinstance(judge, ModelJudge)]

    @property
    def lone_scorer(self) -> RewardScorer | None:
        """The reward model where it alone is the reward, unweighted; else None."""
        scorers = self.scorers
        is_alone = len(self.terms) == len(scorers) == 1 and self.terms[0].weight == 1
        return scorers[0] if is_alone else None

    def metrics(self, rewards: Rewards) -> dict[str, float]:
        """Returns the means that PPO logs beside the whole reward's: of its terms, which add up to it, and of members."""
        is_sum = len(self.terms) > 1 or self.terms[0].weight != 1
        weighted = [(term.source, term.weight * rewards.terms[term.source].mean()) for term in self.terms if is_sum]
        found = {reward_term(source): score for source, score in weighted}
        found |= {ensemble_metric(*key): score.mean() for key, score in rewards.members.items()}
        return {name: float(value) for name, value in found.items()}

    def columns(self) -> list[ScoreColumn]:
        """Returns the columns of samples: the proxy, and what it is made of where it is made of several."""
        found: list[ScoreColumn] = [(PROXY, lambda answers: self(answers).total.tolist())]
        several = [term.source for term in self.terms] if len(self.terms) > 1 else []
        found += [(_column(source), self._part(source)) for source in several]
        ensembles = [(term.source, which) for term in self.terms if term.is_ensemble for which in (MINIMUM, SPREAD)]
        return found + [(_column(source, which), self._member(source, which)) for source, which in ensembles]

    def _part(self, source: str) -> Callable[[Answers], list[float]]:
        return lambda answers: self(answers).terms[source].tolist()

    def _member(self, source: str, which: str) -> Callable[[Answers], list[float]]:
        return lambda answers: self(answers).members[source, which].tolist()

    def _ask(self, answers: Answers) -> Rewards:
        terms: dict[str, FloatArray] = {}
        members: dict[tuple[str, str], FloatArray] = {}
        for term in self.terms:
            scores = term.members.scores(answers)
            terms[term.source] = combine(scores, self._rule, self._coef)
            if term.is_ensemble:
                several = {MEAN: scores.mean(0), MINIMUM: scores.min(0), SPREAD: scores.std(0)}
                members |= {(term.source, which): values for which, values in several.items()}
        total = sum(term.weight * terms[term.source] for term in self.terms)
        return Rewards(np.asarray(total, dtype=np.float64), terms, members)


def combine(scores: FloatArray, rule: EnsembleRule, coef: float) -> FloatArray:
    """Returns one score [b] from those of an ensemble's members (Coste et al. 2310.02743).

    Args:
        scores: [m x b].
        rule: their mean; their minimum (WCO); or mean - coef * population variance (UWO).
        coef: of the variance.
    """
    found: FloatArray
    if len(scores) == 1:
        found = scores[0]
    elif rule == "minimum":
        found = scores.min(axis=0)
    else:
        found = scores.mean(axis=0) - (coef if rule == "mean_minus_variance" else 0.0) * scores.var(axis=0)
    return found


def load_all_judges(session: RunSession, recipe: EvaluateRecipe) -> list[ScoreColumn]:
    """Returns the score columns of an evaluation: the proxy, where there is a reward, gold, and what else scores; each once.

    Raises:
        WorkbenchError: a judge or a reward model cannot be loaded.
    """
    has_reward = bool(session.job.inputs.rewards) or not recipe.reads_trained_models
    rewarded = load_reward(session, recipe, recipe.batch_size).columns() if recipe.proxy and has_reward else []
    columns = dict(rewarded) | dict(load_judges(session, recipe))
    columns.pop(score_column(recipe.judges[0]), None)  # a term of the reward that is the gold judge too
    return list(columns.items())


def load_reward(session: RunSession, recipe: RewardSource, batch_size: int = 64) -> Reward:
    """Loads what a run is rewarded by.

    Args:
        session: the run's; its job names the reward models that the experiment trained.
        recipe: the terms.
        batch_size: responses scored at once; no effect on the result.

    Raises:
        BadInput: the reward has the experiment's model in it and the job names none.
        WorkbenchError: a model or judge cannot be loaded.
    """
    terms = [
        Term(term.weight, term.source, Ensemble(_load_members(session, term.source, batch_size)))
        for term in recipe.terms
    ]
    return Reward(terms, recipe.ensemble, recipe.ensemble_coef)


def _load_members(session: RunSession, source: str, batch_size: int) -> list[JudgeFunction]:
    if source == MODEL:
        models = session.job.inputs.rewards
        if not models:
            raise BadInput("PPO needs a reward model.", "Train one first, or name one as `reward`.")
        return [load_model_judge(session, batch_size, name) for name in models]
    if source.startswith(ENSEMBLE_PREFIX):
        return [load_one_judge(session, batch_size, f"{REWARD_PREFIX}{name}") for name in ensemble_members(source)]
    return [load_one_judge(session, batch_size, source)]


def _column(source: str, which: str = "") -> str:
    return score_column(f"{_CALLED.get(source, source)} {which}".strip())
