"""The judges of an evaluation: the first as gold, and any further ones. The proxy is the reward (`rewarding`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.data.judge_names import ENSEMBLE_PREFIX, ensemble_members
from workbench.data.judges import REWARD_PREFIX, checked_scores, load_judge
from workbench.domain.pairs import Turns
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.samples import GOLD, HELDOUT, MINIMUM, SPREAD, score_column
from workbench.storage.sources import resolve_model
from workbench.training.scoring import RewardScorer
from workbench.training.session import RunSession


@dataclass(frozen=True, slots=True)
class Answers:
    """Responses to be judged.

    Attributes:
        prompts: as turns, for judges with a template of their own.
        prompt_texts: as the policy read them.
        responses: text without special tokens.
        ended: whether each ended by itself.
    """

    prompts: Sequence[Turns]
    prompt_texts: Sequence[str]
    responses: Sequence[str]
    ended: Sequence[bool]


JudgeFunction = Callable[[Answers], list[float]]
ScoreColumn = tuple[str, JudgeFunction]  # the samples' column, and how it is filled


def load_judges(session: RunSession, recipe: EvaluateRecipe) -> list[ScoreColumn]:
    """Returns the score columns: gold, then one for each further judge.

    Args:
        session: the evaluation's; relative files of judges are looked up in the project's folder.
        recipe: which judges.

    Raises:
        WorkbenchError: a judge or a reward model cannot be loaded.
    """
    columns: list[ScoreColumn] = []
    for place, name in enumerate(recipe.judges):
        column = GOLD if place == 0 else score_column(name)
        if name.startswith(ENSEMBLE_PREFIX):
            columns += _ensemble(session, recipe, name, column)
        else:
            columns.append((column, load_one_judge(session, recipe.batch_size, name)))
    if (heldout := session.job.inputs.heldout) is not None:
        columns.append((score_column(HELDOUT), load_model_judge(session, recipe.batch_size, heldout)))
    return columns


def _ensemble(session: RunSession, recipe: EvaluateRecipe, name: str, column: str) -> list[ScoreColumn]:
    """Returns the mean, under the judge's own column, and the minimum and spread of several reward models.

    The minimum is WCO of Coste et al. 2310.02743; their UWO is the mean less a weight times the squared spread. Scores are
    comparable where the models were normalised on the same samples, as those of one experiment are.
    """
    members = [f"{REWARD_PREFIX}{member}" for member in ensemble_members(name)]
    ensemble = Ensemble([load_one_judge(session, recipe.batch_size, member) for member in members])
    return [
        (column, lambda answers: ensemble.scores(answers).mean(axis=0).tolist()),
        (score_column(f"{name} {MINIMUM}"), lambda answers: ensemble.scores(answers).min(axis=0).tolist()),
        (score_column(f"{name} {SPREAD}"), lambda answers: ensemble.scores(answers).std(axis=0).tolist()),
    ]


class Ensemble:
    """Several judges of the same answers; each is asked once about the answers in hand."""

    def __init__(self, members: Sequence[JudgeFunction]) -> None:
        self.members = members
        self._known: tuple[Answers, NDArray[np.float64]] | None = None

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.members)

    def scores(self, answers: Answers) -> NDArray[np.float64]:
        """Returns [m x b]: each member's score of each answer."""
        if self._known is None or self._known[0] is not answers:
            self._known = answers, np.array([member(answers) for member in self.members])
        return self._known[1]


@dataclass(frozen=True)
class ModelJudge:
    """A reward model as a judge.

    Attributes:
        scorer: the model.
        source: its name, for errors.
        batch_size: responses at once.
    """

    scorer: RewardScorer
    source: str
    batch_size: int

    def __call__(self, answers: Answers) -> list[float]:
        """Returns the normalised score of each answer."""
        scores = self.scorer.score(answers.prompts, answers.responses, answers.ended, self.batch_size)
        return checked_scores(self.source, scores, len(answers.responses))


def load_one_judge(session: RunSession, batch_size: int, name: str) -> JudgeFunction:
    """Returns a judge that gives one score an answer: a program, or ``reward:NAME``."""
    if name.startswith(REWARD_PREFIX):
        source = reward_source(session.project, name.removeprefix(REWARD_PREFIX))
        return load_model_judge(session, batch_size, source)
    judge = load_judge(name, session.project)
    return lambda answers: judge(answers.prompt_texts, answers.responses)


def load_model_judge(session: RunSession, batch_size: int, source: str) -> ModelJudge:
    """Returns a reward model, by its name in a job, as a judge."""
    folder = resolve_model(source, session.project)
    scorer = RewardScorer.load(folder, session.device, trust_remote_code=session.job.trust_remote_code)
    return ModelJudge(scorer, source, batch_size)


def reward_source(project: Path, name: str) -> str:
    """Returns the model name behind ``reward:NAME``: a run of the project where there is one, else a folder or hub id."""
    run_id = name.partition("@")[0]
    return f"run:{name}" if (project / "runs" / run_id / "job.json").is_file() else name
