"""What to do next, in one sentence, from what a project holds."""

from typing import NamedTuple

from workbench import api
from workbench.domain.records import RunState

_TROUBLE = {RunState.FAILED, RunState.VANISHED, RunState.BLOCKED}
_UNDER_WAY = {RunState.QUEUED, RunState.WAITING, RunState.RUNNING, RunState.STOPPING}


class Step(NamedTuple):
    """A suggestion, the page where it is done, the words of the button that goes there, and whether it begins something."""

    title: str
    sentence: str
    page: str
    action: str
    is_new: bool = False


def is_under_way(run: api.RunView) -> bool:
    """Says whether the run works or will by itself."""
    return run.state in _UNDER_WAY


def is_in_trouble(run: api.RunView) -> bool:
    """Says whether the run needs a person."""
    return run.state in _TROUBLE


def next_step(view: api.ProjectView) -> Step:
    """Returns what a person would most likely do now."""
    if not view.datasets and not view.runs:
        return Step(
            "Bring your comparisons",
            "Import a file of pairs, ratings or rankings: the workbench recognises the usual formats.",
            "data",
            "Import data",
        )
    if not view.runs:
        return Step(
            "Set up an experiment",
            "Choose a start model and a budget; PPO and DPO are trained from the same start on the same pairs.",
            "experiments",
            "New experiment",
            is_new=True,
        )
    if any(is_in_trouble(run) for run in view.runs):
        return Step(
            "Look at what did not finish", "Some runs need you; each says below what helps.", "experiments", "Show runs"
        )
    if any(run.method == "evaluate" and run.state is RunState.FINISHED for run in view.runs):
        return Step(
            "See what the runs came to",
            "Rewards, KL and win rates of the evaluated runs stand side by side.",
            "compare",
            "Compare",
        )
    if any(is_under_way(run) for run in view.runs):
        return Step(
            "Let it run",
            "Runs go on when the window is closed. Results appear as soon as a run is evaluated.",
            "experiments",
            "Watch",
        )
    return Step("Evaluate what was trained", "No run was evaluated yet.", "experiments", "Show runs")
