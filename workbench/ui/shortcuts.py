"""Every command of the window with its keys, which a person may change."""

from collections.abc import Sequence
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from workbench import api
from workbench.ui.preferences import PreferenceStore

EVERYWHERE = "window"
_NATIVE = QKeySequence.SequenceFormat.NativeText
_PORTABLE = QKeySequence.SequenceFormat.PortableText


@dataclass(slots=True)
class Command:
    """Something that can be done by keys.

    Attributes:
        id: names it in the preferences, as experiments.pause.
        place: the page's title, or what stands for the whole window.
        words: what it does.
        default: the keys that the program gives it; the first is shown.
        keys: those that it has, as Ctrl+P; empty where it has none.
        action: what is triggered; it may be gone with its page.
    """

    id: str
    place: str
    words: str
    default: list[QKeySequence]
    keys: str
    action: QAction

    @property
    def page(self) -> str:
        """The key of the page on which it can be done, or `EVERYWHERE`."""
        return self.id.partition(".")[0]

    @property
    def is_changed(self) -> bool:
        """Says whether the keys are not the program's own."""
        return self.keys != _first(self.default)

    def meets(self, other: "Command") -> bool:
        """Says whether both can be meant by the same keys at the same moment."""
        return self is not other and (self.page == other.page or EVERYWHERE in (self.page, other.page))


class Shortcuts(QObject):
    """Knows the commands of the window and of the pages that were made, and gives them the keys that the person prefers.

    Signals:
        changed: commands have come, or keys are others.
    """

    changed = Signal()

    def __init__(self, preferences: PreferenceStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._commands: dict[str, Command] = {}
        preferences.changed.connect(self._on_preferences)

    def commands(self) -> list[Command]:
        """Returns the commands that are known, those of the whole window first."""
        return sorted(self._commands.values(), key=lambda command: command.page != EVERYWHERE)

    def adopt(self, page: str, place: str, owner: QWidget, offered: Sequence[QAction]) -> None:
        """Takes on the actions of a widget: those that it offers, and those of its parts that have keys."""
        parts = [action for action in owner.findChildren(QAction) if action.shortcut() and page != EVERYWHERE]
        found = [action for action in dict.fromkeys([*offered, *parts]) if _is_command(action)]
        for action in found:
            self._take_on(f"{page}.{_slug(action.objectName() or action.text())}", place, action)
        if found:
            self.changed.emit()

    def keys(self, command_id: str) -> str:
        """Returns the keys of a command as the system writes them."""
        command = self._commands.get(command_id)
        return native(command.keys) if command else ""

    def conflict(self, command: Command, keys: str) -> Command | None:
        """Returns the command that has these keys already, where both can be meant at once."""
        taken = [other for other in self._commands.values() if other.keys == keys and command.meets(other)]
        return taken[0] if keys and taken else None

    def change(self, command: Command, keys: str) -> None:
        """Gives a command other keys; none where they are empty."""
        if keys == _first(command.default):
            self._preferences.reset(f"shortcuts.{command.id}")
        else:
            self._preferences.set(f"shortcuts.{command.id}", keys)

    def reset(self) -> None:
        """Gives all commands the program's own keys back."""
        self._preferences.reset("shortcuts")

    def _take_on(self, command_id: str, place: str, action: QAction) -> None:
        known = self._commands.get(command_id)
        if known is not None and known.action is action:
            return
        words = action.text().replace("&", "")
        command = Command(command_id, place, words, action.shortcuts(), _first(action.shortcuts()), action)
        self._commands[command_id] = command
        self._give_keys(command, self._preferences.now)

    def _on_preferences(self, preferences: api.Preferences) -> None:
        before = [command.keys for command in self._commands.values()]
        for command in self._commands.values():
            self._give_keys(command, preferences)
        if before != [command.keys for command in self._commands.values()]:
            self.changed.emit()

    def _give_keys(self, command: Command, preferences: api.Preferences) -> None:
        wanted = preferences.shortcuts.get(command.id)
        keys = _first(command.default) if wanted is None else _portable(wanted)
        if keys == command.keys:
            return
        if shiboken6.isValid(command.action):
            was, now = native(command.keys), native(keys)
            command.action.setShortcuts(command.default if wanted is None else [QKeySequence(keys)])
            command.action.setToolTip(command.action.toolTip().replace(f"({was})", f"({now})"))
        command.keys = keys


def native(keys: str) -> str:
    """Returns keys as the system writes them: with its signs on a Mac."""
    return QKeySequence(keys).toString(_NATIVE)


def _portable(keys: str) -> str:
    return QKeySequence(keys).toString(_PORTABLE)


def _first(keys: Sequence[QKeySequence]) -> str:
    return keys[0].toString(_PORTABLE) if keys else ""


def _is_command(action: QAction) -> bool:
    everywhere = action.shortcutContext() in (Qt.ShortcutContext.WindowShortcut, Qt.ShortcutContext.ApplicationShortcut)
    return everywhere and bool(action.text() or action.objectName())


def _slug(words: str) -> str:
    letters = "".join(letter if letter.isalnum() else " " for letter in words.replace("&", "").lower())
    return "-".join(letters.split())
