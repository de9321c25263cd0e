"""The settings of the playground in a line or two, made from their declaration; those that few need are shown when asked for."""

from typing import Any

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.playground import Asking
from workbench.ui.widgets import label

_NARROW, _WIDE = 52, 150
_GAP = 12
_FIRST = 2  # settings in the first of two lines


class AskingForm(QWidget):
    """Asks how to sample; what is left empty stands as the project's experiments sample."""

    def __init__(self) -> None:
        super().__init__()
        self._views = {view.name: view for view in api.list_settings("playground")}
        self._defaults = Asking()
        self.editors = {name: _editor(view) for name, view in self._views.items()}
        self.more_box = QCheckBox("More")
        self._n_first = 0  # plain settings in the first line
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._break_lines()

    def _break_lines(self) -> None:
        """Puts the last of the plain settings into a second line where one line has no room for all."""
        needed = sum(one.sizeHint().width() + _GAP for one in self._plain)
        n_first = len(self._plain) if needed <= self.width() else _FIRST
        if n_first != self._n_first:
            self._n_first = n_first
            for line, parts in zip(self._lines, (self._plain[:n_first], self._plain[n_first:]), strict=True):
                for at, part in enumerate(parts):
                    line.insertWidget(at, part)

    def _place(self) -> None:
        self._more, self._lines = QWidget(), (QHBoxLayout(), QHBoxLayout())
        self._plain: list[QWidget] = [self._group(view) for view in self._views.values() if not view.advanced]
        self._plain.append(self.more_box)
        further = QHBoxLayout(self._more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for line in (*self._lines, further):
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(_GAP)
            line.addStretch(1)
        for line in self._lines:
            layout.addLayout(line)
        for at, view in enumerate(view for view in self._views.values() if view.advanced):
            further.insertWidget(at, self._group(view))
        layout.addWidget(self._more)
        self._more.hide()
        self._break_lines()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # it may be narrower than one line

    def _group(self, view: api.SettingView) -> QWidget:
        """Returns a setting's label, editor and unit, which stay together."""
        made, name = QWidget(), label(view.label, "muted")
        name.setBuddy(self.editors[view.name])
        inside = QHBoxLayout(made)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(5)
        inside.addWidget(name)
        inside.addWidget(self.editors[view.name])
        if view.unit == "tokens":
            inside.addWidget(label(view.unit, "muted"))
        return made


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
