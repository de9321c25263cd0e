"""The line above a comparison: how it is looked at, whether its runs still go on, views that were kept, export."""

from collections.abc import Callable, Collection

from PySide6.QtWidgets import QHBoxLayout, QWidget

from workbench import api
from workbench.compare import Comparison
from workbench.domain.records import RunState
from workbench.ui.pages.compare.saved_views import SavedViews
from workbench.ui.pages.compare.view_bar import ViewBar
from workbench.ui.widgets import button, label, set_tone
from workbench.ui.widgets.controls import ElidedLabel, counted, tip_words
from workbench.ui.widgets.run_rows import run_title, run_words

_GOING = {RunState.RUNNING, RunState.STOPPING, RunState.QUEUED, RunState.WAITING}
_MOST_TOLD = 12  # runs in the tooltip


class Head(QWidget):
    """Holds the page's title and controls; says what the intervals are over where there is room for it."""

    def __init__(self, bar: ViewBar, saved: SavedViews, on_export: Callable[[], object]) -> None:
        super().__init__()
        self.going = label("")
        self._interval = ElidedLabel("")
        self._interval.setProperty("role", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label("Compare", "page-title"))
        row.addSpacing(10)
        row.addWidget(bar)
        row.addWidget(self.going)
        row.addWidget(self._interval, 1)
        row.addWidget(saved)
        row.addWidget(button("Export…", on_export, role="primary", tip="Keep charts, numbers or report (Ctrl+Shift+E)"))
        self.going.hide()

    def show_interval(self, comparison: Comparison) -> None:
        """Says what the intervals are over."""
        self._interval.setText(comparison.interval)
        self._interval.setToolTip(comparison.interval)

    def show_going(self, comparison: Comparison, hidden: Collection[str], view: api.ProjectView | None) -> None:
        """Says that runs behind what is shown still go on, so that its figures are not the last ones."""
        ids = {run for arm in comparison.arms if arm.name not in hidden for run in arm.evaluations}
        ids |= {seed.run for arm in comparison.seeds if arm.arm not in hidden for seed in arm.seeds if seed.run}
        going = [run for run in (view.runs if view is not None else ()) if run.id in ids and run.state in _GOING]
        lines = [f"{run_title(run)}: {run_words(run)}" for run in going[:_MOST_TOLD]]
        lines += [f"and {len(going) - _MOST_TOLD} more"] if len(going) > _MOST_TOLD else []
        self.going.setText(f"▶ {counted(len(going), 'run')} on the way")
        self.going.setToolTip(tip_words("\n".join(["Figures and verdict change as these get further:", *lines])))
        self.going.setAccessibleDescription("\n".join(lines))
        self.going.setVisible(bool(going))
        set_tone(self.going, "warn")
