"""A progress bar inside a list: painted, so that hundreds of runs cost no widgets."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from workbench.ui.theme import Look

SHARE = Qt.ItemDataRole.UserRole + 1  # of the work that is done, 0 to 1; None shows no bar
_HEIGHT = 4
_MARGIN = 4


class ProgressDelegate(QStyledItemDelegate):
    """Paints a bar below the text of a cell that has a share of work."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        share = index.data(SHARE)
        super().paint(painter, option, index)
        if share is None:
            return
        tokens, box = self._look.scheme.tokens, option.rect
        bar = QRectF(box.left() + _MARGIN, box.bottom() - _HEIGHT, box.width() - 2 * _MARGIN, _HEIGHT - 1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.border))
        painter.drawRoundedRect(bar, 2, 2)
        painter.setBrush(QColor(tokens.accent))
        painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * share, bar.height()), 2, 2)
        painter.restore()
