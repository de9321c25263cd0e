"""What a setting is typed into. Each says what was set, shows what is set, and stands at a default where nothing is."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit

from workbench import api
from workbench.ui.experiments.words import read_words, value_words, values_words


class TextEditor(QLineEdit):
    """A line; the default stands in it in grey.

    Signals:
        edited: what it says is different now.
    """

    edited = Signal()

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self.textChanged.connect(lambda _text: self.edited.emit())

    def set_default(self, default: Any, if_empty: str = "") -> None:
        """Shows what stands where nothing is set: the default, or in words what its absence means."""
        self.setPlaceholderText(value_words(default) or if_empty)

    def values(self) -> list[Any]:
        """Returns what was set; empty where the default stands."""
        return read_words(self.text(), self._kind)

    def show_values(self, values: list[Any]) -> None:
        """Sets it; an empty list is the default."""
        self.setText(values_words(values))


class FlagEditor(QCheckBox):
    """On or off."""

    edited = Signal()

    def __init__(self, default: bool) -> None:
        super().__init__(checked=default)
        self._default = default
        self.toggled.connect(lambda _on: self.edited.emit())

    def set_default(self, default: Any, _if_empty: str = "") -> None:
        """Goes along with the default where it stood at the old one."""
        stood = not self.values()
        self._default = bool(default)
        if stood:
            self.setChecked(self._default)

    def values(self) -> list[Any]:
        """Returns what was set; empty where the default stands."""
        return [] if self.isChecked() == self._default else [self.isChecked()]

    def show_values(self, values: list[Any]) -> None:
        """Sets it; an empty list is the default."""
        self.setChecked(bool(values[0]) if values else self._default)


class CalmComboBox(QComboBox):
    """A combo box that a wheel over the page passes by; only one that has the focus turns."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)  # long choices must not widen the whole form
        self.setMinimumHeight(QLineEdit().sizeHint().height())  # as high as the lines around it

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ChoiceEditor(CalmComboBox):
    """One of a few words."""

    edited = Signal()

    def __init__(self, choices: tuple[str, ...], default: Any) -> None:
        super().__init__()
        self.addItems(list(choices))
        self._default = str(default)
        self.setCurrentText(self._default)
        self.currentTextChanged.connect(lambda _text: self.edited.emit())

    def set_default(self, default: Any, _if_empty: str = "") -> None:
        """Goes along with the default where it stood at the old one."""
        stood = not self.values()
        self._default = str(default)
        if stood:
            self.setCurrentText(self._default)

    def values(self) -> list[Any]:
        """Returns what was set; empty where the default stands."""
        return [] if self.currentText() == self._default else [self.currentText()]

    def show_values(self, values: list[Any]) -> None:
        """Sets it; an empty list is the default."""
        self.setCurrentText(str(values[0]) if values else self._default)


Editor = TextEditor | FlagEditor | ChoiceEditor


def make_editor(setting: api.SettingView) -> Editor:
    """Returns what asks for a setting of this kind."""
    if setting.kind == "flag":
        return FlagEditor(bool(setting.default))
    if setting.kind == "choice":
        return ChoiceEditor(setting.choices, setting.default)
    return TextEditor(setting.kind)
