"""Whether what is compared still goes on."""

from collections.abc import Collection

from PySide6.QtWidgets import QLabel

from workbench import api
from workbench.compare import Comparison
from workbench.domain.records import RunState
from workbench.ui.widgets import set_tone
from workbench.ui.widgets.controls import counted, tip_words
from workbench.ui.widgets.run_rows import run_title, run_words

_GOING = {RunState.RUNNING, RunState.STOPPING, RunState.QUEUED, RunState.WAITING}
_MOST_TOLD = 12  # runs in the tooltip


class GoingLabel(QLabel):
    """Says how many runs behind a comparison still go on, so that its figures are not the last ones; else it is not there."""

    def __init__(self) -> None:
        super().__init__()
        self.hide()

    def show_runs(self, comparison: Comparison, hidden: Collection[str], view: api.ProjectView | None) -> None:
        """Looks for runs that are not over among those of the arms that are not hidden."""
        ids = {run for arm in comparison.arms if arm.name not in hidden for run in arm.evaluations}
        ids |= {seed.run for arm in comparison.seeds if arm.arm not in hidden for seed in arm.seeds if seed.run}
        going = [run for run in (view.runs if view is not None else ()) if run.id in ids and run.state in _GOING]
        lines = [f"{run_title(run)}: {run_words(run)}" for run in going[:_MOST_TOLD]]
        lines += [f"and {len(going) - _MOST_TOLD} more"] if len(going) > _MOST_TOLD else []
        self.setText(f"▶ {counted(len(going), 'run')} going on")
        self.setToolTip(tip_words("\n".join(["Figures and verdict change as these get further:", *lines])))
        self.setAccessibleDescription("\n".join(lines))
        self.setVisible(bool(going))
        set_tone(self, "warn")
