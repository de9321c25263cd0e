"""Cells that sort by their value and a table that copies itself."""

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem

from workbench.domain.estimates import Estimate
from workbench.domain.samples import GOLD
from workbench.ui.widgets.controls import tip_words

_HEAD_LETTERS = 14  # of a judge's name above its column

_AIR = 4  # pixels between the lines of two rows, besides those of the style sheet
_SWATCH = 10  # pixels across, of an arm's colour before its name
_READABLE = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable  # made once: joining flags takes as long as a cell


class ValueItem(QTableWidgetItem):
    """A cell with words to read and a value to sort by; what was not measured sorts last."""

    def __init__(self, text: str, value: float | str | None = None) -> None:
        super().__init__(text)
        self.value = text if value is None else value
        self.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFlags(_READABLE)

    def __lt__(self, other: QTableWidgetItem) -> bool:
        if isinstance(other, ValueItem) and isinstance(self.value, float) and isinstance(other.value, float):
            return (math.isnan(self.value), self.value) < (math.isnan(other.value), other.value)
        return self.text() < other.text()


class CopyTable(QTableWidget):
    """A read-only table whose selection, or the whole of it, goes to the clipboard."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setAlternatingRowColors(False)
        self.setWordWrap(True)
        self.setIconSize(self.iconSize().scaled(_SWATCH, _SWATCH, Qt.AspectRatioMode.KeepAspectRatio))
        copy = QAction("Copy table", self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.addAction(copy)
        markdown = QAction("Copy as Markdown", self)
        markdown.setShortcut(QKeySequence("Ctrl+Shift+C"))
        markdown.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        markdown.triggered.connect(self.copy_markdown)
        self.addAction(markdown)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def fit_rows(self) -> None:
        """Makes each row as high as what stands in it and a little higher: a figure stands over its own interval."""
        self.resizeRowsToContents()
        for row in range(self.rowCount()):
            self.setRowHeight(row, self.rowHeight(row) + _AIR)

    def copy(self) -> None:
        """Copies the selected rows, or all, with the header, as tab-separated text."""
        QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in self._rows()))

    def copy_markdown(self) -> None:
        """Copies the same as a Markdown table."""
        head, *rows = ([cell.replace("|", "\\|") for cell in row] for row in self._rows())
        lines = [head, ["---"] * len(head), *rows]
        QGuiApplication.clipboard().setText("\n".join(f"| {' | '.join(row)} |" for row in lines))

    def _rows(self) -> list[list[str]]:
        """Returns the header, then the selected rows or all."""
        rows = sorted({index.row() for index in self.selectedIndexes()}) or list(range(self.rowCount()))
        columns = range(self.columnCount())
        head = [" ".join(self.horizontalHeaderItem(column).text().split()) for column in columns]
        return [head, *([self._text(row, column) for column in columns] for row in rows)]

    def _text(self, row: int, column: int) -> str:
        item = self.item(row, column)
        return item.text().replace("\n", " ") if item is not None else ""


def name_item(text: str, told: str = "") -> ValueItem:
    """Returns a cell with a name, set to the left; the tooltip says `told`, or the name in full."""
    item = ValueItem(text)
    item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    item.setToolTip(tip_words(told or text))
    return item


def estimate_item(estimate: Estimate | None, scale: float = 1.0, digits: int = 2) -> ValueItem:
    """Returns a cell with a mean and half of its interval's width; the tooltip has the interval."""
    if estimate is None:
        item = ValueItem("-", math.nan)
        item.setToolTip("Not measured")
        return item
    mean, low, high = (scale * value for value in (estimate.mean, estimate.low, estimate.high))
    half = (high - low) / 2
    item = ValueItem(f"{mean:.{digits}f}\n±{half:.{digits}f}" if half > 0 else f"{mean:.{digits}f}", mean)
    item.setToolTip(
        f"{mean:.{digits + 1}f}, 95 % interval {low:.{digits + 1}f} to {high:.{digits + 1}f}, n = {estimate.n}"
    )
    return item


def in_short(score: str) -> str:
    """Returns what a narrow column of a judge's scores is headed."""
    return score if len(score) <= _HEAD_LETTERS else f"{score[: _HEAD_LETTERS - 1]}…"


def by_judge(words: str, score: str) -> str:
    """Returns words about gold scores as they are where a judge's scores are called `score`."""
    if score == GOLD:
        return words
    return words.replace("by the gold judge", f"by {score}").replace("gold score", f"score by {score}")


def amount_item(value: float | None, words: str, told: str) -> ValueItem:
    """Returns a cell with an amount in short words; the tooltip says it in full."""
    if value is None:
        item = ValueItem("-", math.nan)
        item.setToolTip("Not in the logs")
        return item
    item = ValueItem(words, float(value))
    item.setToolTip(told)
    return item
