"""Watching runs from a terminal: bars where there is a screen, lines where there is none."""

from __future__ import annotations  # names of `api` are imported only when they are used

import sys
import time
from collections.abc import Sequence

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from workbench import api
from workbench.cli.output import note
from workbench.domain.costs import pace
from workbench.domain.records import RunState

_MARKS = {
    RunState.FINISHED: "done",
    RunState.RUNNING: "running",
    RunState.FAILED: "FAILED",
    RunState.VANISHED: "VANISHED",
}
INTERRUPTED = 130
_BETWEEN_LINES_S = 20.0


def follow_to_the_end(project: api.Project, run_ids: Sequence[str], *, quiet: bool) -> list[api.RunView]:
    """Shows the runs until nothing more will happen to them.

    Args:
        project: the project.
        run_ids: the runs.
        quiet: only warnings, on standard error.

    Returns:
        The last state of each run.

    Raises:
        typer.Exit: the person pressed Ctrl+C; the runs go on, and a note says how to follow or stop them.
    """
    screen = _Bars() if sys.stderr.isatty() and not quiet else _Lines(quiet)
    views: list[api.RunView] = []
    try:
        with screen:
            for views in api.follow_runs(project, run_ids, on_warning=screen.warn):
                screen.show(views)
    except KeyboardInterrupt:
        going_on = [view.id for view in views if not view.state.is_over] or list(run_ids)
        note(
            f"\nThe runs go on in the background. Follow: workbench follow {project.folder} {going_on[0]}   "
            f"Stop: workbench stop {project.folder} {going_on[0]}"
        )
        raise typer.Exit(INTERRUPTED) from None
    return views


class _Lines:
    """For logs and pipes: one line when a run's state changes, and now and then how far it is."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._states: dict[str, RunState] = {}
        self._said_at = time.monotonic()

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, views: Sequence[api.RunView]) -> None:
        for view in views:
            if self._states.get(view.id) is not view.state and not self._quiet and view.state not in _UNREMARKABLE:
                note(f"{view.state:>9}  {view.id}{': ' + view.message if view.message else ''}")
            self._states[view.id] = view.state
        if not self._quiet and time.monotonic() - self._said_at >= _BETWEEN_LINES_S:
            self._said_at = time.monotonic()
            for view in views:
                if view.state is RunState.RUNNING and view.total:
                    note(f"{view.state:>9}  {view.id}: {view.step}/{view.total} {_detail(view)}")

    def warn(self, run_id: str, message: str) -> None:
        note(f"  warning  {run_id}: {message}")


_UNREMARKABLE = {RunState.QUEUED, RunState.WAITING}


class _Bars:
    """For a terminal: a bar for each run, warnings above them."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("{task.fields[state]:>9}", markup=False),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[detail]}", markup=False, style="dim"),
            console=self._console,
            refresh_per_second=4,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, views: Sequence[api.RunView]) -> None:
        for view in views:
            if view.id not in self._tasks:
                self._tasks[view.id] = self._progress.add_task(view.id, total=None, state="", detail="")
            self._progress.update(
                self._tasks[view.id],
                completed=view.step,
                total=view.total or None,
                state=_MARKS.get(view.state, view.state.value),
                detail=_detail(view),
            )

    def warn(self, run_id: str, message: str) -> None:
        self._console.print(f"warning  {run_id}: {message}", markup=False, style="yellow")


def _detail(view: api.RunView) -> str:
    if view.state is not RunState.RUNNING:
        return view.message
    parts = [view.phase]
    if view.rate:
        parts.append(pace(view.rate))
    if view.left_s is not None:
        parts.append(f"{view.left_s:.0f} s left")
    if view.tokens_per_s:
        parts.append(f"{view.tokens_per_s:,.0f} tokens/s")
    if view.memory_mib:
        parts.append(f"{view.memory_mib:,.0f} MiB")
    return ", ".join(part for part in parts if part)
