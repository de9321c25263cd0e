"""The line above a comparison: how it is looked at, views that were kept, export."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QWidget

from workbench.compare import Comparison
from workbench.ui.pages.compare.saved_views import SavedViews
from workbench.ui.pages.compare.view_bar import ViewBar
from workbench.ui.widgets import button, label
from workbench.ui.widgets.controls import ElidedLabel


class Head(QWidget):
    """Holds the page's title and controls; says what the intervals are over where there is room for it."""

    def __init__(self, bar: ViewBar, saved: SavedViews, on_export: Callable[[], object]) -> None:
        super().__init__()
        self._interval = ElidedLabel("")
        self._interval.setProperty("role", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label("Compare", "page-title"))
        row.addSpacing(10)
        row.addWidget(bar)
        row.addWidget(self._interval, 1)
        row.addWidget(saved)
        row.addWidget(button("Export…", on_export, role="primary", tip="Keep charts, numbers or report (Ctrl+Shift+E)"))

    def show_interval(self, comparison: Comparison) -> None:
        """Says what the intervals are over."""
        self._interval.setText(comparison.interval)
        self._interval.setToolTip(comparison.interval)
