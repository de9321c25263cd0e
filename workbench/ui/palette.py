"""The command palette: type a few letters, press Enter."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from workbench.ui.widgets.controls import set_role
from workbench.ui.widgets.detail import DETAIL, DetailDelegate

_WIDTH, _HEIGHT, _TOP = 520, 320, 72
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class CommandPalette(QFrame):
    """Lists actions over the window, filters them as the person types, triggers the chosen one."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        set_role(self, "palette")
        self._over = over
        self._actions: list[QAction] = []
        self._field = QLineEdit(placeholderText="Type a command")
        self._field.setAccessibleName("Command")
        self._list = QListWidget()
        self._list.setAccessibleName("Commands")
        self._list.setItemDelegate(DetailDelegate(self._list))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._place()
        self._connect()
        self.hide()

    def offer(self, actions: Sequence[QAction]) -> None:
        """Comes up with these actions."""
        self._actions = [action for action in actions if action.isEnabled() and action.text()]
        self._field.clear()
        self._filter("")
        self.setGeometry((self._over.width() - _WIDTH) // 2, _TOP, _WIDTH, _HEIGHT)
        self.show()
        self.raise_()
        self._field.setFocus()

    def texts(self) -> list[str]:
        """Returns what is listed now."""
        return [self._list.item(row).text() for row in range(self._list.count())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.hide()
                return True
            if event.key() in _MOVES:
                self._list.event(event)
                return True
        if watched is self._field and event.type() == QEvent.Type.FocusOut:
            self.hide()
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        self._list.clear()
        words = text.lower().split()
        for action in self._actions:
            name, keys = action.text().replace("&", ""), action.shortcut().toString()
            if all(word in f"{name} {keys}".lower() for word in words):
                item = QListWidgetItem(name)
                item.setData(DETAIL, keys)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name} {keys}".strip())
                item.setData(Qt.ItemDataRole.UserRole, action)
                self._list.addItem(item)
        self._list.setCurrentRow(0)

    def _trigger(self) -> None:
        item = self._list.currentItem()
        self.hide()
        if item is not None:
            item.data(Qt.ItemDataRole.UserRole).trigger()

    def _place(self) -> None:
        layout = QVBoxLayout(self)
        layout.addWidget(self._field)
        layout.addWidget(self._list)

    def _connect(self) -> None:
        self._field.textChanged.connect(self._filter)
        self._field.returnPressed.connect(self._trigger)
        self._list.itemClicked.connect(lambda _item: self._trigger())
        self._field.installEventFilter(self)
