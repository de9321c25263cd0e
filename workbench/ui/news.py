"""What is worth a toast between two looks at a project."""

from typing import NamedTuple

from workbench import api
from workbench.domain.methods import stage_words
from workbench.domain.records import RunState

_BAD = {RunState.FAILED, RunState.VANISHED}


class News(NamedTuple):
    """A sentence, its tone, and what it is about: the page, and the run there."""

    sentence: str
    tone: str
    page: str
    run_id: str


def news(before: api.ProjectView | None, after: api.ProjectView) -> list[News]:
    """Returns what finished and what failed since the look before; nothing at the first look."""
    if before is None or before.folder != after.folder:
        return []
    known = {run.id: run.state for run in before.runs}
    changed = [run for run in after.runs if run.id in known and known[run.id] != run.state]
    return [told for run in changed if (told := _told(run)) is not None]


def _told(run: api.RunView) -> News | None:
    name = stage_words(run.name, run.method)
    if run.state is RunState.FINISHED:
        what = "was evaluated" if run.method == "evaluate" else "finished"
        return News(f"{name}, seed {run.seed}, {what}.", "good", "experiments", run.id)
    if run.state in _BAD:
        return News(f"{name}, seed {run.seed}, {run.state}. {run.message}".strip(), "bad", "experiments", run.id)
    return None
