"""A menu in which several things are ticked before it closes."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu


class TickMenu(QMenu):
    """Stays open while its items are ticked, by a click or Space; Enter, Esc or a click beside it closes it."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._tick(self.actionAt(event.position().toPoint()) is self.activeAction()):
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._tick(event.key() == Qt.Key.Key_Space):
            super().keyPressEvent(event)

    def _tick(self, is_wanted: bool) -> bool:
        """Ticks or unticks the item under the cursor; says whether there was one to tick."""
        item = self.activeAction()
        if not is_wanted or item is None or not (item.isCheckable() and item.isEnabled()):
            return False
        item.trigger()
        return True
