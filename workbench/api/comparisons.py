"""Comparisons: arms side by side, in figures and in words. Draws nothing, so that nobody waits for what draws."""

from collections.abc import Sequence

from workbench.compare import Comparison, XAxis
from workbench.compare import compare_runs as _compare
from workbench.compare.side_by_side import Answer, Question, side_by_side
from workbench.storage.project import Project

__all__ = ["Answer", "Comparison", "Question", "compare_answers", "compare_runs"]


def compare_runs(
    project: Project, run_ids: Sequence[str] | None = None, *, x: XAxis = "step", experiment: str | None = None
) -> Comparison:
    """Compares runs, or all arms of the project, on what their evaluations measured.

    Args:
        project: the project.
        run_ids: the runs; None for all that were evaluated.
        x: what the panels are drawn over: step, episodes, tokens, seconds or kl.
        experiment: compares the arms of this experiment only.

    Raises:
        NotFound: no such run or experiment, or nothing has been evaluated yet.
    """
    return _compare(project, run_ids, x=x, experiment=experiment)


def compare_answers(project: Project, comparison: Comparison, n: int = 6) -> list[Question]:
    """Returns `n` prompts, spread over those that all arms answered, with every arm's answer and its scores."""
    return side_by_side(project, comparison, n)
