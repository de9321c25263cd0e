"""The settings of the playground in one line, made from their declaration; those that few need are shown when asked for."""

from typing import Any

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.playground import Asking
from workbench.ui.widgets import label

_NARROW, _WIDE = 52, 150


class AskingForm(QWidget):
    """Asks how to sample; what is left empty stands as the project's experiments sample."""

    def __init__(self) -> None:
        super().__init__()
        self._views = {view.name: view for view in api.list_settings("playground")}
        self._defaults = Asking()
        self.editors = {name: _editor(view) for name, view in self._views.items()}
        self.more_box = QCheckBox("More")
        self.more_box.setToolTip("Stop strings, system prompt, device")
        self._place()
        self.more_box.toggled.connect(self._more.setVisible)
        self.use_defaults(self._defaults)

    def use_defaults(self, defaults: Asking) -> None:
        """Shows what stands where nothing is typed."""
        self._defaults = defaults
        for name, editor in self.editors.items():
            editor.setPlaceholderText(_words(getattr(defaults, name)))

    def settings(self) -> Asking:
        """Returns the settings.

        Raises:
            BadSetting: one is out of bounds or not a number.
        """
        typed = {name: editor.text() for name, editor in self.editors.items() if editor.text().strip()}
        values = {name: _value(text, self._views[name].kind) for name, text in typed.items()}
        return Asking.read(self._defaults.model_dump() | values, where="The playground")

    def next_seed(self) -> None:
        """Takes other random numbers.

        Raises:
            BadSetting: a setting is out of bounds or not a number.
        """
        self.editors["seed"].setText(str(self.settings().seed + 1))

    def _place(self) -> None:
        plain, self._more = QHBoxLayout(), QWidget()
        further = QHBoxLayout(self._more)
        further.setContentsMargins(0, 0, 0, 0)
        for name, view in self._views.items():
            row = further if view.advanced else plain
            name_label = label(view.label, "muted")
            name_label.setBuddy(self.editors[name])
            row.addWidget(name_label)
            row.addWidget(self.editors[name])
            if view.unit == "tokens":
                row.addWidget(label(view.unit, "muted"))
            row.addSpacing(8)
        plain.addWidget(self.more_box)
        plain.addStretch(1)
        further.addStretch(1)
        self._more.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(plain)
        layout.addWidget(self._more)


def _editor(view: api.SettingView) -> QLineEdit:
    made = QLineEdit()
    made.setFixedWidth(_NARROW if view.kind in ("whole", "number") else _WIDE)
    made.setAccessibleName(f"{view.label} {view.unit}".strip())
    made.setAccessibleDescription(view.help)
    hint = r"Several are separated by commas; \n is a line's end." if view.kind == "list" else ""
    made.setToolTip("\n".join(part for part in (view.name, view.help, view.bounds, hint) if part))
    return made


def _value(text: str, kind: str) -> Any:
    """Returns what was typed; what is no number stays text, for the declaration to refuse."""
    if kind == "list":
        return tuple(part.replace("\\n", "\n") for part in text.split(","))
    if kind not in ("whole", "number"):
        return text
    try:
        return int(text) if kind == "whole" else float(text)
    except ValueError:
        return text


def _words(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(part.replace("\n", "\\n") for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
