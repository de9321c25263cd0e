"""One preference in the form: its label, a field of its type, its unit, what it does, and a way back to its default."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QWidget,
)

from workbench import api
from workbench.ui.opening import ask
from workbench.ui.widgets import button, label
from workbench.ui.widgets.controls import keep_off

_GAP = 6
_LABEL, _FIELD = 22, 24  # average letters
_STEPS = {"look.font_size": 10, "look.line_width": 0.5}
_NONE = "shared"


class PreferenceField(QWidget):
    """Asks for one preference and says what it does.

    Signals:
        edited: the person set it to a value.
        reset_wanted: the default is wanted back.
    """

    edited = Signal(object)
    reset_wanted = Signal()

    def __init__(self, view: api.PreferenceView, is_folder: bool = False) -> None:
        super().__init__()
        self.name = view.name
        self._setting = view.setting
        self._value = view.value
        self._label = label(view.setting.label)
        self._note = label("", "muted", wraps=True)
        self._reset = button(
            "Reset", self.reset_wanted.emit, role="link", tip=f"Back to {_shown(view.setting.default)}"
        )
        self._reset.setAccessibleName(f"Reset {view.setting.label.lower()}")
        self.editor, self._show = _editor(view, self.edited.emit, is_folder)
        self._is_folder = is_folder
        self._grid = QGridLayout(self)
        self.editor.installEventFilter(self)
        self._dress()
        self._place()
        self.show_value(view)

    def show_value(self, view: api.PreferenceView) -> None:
        """Shows a value that came from elsewhere; a mark in words and a sign says that it is not the default."""
        self._value = view.value
        self.blockSignals(True)
        self._show(view.value)
        self.blockSignals(False)
        self._label.setText(f"● {view.setting.label}" if view.changed else view.setting.label)
        self._label.setToolTip("Changed from the default" if view.changed else "")
        self._reset.setVisible(view.changed)

    def say(self, words: str) -> None:
        """Says something of the value as it stands, under what the preference does."""
        self._note.setText(words)
        self._note.setVisible(bool(words))

    def stand_in(self, words: str) -> None:
        """Shows in an empty field what stands for it."""
        if isinstance(self.editor, QLineEdit):
            self.editor.setPlaceholderText(words)

    def is_found(self, words: str) -> bool:
        """Says whether a search means this preference."""
        setting = self._setting
        return words.casefold() in f"{self.name} {setting.label} {setting.help}".casefold()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and not self.editor.hasFocus():
            event.ignore()  # whoever scrolls the page past a field does not mean the field
            return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        """Gives label and field the room that their text needs, whatever its size; all fields stand in one line."""
        letter = self.fontMetrics().averageCharWidth()
        self._grid.setColumnMinimumWidth(0, _LABEL * letter)
        if not self._is_folder:
            self.editor.setFixedWidth(_FIELD * letter)

    def _dress(self) -> None:
        self._label.setBuddy(self.editor)
        self.editor.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.editor.setAccessibleName(self._setting.label)
        self.editor.setAccessibleDescription(self._setting.help)
        told = (self.name, self._setting.bounds, f"default: {_shown(self._setting.default)}")
        self.editor.setToolTip("\n".join(part for part in told if part))

    def _place(self) -> None:
        beside = QHBoxLayout()
        beside.setSpacing(_GAP)
        beside.addWidget(self.editor, 1 if self._is_folder else 0)
        if self._is_folder:
            choose = button("Choose…", self._choose_folder, tip="Choose another folder")
            choose.setAccessibleName(f"Choose the folder: {self._setting.label.lower()}")
            beside.addWidget(choose)
        beside.addWidget(self._reset)
        beside.addStretch(0 if self._is_folder else 1)
        grid = self._grid
        grid.setContentsMargins(0, 2, 0, 6)
        grid.setVerticalSpacing(2)
        grid.addWidget(self._label, 0, 0)
        grid.addLayout(beside, 0, 1)
        grid.addWidget(label(self._setting.help, "muted", wraps=True), 1, 1)
        grid.addWidget(self._note, 2, 1)
        grid.setColumnStretch(1, 1)
        self._note.hide()
        self._fit()

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, self._setting.label, str(self._value) or str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        ask(dialog, self.edited.emit)


def _editor(
    view: api.PreferenceView, on_edited: Callable[[Any], None], is_folder: bool
) -> tuple[QWidget, Callable[[Any], None]]:
    """Returns a field of the preference's type, and what shows a value in it."""
    setting = view.setting
    if setting.kind == "choice":
        box = QComboBox()
        box.addItems(list(setting.choices))
        box.textActivated.connect(on_edited)
        return box, lambda value: box.setCurrentText(str(value))
    if setting.kind in ("whole", "number"):
        return _spin_box(view, on_edited)
    line = QLineEdit()
    line.editingFinished.connect(lambda: on_edited(line.text().strip()) if line.isModified() else None)
    return line, lambda value: line.setText(str(value)) if line.text() != str(value) else line.setModified(False)


def _spin_box(view: api.PreferenceView, on_edited: Callable[[Any], None]) -> tuple[QWidget, Callable[[Any], None]]:
    """Returns a field for a number; one that may be empty has its words below the least."""
    setting = view.setting
    box = QDoubleSpinBox(decimals=0 if setting.kind == "whole" else 1)
    box.setRange((setting.least or 0) - setting.optional, setting.most or 0)
    box.setSingleStep(_STEPS.get(view.name, 1))
    box.setSuffix(f" {setting.unit}" if setting.unit else "")
    box.setSpecialValueText(_NONE if setting.optional else "")
    box.setKeyboardTracking(False)
    keep_off(box)
    none = box.minimum() if setting.optional else None
    as_typed = int if setting.kind == "whole" else float
    box.valueChanged.connect(lambda value: on_edited(None if value == none else as_typed(value)))
    return box, lambda value: box.setValue(box.minimum() if value is None else value)


def _shown(value: Any) -> str:
    return _NONE if value is None else str(value) if value not in ("", ()) else "the default"
