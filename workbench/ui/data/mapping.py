"""Which column of the file is which of ours: one choice for each column of the format."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QWidget

from workbench.domain.previews import FormatChoice, ImportPreview
from workbench.ui.widgets import label

_USUAL = ("prompt", "chosen", "rejected")  # where no format fits yet
_MOST_OPTIONAL = 6


class ColumnMapping(QWidget):
    """Lets a person name the file's column for each of the format's.

    Signals:
        changed: a column was chosen.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setSpacing(4)
        self.boxes: dict[str, QComboBox] = {}
        self._given: dict[str, str] = {}

    def forget(self) -> None:
        """Drops what was chosen for another file."""
        self._given = {}

    def columns(self) -> dict[str, str]:
        """Returns {our name: the file's name} of what the person chose."""
        return dict(self._given)

    def show_preview(self, preview: ImportPreview) -> None:
        """Offers the file's columns for those of the format; where none fits, for those of a preference."""
        chosen = next((choice for choice in preview.formats if choice.name == preview.format), None)
        required, optional = _wanted(chosen, preview)
        focused = next((ours for ours, box in self.boxes.items() if box.hasFocus()), None)
        self._clear()
        for ours in (*required, *optional):
            box = _column_box(ours, preview.columns, self._given.get(ours, preview.names.get(ours, ours)))
            box.activated.connect(lambda _index, ours=ours: self._on_chosen(ours))
            self.boxes[ours] = box
            self._form.addRow(label(ours if ours in required else f"{ours} (optional)"), box)
        if focused in self.boxes:
            self.boxes[focused].setFocus()

    def _on_chosen(self, ours: str) -> None:
        theirs = self.boxes[ours].currentData()
        self._given.pop(ours, None)
        if theirs and theirs != ours:
            self._given = {name: column for name, column in self._given.items() if column != theirs} | {ours: theirs}
        self.changed.emit()

    def _clear(self) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self.boxes = {}


def _wanted(chosen: FormatChoice | None, preview: ImportPreview) -> tuple[Sequence[str], Sequence[str]]:
    if chosen is None:
        return _USUAL, ()
    found = [name for name in chosen.optional if name in preview.names]
    others = [name for name in chosen.optional if name not in preview.names]
    usual = [name for name in _USUAL if name not in chosen.required]  # so that a mapping that is half done can go on
    return chosen.required, list(dict.fromkeys([*usual, *found, *others]))[:_MOST_OPTIONAL]


def _column_box(ours: str, columns: Sequence[str], theirs: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(f"Column of {ours}")
    box.addItem("not in the file", "")
    for column in columns:
        box.addItem(column, column)
    box.setCurrentIndex(max(0, box.findData(theirs)))
    return box
