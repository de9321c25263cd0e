"""The runs that go on, what each takes of the computer, and a button that stops it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from workbench import api
from workbench.ui.widgets import button
from workbench.ui.widgets.controls import tip_words
from workbench.ui.widgets.run_rows import duration

_COLUMNS = {
    "Run": "Its name, seed and id",
    "Device": "What it occupies, by torch's name",
    "CPU": "Of one core, over its worker and all that it started; above 100 % it computes on several",
    "Memory": "Resident memory of its worker and all that it started",
    "GPU memory": "As the driver tells",
    "Running for": "Since its worker started; a resumed run starts again",
    "": "",
}


class RunTable(QTableWidget):
    """Lists what runs take.

    Signals:
        stop_wanted: the id of the run that is to end.
    """

    stop_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__(0, len(_COLUMNS))
        self.setAccessibleName("Runs that go on, and what they use")
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        for column, (title, tip) in enumerate(_COLUMNS.items()):
            item = QTableWidgetItem(title)
            item.setToolTip(tip)
            item.setTextAlignment(_alignment(column))
            self.setHorizontalHeaderItem(column, item)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._ids: list[str] = []

    def show_uses(self, uses: Sequence[api.RunUse], names: dict[str, str]) -> None:
        """Shows what runs take; `names` by run id."""
        ids = [use.run_id for use in uses]
        if ids != self._ids:
            self._ids = ids
            self._make_rows()
        for row, use in enumerate(uses):
            for column, words in enumerate(use_words(use, names)):
                self.item(row, column).setText(words)
            self.item(row, 0).setToolTip(tip_words(f"{use.run_id}, process {use.pid}"))

    def _make_rows(self) -> None:
        self.setRowCount(0)
        self.setRowCount(len(self._ids))
        for row, run_id in enumerate(self._ids):
            for column in range(len(_COLUMNS) - 1):
                item = QTableWidgetItem()
                item.setTextAlignment(_alignment(column))
                self.setItem(row, column, item)
            stop = button(
                "Stop", lambda run_id=run_id: self.stop_wanted.emit(run_id), tip="Saves a checkpoint and ends"
            )
            stop.setAccessibleName(f"Stop {run_id}")
            self.setCellWidget(row, len(_COLUMNS) - 1, stop)
        self.resizeRowsToContents()


def use_words(use: api.RunUse, names: dict[str, str]) -> list[str]:
    """Returns a row in words, with units."""
    return [
        names.get(use.run_id, use.run_id),
        use.device,
        "-" if use.cpu_percent is None else f"{use.cpu_percent:.0f} %",
        memory_words(use.memory_mib),
        "-" if use.gpu_mib is None else memory_words(use.gpu_mib),
        duration(use.seconds),
    ]


def memory_words(mib: float) -> str:
    """Returns an amount of memory as people say it."""
    return f"{mib / 1024:.1f} GB" if mib >= 1024 else f"{mib:.0f} MB"


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column < 2 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
