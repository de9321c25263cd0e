"""What the beginning of a file shows: its first rows, and the rows that cannot be used with the reasons."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from workbench.domain.pairs import Row, Turns
from workbench.domain.previews import ImportPreview
from workbench.ui.data.import_words import in_window_words
from workbench.ui.widgets import label, set_tone

_SHOWN = 300  # characters of a cell
_HEADS = ("Prompt", "Chosen", "Rejected")


class PreviewView(QWidget):
    """Shows a preview."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = _table("First rows", _HEADS)
        self.bad = _table("Rows that cannot be used", ("Place", "Reason", "What helps"))
        self.bad_words = label("", wraps=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self._rows_title = label("First rows, as they would be imported", "title")
        layout.addWidget(self._rows_title)
        layout.addWidget(self.rows, 3)
        layout.addWidget(self.bad_words)
        layout.addWidget(self.bad, 2)

    def show_preview(self, preview: ImportPreview) -> None:
        """Shows the rows of a preview."""
        for widget in (self.rows, self._rows_title):
            widget.setVisible(bool(preview.rows))
        _fill(self.rows, [_cells(row) for row in preview.rows])
        for column, turns in ((1, [row.chosen for row in preview.rows]), (2, [row.rejected for row in preview.rows])):
            self.rows.setColumnHidden(column, all(said is None for said in turns))
        self.bad.setVisible(bool(preview.bad))
        self.bad_words.setVisible(bool(preview.format))
        self.bad_words.setText(_bad_words(preview))
        set_tone(self.bad_words, "warn" if preview.bad else "good")
        _fill(self.bad, [(line.place, line.reason, in_window_words(line.hint)) for line in preview.bad])


def _table(name: str, heads: tuple[str, ...]) -> QTableWidget:
    table = QTableWidget(0, len(heads))
    table.setAccessibleName(name)
    table.setHorizontalHeaderLabels(list(heads))
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    if heads[0] == "Place":
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    return table


def _fill(table: QTableWidget, lines: list[tuple[str, str, str]]) -> None:
    table.setRowCount(len(lines))
    for number, line in enumerate(lines):
        for column, words in enumerate(line):
            item = QTableWidgetItem(words)
            table.setItem(number, column, item)


def _cells(row: Row) -> tuple[str, str, str]:
    return _words(row.prompt), _words(row.chosen), _words(row.rejected)


def _words(turns: Turns | None) -> str:
    return " ".join((turns[-1].content if turns else "")[:_SHOWN].split())


def _bad_words(preview: ImportPreview) -> str:
    looked_at = (
        f"all {preview.n_looked_at:,} rows" if preview.reaches_end else f"the first {preview.n_looked_at:,} rows"
    )
    if not preview.n_bad:
        return f"No problem in {looked_at}."
    shown = f"; the first {len(preview.bad)}:" if preview.n_bad > len(preview.bad) else ":"
    return f"Of {looked_at}, {preview.n_bad:,} cannot be used{shown}"
