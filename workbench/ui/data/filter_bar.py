"""The conditions a person sets: text, split, rater, tie, length, gap and margin, each at once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtGui import QDoubleValidator, QIntValidator
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from workbench.domain.records import SplitName
from workbench.domain.row_filters import Range, RowFilter
from workbench.ui.widgets import button, label

_TYPING_MS = 200  # after the last key: while a person types on, nobody waits for half a word
_MOST = 10**9
_TIES = (("Ties and choices", None), ("Only ties", True), ("No ties", False))


class FilterBar(QWidget):
    """Holds a RowFilter and lets a person change it.

    Signals:
        changed: with the new RowFilter.
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._filter = RowFilter()
        self._typing = QTimer(self, interval=_TYPING_MS, singleShot=True)
        self._build()
        self._place()
        self._connect()

    @property
    def filter(self) -> RowFilter:
        """The conditions as they stand."""
        return self._filter

    def show_filter(self, wanted: RowFilter) -> None:
        """Sets the controls to these conditions and says so to who listens, where that is a change."""
        self._typing.stop()
        controls = (self.text_field, self.split_box, self.rater_box, self.tie_box, *self._range_fields())
        blockers = [QSignalBlocker(control) for control in controls]
        if self.text_field.text().strip() != wanted.text:
            self.text_field.setText(wanted.text)
        for box, value in ((self.split_box, wanted.split), (self.rater_box, wanted.rater), (self.tie_box, wanted.tie)):
            box.setCurrentIndex(max(0, box.findData(value)))
        for fields, within in self._ranges(wanted):
            for field, end in zip(fields, within, strict=True):
                field.setText("" if end is None else f"{end:g}")
        del blockers
        self._set(wanted)

    def offer(self, raters: Sequence[str], *, has_gaps: bool, has_margins: bool) -> None:
        """Offers the conditions that this dataset can meet."""
        blocker = QSignalBlocker(self.rater_box)
        self.rater_box.clear()
        self.rater_box.addItem("All raters", None)
        for rater in raters:
            self.rater_box.addItem(rater, rater)
        self.rater_box.setCurrentIndex(max(0, self.rater_box.findData(self._filter.rater)))
        self.rater_box.setVisible(bool(raters))
        self._gap_row.setVisible(has_gaps)
        self._margin_row.setVisible(has_margins)
        del blocker

    def say(self, words: str) -> None:
        """Says how many rows there are."""
        self.count.setText(words)

    def _build(self) -> None:
        self.text_field = QLineEdit(placeholderText="Search prompts and responses (Ctrl+F)", clearButtonEnabled=True)
        self.text_field.setAccessibleName("Search prompts and responses")
        self.split_box = _box("Split", [("All splits", None), *((name, name) for name in get_args(SplitName))])
        self.rater_box = _box("Rater", [("All raters", None)])
        self.tie_box = _box("Ties", _TIES)
        self._length = (_number("Least length", "from"), _number("Greatest length", "to"))
        self._gap = (_number("Least gap", "from", least=-_MOST), _number("Greatest gap", "to", least=-_MOST))
        self._margin = (_number("Least margin", "from", whole=False), _number("Greatest margin", "to", whole=False))
        self.count = label("", "muted")
        self.clear_button = button("Clear", lambda: self.show_filter(RowFilter()), tip="Drops all conditions")

    def _place(self) -> None:
        self._gap_row = _between("Gap", self._gap, "Characters of the chosen response less those of the rejected one")
        self._margin_row = _between("Margin", self._margin)
        length = _between("Length", self._length, "Characters of the longer response")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widgets in (
            (self.text_field, self.count, self.clear_button),
            (self.split_box, self.rater_box, self.tie_box),
            (length, self._gap_row, self._margin_row),
        ):
            line = QHBoxLayout()
            for widget in widgets:
                line.addWidget(widget, 1 if widget is self.text_field else 0)
            if self.text_field not in widgets:
                line.addStretch(1)
            layout.addLayout(line)

    def _connect(self) -> None:
        for field in (self.text_field, *self._range_fields()):
            field.textEdited.connect(lambda _text: self._typing.start())
            field.returnPressed.connect(self._read)
        self.text_field.textChanged.connect(lambda _text: self._typing.start())  # its button to clear edits nothing
        for box in (self.split_box, self.rater_box, self.tie_box):
            box.activated.connect(lambda _index: self._read())
        self._typing.timeout.connect(self._read)

    def _read(self) -> None:
        self._typing.stop()
        wanted = replace(
            self._filter,
            text=self.text_field.text().strip(),
            split=self.split_box.currentData(),
            rater=self.rater_box.currentData(),
            tie=self.tie_box.currentData(),
            length=Range(*map(_value, self._length)),
            gap=Range(*map(_value, self._gap)),
            margin=Range(*map(_value, self._margin)),
        )
        self._set(wanted)

    def _set(self, wanted: RowFilter) -> None:
        if wanted != self._filter:
            self._filter = wanted
            self.changed.emit(wanted)

    def _range_fields(self) -> tuple[QLineEdit, ...]:
        return (*self._length, *self._gap, *self._margin)

    def _ranges(self, wanted: RowFilter) -> tuple[tuple[tuple[QLineEdit, QLineEdit], Range], ...]:
        return (self._length, wanted.length), (self._gap, wanted.gap), (self._margin, wanted.margin)


def _box(name: str, choices: Sequence[tuple[str, Any]]) -> QComboBox:
    box = QComboBox(sizeAdjustPolicy=QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setAccessibleName(name)
    for words, value in choices:
        box.addItem(words, value)
    return box


def _number(name: str, placeholder: str, *, whole: bool = True, least: int = 0) -> QLineEdit:
    field = QLineEdit(placeholderText=placeholder)
    field.setAccessibleName(name)
    field.setFixedWidth(64)
    field.setValidator(QIntValidator(least, _MOST, field) if whole else QDoubleValidator(field))
    return field


def _between(name: str, fields: tuple[QLineEdit, QLineEdit], tip: str = "") -> QWidget:
    row = QWidget()
    row.setToolTip(tip)
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 8, 0)
    layout.setSpacing(4)
    layout.addWidget(label(name, "muted"))
    for field in fields:
        layout.addWidget(field)
    return row


def _value(field: QLineEdit) -> float | None:
    try:
        return float(field.text().replace(",", ".")) if field.text() else None
    except ValueError:  # a sign or a point alone, while the person goes on
        return None
