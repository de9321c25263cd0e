"""The summary: every arm's figures at its last checkpoint, with intervals, and where gold was best."""

from collections.abc import Collection

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView

from workbench.compare import ArmResult, Comparison
from workbench.ui.pages.compare.tables import CopyTable, ValueItem, estimate_item
from workbench.ui.theme import Scheme
from workbench.ui.widgets.swatch import swatch

_NARROWEST, _PADDING = 76, 9
_COLUMNS = {
    "run": "The arm",
    "gold": "Mean score by the gold judge, at the last checkpoint",
    "proxy": "Mean score by the reward model, at the last checkpoint",
    "KL": "KL to the reference in nats per response, at the last checkpoint",
    "win %": "Share of test prompts won against the reference, ties half, at the last checkpoint",
    "best": "Step with the highest mean gold score, by seed; chosen on the same prompts, so a little too good",
}


class SummaryTable(CopyTable):
    """Sorts by any column; Ctrl+C copies it."""

    def __init__(self) -> None:
        super().__init__("Summary")
        self.setColumnCount(len(_COLUMNS))
        self.verticalHeader().hide()
        self.setIconSize(self.iconSize().scaled(10, 10, Qt.AspectRatioMode.KeepAspectRatio))
        self.setSelectionBehavior(CopyTable.SelectionBehavior.SelectRows)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setMinimumSectionSize(30)

    def show_arms(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> None:
        """Fills the table with the arms that are shown."""
        self.setSortingEnabled(False)
        shown = [(index, arm) for index, arm in enumerate(comparison.arms) if arm.name not in hidden]
        self.setRowCount(len(shown))
        self._head()
        for row, (index, arm) in enumerate(shown):
            for column, item in enumerate(_cells(arm)):
                self.setItem(row, column, item)
            self.item(row, 0).setIcon(swatch(scheme.runs.colour(index)))
        self.resizeRowsToContents()
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Gives the names what the figures leave."""
        header = self.horizontalHeader()
        widths = [self._width(column) for column in range(1, self.columnCount())]
        for column, width in enumerate(widths, start=1):
            header.resizeSection(column, width)
        header.resizeSection(0, max(_NARROWEST, self.viewport().width() - sum(widths)))

    def _width(self, column: int) -> int:
        """Returns what a column's longest line takes."""
        items = [self.horizontalHeaderItem(column), *(self.item(row, column) for row in range(self.rowCount()))]
        lines = [line for item in items if item is not None for line in item.text().splitlines()]
        return max(map(self.fontMetrics().horizontalAdvance, lines), default=0) + _PADDING

    def _head(self) -> None:
        for column, (name, meaning) in enumerate(_COLUMNS.items()):
            item = ValueItem(name)
            item.setToolTip(meaning)
            self.setHorizontalHeaderItem(column, item)


def _cells(arm: ArmResult) -> list[ValueItem]:
    name = ValueItem(arm.name)
    name.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    name.setToolTip(f"{arm.name}: {arm.method}, seeds {', '.join(map(str, arm.seeds))}")
    steps = sorted(arm.best.steps)
    best = "-" if not arm.runs else str(steps[0]) if steps[0] == steps[-1] else f"{steps[0]}\nto {steps[-1]}"
    return [
        name,
        estimate_item(arm.gold),
        estimate_item(arm.proxy),
        estimate_item(arm.kl, digits=1),
        estimate_item(arm.win_rate, 100, 1),
        ValueItem(best, float(steps[0])),
    ]
