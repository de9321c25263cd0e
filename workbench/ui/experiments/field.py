"""One setting in a form: its label, what is asked for, its unit, a mark where it differs, and what is wrong with it."""

import re
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench import api
from workbench.ui.experiments.editors import Editor, make_editor
from workbench.ui.experiments.note import FloatingNote
from workbench.ui.experiments.pickers import JudgesPicker, NamePicker
from workbench.ui.experiments.words import SYNONYMS, value_words
from workbench.ui.widgets import label, set_tone
from workbench.ui.widgets.controls import tip_words

_LABEL_WIDTH, _GAP = 150, 8


class SettingField(QWidget):
    """Asks for one setting; left alone it stands at the preset's value.

    Signals:
        changed: the person set it to something.
    """

    changed = Signal()

    def __init__(
        self, setting: api.SettingView, editor: Editor | NamePicker | JudgesPicker | None, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setting = setting
        self._label = label(setting.label, wraps=True)
        self.unit = label(setting.unit, "muted")
        self._told, self._tone = "", "plain"
        self.editor = editor or make_editor(setting)
        # What a name leads to is always told below it; of a value only what is wrong with it, where that moves nothing.
        leads_somewhere = isinstance(self.editor, NamePicker | JudgesPicker)
        self._said = label("", "muted", wraps=True) if leads_somewhere else FloatingNote(self, self.editor)
        self._build()
        self.editor.edited.connect(self._on_edited)
        self.use_preset("standard")

    def use_preset(self, preset: str) -> None:
        """Shows the value that stands where nothing is set."""
        setting = self.setting
        if_empty = "needed" if setting.required else _meaning_of_empty(setting.help)
        self.editor.set_default(setting.presets.get(preset, setting.default), if_empty)
        self._mark()

    def values(self) -> list[Any]:
        """Returns what was set; empty where the default stands."""
        return self.editor.values()

    def set_values(self, values: list[Any]) -> None:
        """Sets it to values of an experiment file; an empty list is the default."""
        self.editor.show_values(values)

    def problem(self) -> str:
        """Returns what is wrong with what was set, by itself; empty where nothing is."""
        setting = self.setting
        said = (api.check_setting(setting.group, setting.name, value) for value in self.values())
        return next((problem for problem in said if problem), "")

    def tell(self, words: str, tone: str = "plain") -> None:
        """Says something about the value below it, as what a name leads to; a problem of the value itself comes first."""
        self._told, self._tone = words, tone
        self._mark()

    def said(self) -> str:
        """Returns what stands below it."""
        return self._said.text()

    def is_found(self, words: str) -> bool:
        """Says whether a search for these words means this setting."""
        setting = self.setting
        also = SYNONYMS.get(setting.name, "")
        text = f"{setting.group} {setting.name} {setting.label} {setting.help} {also}".casefold().replace("_", " ")
        return all(word in text for word in words.casefold().replace("_", " ").split())

    def _mark(self) -> None:
        changed = bool(self.values())
        problem = self.problem()
        words = f"{problem[:1].upper()}{problem[1:]}." if problem else self._told
        tone = "bad" if problem else self._tone
        mark = "✕ " if words and tone == "bad" else "● " if changed else ""
        self._label.setText(f"{mark}{self.setting.label}")
        set_tone(self.editor, tone if words else "plain")
        self._said.setText(words)
        set_tone(self._said, tone)
        if isinstance(self._said, FloatingNote):
            self._said.follow()
        else:
            self._said.setVisible(bool(words))
        self.editor.setAccessibleDescription(f"{words} {self.setting.help}".strip())

    def _on_edited(self) -> None:
        self._mark()
        self.changed.emit()

    def _build(self) -> None:
        setting = self.setting
        default = "needed" if setting.required else f"default: {value_words(setting.default) or 'empty'}"
        told = (setting.name, setting.help, setting.bounds, default)
        self.setToolTip(tip_words("\n".join(part for part in told if part)))
        self.editor.setAccessibleName(f"{setting.label} {setting.unit}".strip())
        self._label.setFixedWidth(_LABEL_WIDTH)
        self._label.setBuddy(self.editor)
        row = QHBoxLayout()
        row.setSpacing(_GAP)
        row.addWidget(self._label)
        row.addWidget(self.editor, 1)
        row.addWidget(self.unit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        if not isinstance(self._said, FloatingNote):
            below = QHBoxLayout()
            below.addSpacing(_LABEL_WIDTH + _GAP)
            below.addWidget(self._said, 1)
            layout.addLayout(below)
        if isinstance(self.editor, NamePicker):  # it is told a moment later
            policy = self._said.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            self._said.setSizePolicy(policy)


def _meaning_of_empty(help_text: str) -> str:
    """Returns in short what a help text says of an empty field, as "all" of "At most so many. Empty: all, in turn."."""
    return re.split(r"[,.](?:\s|$)", help_text.partition("Empty: ")[2])[0]
