"""One setting in a form: its label, what is asked for, its unit, and a mark where it differs from the default."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QWidget

from workbench import api
from workbench.ui.experiments.draft import read_words
from workbench.ui.widgets import label

_LABEL_WIDTH = 170


class SettingField(QWidget):
    """Asks for one setting; left alone it stands at the preset's value.

    Signals:
        changed: the person set it to something.
    """

    changed = Signal()

    def __init__(self, setting: api.SettingView) -> None:
        super().__init__()
        self.setting = setting
        self._default = setting.default
        self._label = label(setting.label)
        self.editor = _editor(setting)
        self._build()
        self._connect()
        self.use_preset("standard")

    def use_preset(self, preset: str) -> None:
        """Shows the value that stands where nothing is set."""
        was_default = not self.values()
        self._default = self.setting.presets.get(preset, self.setting.default)
        if isinstance(self.editor, QLineEdit):
            self.editor.setPlaceholderText(_words(self._default))
        elif was_default:
            self._set_plain(self._default)
        self._mark()

    def values(self) -> list[Any]:
        """Returns what was set; empty where the default stands."""
        if isinstance(self.editor, QLineEdit):
            return read_words(self.editor.text(), self.setting.kind)
        shown = self.editor.isChecked() if isinstance(self.editor, QCheckBox) else self.editor.currentText()
        return [] if shown == self._default else [shown]

    def set_value(self, value: Any) -> None:
        """Sets it to a value of an experiment file."""
        if isinstance(self.editor, QLineEdit):
            self.editor.setText(_words(value))
        else:
            self._set_plain(value)

    def reset(self) -> None:
        """Goes back to the default."""
        if isinstance(self.editor, QLineEdit):
            self.editor.clear()
        else:
            self._set_plain(self._default)

    def is_found(self, words: str) -> bool:
        """Says whether a search for these words means this setting."""
        setting = self.setting
        return words.casefold() in f"{setting.name} {setting.label} {setting.help}".casefold()

    def _set_plain(self, value: Any) -> None:
        if isinstance(self.editor, QCheckBox):
            self.editor.setChecked(bool(value))
        elif isinstance(self.editor, QComboBox):
            self.editor.setCurrentText(str(value))

    def _mark(self) -> None:
        changed = bool(self.values())
        self._label.setText(f"● {self.setting.label}" if changed else self.setting.label)

    def _on_edited(self) -> None:
        self._mark()
        self.changed.emit()

    def _connect(self) -> None:
        if isinstance(self.editor, QLineEdit):
            self.editor.textChanged.connect(lambda _text: self._on_edited())
        elif isinstance(self.editor, QCheckBox):
            self.editor.toggled.connect(lambda _on: self._on_edited())
        else:
            self.editor.currentTextChanged.connect(lambda _text: self._on_edited())

    def _build(self) -> None:
        setting = self.setting
        told = (setting.name, setting.help, setting.bounds, f"default: {_words(setting.default) or '-'}")
        self.setToolTip("\n".join(part for part in told if part))
        self.editor.setAccessibleName(f"{setting.label} {setting.unit}".strip())
        self.editor.setAccessibleDescription(setting.help)
        self._label.setFixedWidth(_LABEL_WIDTH)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._label)
        layout.addWidget(self.editor, 1)
        layout.addWidget(label(setting.unit, "muted"))


def _editor(setting: api.SettingView) -> QLineEdit | QCheckBox | QComboBox:
    if setting.kind == "flag":
        return QCheckBox(checked=bool(setting.default))
    if setting.kind == "choice":
        made = QComboBox()
        made.addItems(list(setting.choices))
        made.setCurrentText(str(setting.default))
        return made
    return QLineEdit()


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)
