"""Comparisons: arms side by side, in figures and in words. Draws nothing, so that nobody waits for what draws."""

from collections.abc import Callable, Mapping, Sequence

from workbench.compare import Comparison, FactTable, costs_table, matched_table, seeds_table
from workbench.compare import compare_runs as _compare
from workbench.compare.log_cache import keep_all
from workbench.compare.panels import MOST_POINTS
from workbench.compare.power import PowerTable, WeighedRates, tabulate_power, weigh_rates
from workbench.compare.ranking import Ranking
from workbench.compare.ranking import rank_checkpoints as _rank
from workbench.compare.side_by_side import Answer, Place, Question, side_by_side
from workbench.domain.views import View
from workbench.storage.project import Project

__all__ = [
    "Answer",
    "Comparison",
    "FactTable",
    "Place",
    "PowerTable",
    "Question",
    "Ranking",
    "View",
    "WeighedRates",
    "compare_answers",
    "compare_runs",
    "costs_table",
    "matched_table",
    "prepare_logs",
    "rank_checkpoints",
    "seeds_table",
    "tabulate_power",
    "weigh_rates",
]


def compare_runs(
    project: Project,
    run_ids: Sequence[str] | None = None,
    *,
    view: View | None = None,
    experiment: str | None = None,
    with_all_points: bool = False,
) -> Comparison:
    """Compares runs, or all arms of the project, on what their evaluations measured.

    Args:
        project: the project.
        run_ids: the runs; None for all that were evaluated.
        view: what the panels are drawn over, which there are, the baseline, the arms left out; None for the default.
        experiment: compares the arms of this experiment only.
        with_all_points: draws every point of training's metrics, for what is kept as numbers; a screen shows no more of
            the thinned curves that are drawn otherwise.

    Raises:
        NotFound: no such run or experiment, or nothing has been evaluated yet.
        BadSetting: the view's baseline is no arm, or it hides every arm.
    """
    most_points = None if with_all_points else MOST_POINTS
    return _compare(project, run_ids, view=view, experiment=experiment, most_points=most_points)


def rank_checkpoints(
    project: Project,
    run_ids: Sequence[str] | None = None,
    *,
    view: View | None = None,
    experiment: str | None = None,
) -> Ranking:
    """Ranks every checkpoint of the arms that `compare_runs` shows; their last ones stand in `Comparison.ranking`.

    Args:
        project: the project.
        run_ids: the runs; None for all that were evaluated.
        view: whose hidden arms are left out, and whose judge decides; None for none, and the gold one.
        experiment: the arms of this experiment only.

    Raises:
        NotFound: no such run or experiment, or nothing has been evaluated yet.
        BadSetting: the view's judge has judged nothing here.
    """
    return _rank(project, run_ids, view=view, experiment=experiment)


def compare_answers(
    project: Project, comparison: Comparison, n: int = 6, at: Mapping[str, Place] | None = None
) -> list[Question]:
    """Returns `n` prompts, spread over those that all arms answered, with every arm's answer and its scores.

    Args:
        project: the project.
        comparison: whose arms.
        n: at most so many.
        at: the checkpoint of an arm, by its name; those not named answer by their last, under their first seed.

    Raises:
        NotFound: an arm has no such checkpoint that was evaluated.
    """
    return side_by_side(project, comparison, n, at)


def prepare_logs(project: Project, between: Callable[[], object] = bool) -> None:
    """Keeps the metrics of long logs where they are read from in a moment. Nothing but time depends on it.

    Args:
        project: the project.
        between: called between two pieces of work of a few milliseconds; what it raises ends it.
    """
    keep_all(project, between)
