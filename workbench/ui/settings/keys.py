"""Every command with its keys, which can be changed, taken away and given back."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QKeySequenceEdit, QTreeWidget, QTreeWidgetItem

from workbench.ui.session import Session
from workbench.ui.settings.card import Section
from workbench.ui.shortcuts import Command, native
from workbench.ui.widgets import button, label

_HEIGHT = 320
_COMMAND = Qt.ItemDataRole.UserRole


class ShortcutsCard(Section):
    """Lists commands by the page on which they can be done; below, the keys of the chosen one are changed."""

    words = "keyboard keys hotkeys"

    def __init__(self, session: Session) -> None:
        super().__init__("Shortcuts", "choose a command, then press its new keys")
        self._session = session
        self._shortcuts = session.shortcuts
        self._words = ""
        self._is_stale = False
        self.tree = QTreeWidget(rootIsDecorated=False, indentation=14)
        self.keys = QKeySequenceEdit(clearButtonEnabled=True)
        self.said = label("", wraps=True)
        self.set = button("Set", self._set, tip="Gives the command these keys")
        self.remove = button("Remove", lambda: self._change(""), tip="Takes the command's keys away")
        self.reset = button("Reset", self._reset, tip="Gives the command the program's own keys back")
        self.reset_all = button(
            "Reset all", self._shortcuts.reset, tip="Gives all commands the program's own keys back"
        )
        self._build()
        self._connect()
        self._fill()

    def search(self, words: str) -> bool:
        """Shows the commands that a search means; all of them where it means the card."""
        self._words = "" if super().search(words) else words
        self._fill()
        self.setVisible(bool(self._items()))
        return bool(self._items())

    def choose(self, command_id: str) -> None:
        """Chooses a command."""
        found = [item for item in self._items() if item.data(0, _COMMAND).id == command_id]
        for item in found:
            self.tree.setCurrentItem(item)

    def chosen(self) -> Command | None:
        """Returns the chosen command."""
        item = self.tree.currentItem()
        return None if item is None else item.data(0, _COMMAND)

    def _fill(self) -> None:
        self._is_stale = False
        chosen = self.chosen()
        self.tree.clear()
        places: dict[str, QTreeWidgetItem] = {}
        for command in self._shortcuts.commands():
            told = f"{command.words} {command.place} {native(command.keys)}".casefold()
            if command.words and self._words.casefold() in told:
                place = places.get(command.place) or self._add_place(command.place)
                places[command.place] = place
                _add_command(place, command)
        self.tree.expandAll()
        if chosen is not None:
            self.choose(chosen.id)
        self._offer()

    def _add_place(self, title: str) -> QTreeWidgetItem:
        place = QTreeWidgetItem(self.tree, [title])
        place.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = self.tree.font()
        font.setBold(True)
        place.setFont(0, font)
        place.setFirstColumnSpanned(True)
        return place

    def _items(self) -> list[QTreeWidgetItem]:
        places = [self.tree.topLevelItem(row) for row in range(self.tree.topLevelItemCount())]
        return [place.child(row) for place in places for row in range(place.childCount())]

    def _offer(self) -> None:
        command = self.chosen()
        for widget in (self.keys, self.set):
            widget.setEnabled(command is not None)
        self.remove.setEnabled(command is not None and bool(command.keys))
        self.reset.setEnabled(command is not None and command.is_changed)
        self.keys.setKeySequence(QKeySequence(command.keys if command else ""))
        self._judge()

    def _judge(self) -> None:
        """Says before anything is set whether the keys are free."""
        command, keys = self.chosen(), self._typed()
        other = None if command is None else self._shortcuts.conflict(command, keys)
        if other is not None:
            self.said.setText(f"⚠ {native(keys)} is taken by “{other.words}” ({other.place}). Change that one first.")
        else:
            self.said.setText("" if command is None else f"{command.words} ({command.place})")
        self.set.setEnabled(command is not None and other is None and keys != command.keys)

    def _set(self) -> None:
        self._change(self._typed())

    def _reset(self) -> None:
        command = self.chosen()
        if command is not None:
            own = command.default[0].toString(QKeySequence.SequenceFormat.PortableText) if command.default else ""
            self._change(own)

    def _change(self, keys: str) -> None:
        command = self.chosen()
        if command is None:
            return
        other = self._shortcuts.conflict(command, keys)
        if other is not None:
            self.said.setText(f"⚠ {native(keys)} is taken by “{other.words}” ({other.place}). Change that one first.")
            return
        self._shortcuts.change(command, keys)

    def _typed(self) -> str:
        return str(self.keys.keySequence().toString(QKeySequence.SequenceFormat.PortableText))

    def _connect(self) -> None:
        self.tree.currentItemChanged.connect(lambda _now, _before: self._offer())
        self.keys.keySequenceChanged.connect(lambda _keys: self._judge())
        self._shortcuts.changed.connect(self._on_changed)

    def _on_changed(self) -> None:
        """Lists the commands anew, now or when they come into sight: every page brings some."""
        self._is_stale = not self.isVisible()
        if not self._is_stale:
            self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        if self._is_stale:
            self._fill()
        super().showEvent(event)

    def _build(self) -> None:
        self.tree.setHeaderLabels(["Command", "Keys", ""])
        self.tree.setAccessibleName("Commands and their keys")
        self.tree.setMinimumHeight(_HEIGHT)
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setStretchLastSection(False)
        self.keys.setAccessibleName("New keys")
        self.keys.setMaximumSequenceLength(1)
        row = QHBoxLayout()
        row.addWidget(self.keys, 1)
        for widget in (self.set, self.remove, self.reset, self.reset_all):
            row.addWidget(widget)
        self.body.addWidget(self.tree)
        self.body.addWidget(self.said)
        self.body.addLayout(row)


def _add_command(place: QTreeWidgetItem, command: Command) -> None:
    item = QTreeWidgetItem(place, [command.words, native(command.keys), "● changed" if command.is_changed else ""])
    item.setData(0, _COMMAND, command)
    item.setToolTip(0, command.id)
