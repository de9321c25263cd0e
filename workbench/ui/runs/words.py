"""A run in words: its name, where it is, how fast it is."""

from workbench import api
from workbench.domain.costs import pace
from workbench.domain.methods import run_words
from workbench.domain.records import RunState
from workbench.ui.widgets.run_rows import duration

MOVABLE = {RunState.QUEUED, RunState.WAITING, RunState.BLOCKED}
WORKING = {RunState.RUNNING, RunState.STOPPING}
_SIGNS = {  # beside the word, so that a state is found at a glance without its colour
    RunState.FINISHED: "✓",
    RunState.FAILED: "✕",
    RunState.VANISHED: "✕",
    RunState.BLOCKED: "!",
    RunState.RUNNING: "▶",
    RunState.STOPPING: "▶",
    RunState.PAUSED: "❚❚",
    RunState.STOPPED: "■",
}


def run_title(run: api.RunView, arm: str) -> str:
    """Names a run as its experiment calls it."""
    name = run.name if run.method == "judge" else arm or run.name  # which tells who judges too
    return run_words(name, run.method, run.seed, run.reward)


def state_words(run: api.RunView, place: int | None) -> str:
    """Says where a run is, with its place in the queue where it waits there."""
    sign = _SIGNS.get(run.state, "")
    waits = f" · no. {place}" if place is not None and run.state in MOVABLE else ""
    return f"{sign} {run.state}{waits}".strip()


def rate_words(run: api.RunView) -> str:
    """Says how fast a run is, in what is known of it."""
    parts = [run.phase, pace(run.rate) if run.rate else ""]
    parts.append(f"{run.tokens_per_s:,.0f} tokens/s" if run.tokens_per_s else "")
    parts.append(f"{run.memory_mib:,.0f} MiB" if run.memory_mib else "")
    return " · ".join(part for part in parts if part)


def progress_words(run: api.RunView) -> str:
    """Says how many of its steps a run has done."""
    return f"{run.step:,} / {run.total:,}" if run.total else ""


def left_words(run: api.RunView) -> str:
    """Says how long a run that works will go on."""
    return duration(run.left_s) if run.left_s is not None and run.state in WORKING else ""
