"""A line of a list that says more at its right end, in grey."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

DETAIL = Qt.ItemDataRole.UserRole + 1  # the words at the right end
_BETWEEN, _MARGIN = 24, 8  # pixels between a line's words and its detail, and behind it


class DetailDelegate(QStyledItemDelegate):
    """Paints each line's `DETAIL`, shortened where there is no room for all of it."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        name, detail = str(index.data()), str(index.data(DETAIL) or "")
        room = option.rect.adjusted(0, 0, -_MARGIN, 0)
        room.setLeft(option.rect.left() + option.fontMetrics.horizontalAdvance(name) + _BETWEEN)
        painter.save()
        painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        text = option.fontMetrics.elidedText(detail, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        painter.restore()
