"""The line above a comparison: how it is looked at, views that were kept, export."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from workbench.compare import Comparison
from workbench.ui.pages.compare.saved_views import SavedViews
from workbench.ui.pages.compare.view_bar import ViewBar
from workbench.ui.widgets import button, label
from workbench.ui.widgets.controls import ElidedLabel, tip_words

_GAP = 8


class Head(QWidget):
    """Holds the page's title and controls; says what the intervals are over where there is room for it."""

    def __init__(self, bar: ViewBar, saved: SavedViews, on_export: Callable[[], object]) -> None:
        super().__init__()
        self._interval = ElidedLabel("")
        self._interval.setProperty("role", "muted")
        self._bar, self._is_narrow = bar, False
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(_GAP)
        grid.setVerticalSpacing(4)
        grid.addWidget(label("Compare", "page-title"), 0, 0)
        grid.addWidget(bar, 0, 1)
        grid.addWidget(self._interval, 0, 2)
        grid.addWidget(saved, 0, 3)
        self._export = button("Export…", on_export, role="primary", tip="Keep charts, numbers or report (Ctrl+Shift+E)")
        grid.addWidget(self._export, 0, 4)
        grid.setColumnStretch(2, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Puts the controls on a line of their own where there is no room for them beside the title."""
        others = (self._grid.itemAtPosition(0, column).widget() for column in (0, 3, 4))
        needed = self._bar.sizeHint().width() + sum(one.sizeHint().width() for one in others) + 4 * _GAP
        if (needed > self.width()) != self._is_narrow:
            self._is_narrow = not self._is_narrow
            self._grid.removeWidget(self._bar)
            if self._is_narrow:
                self._grid.addWidget(self._bar, 1, 0, 1, 5, Qt.AlignmentFlag.AlignLeft)
            else:
                self._grid.addWidget(self._bar, 0, 1)

    def show_interval(self, comparison: Comparison) -> None:
        """Says what the intervals are over; the tooltip, how far they go."""
        self._interval.setText(comparison.interval)
        scope = [statement.sentence for statement in comparison.statements if statement.rule == "scope"]
        self._interval.setToolTip(tip_words("\n".join(scope)))
