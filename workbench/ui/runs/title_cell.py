"""The first cell of a line: the name, which can be edited in place, and behind it the tags as chips."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from workbench.ui.theme import Look
from workbench.ui.widgets.name_editor import Index, NameDelegate

TAGS = Qt.ItemDataRole.UserRole + 3  # a tuple of words
_GAP, _INSIDE, _ROUND = 5, 5, 6
_SMALLER = 0.88  # of the line's font
_LEAST_NAME = 70  # pixels that the name keeps whatever the tags take


class TitleDelegate(NameDelegate):
    """Paints names with their tags."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tags = index.data(TAGS) or ()
        chips = self._chips(option, tags)
        shown = QStyleOptionViewItem(option)
        super().initStyleOption(shown, index)
        room = option.rect.width() - _LEAST_NAME
        while chips and sum(chips.values()) > room:
            chips.popitem()
        text, shown.text = shown.text, ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, shown, painter, option.widget)
        painter.save()
        box = option.rect.adjusted(3, 0, -3, 0)
        width = max(0.0, box.width() - sum(chips.values()))
        painter.setFont(shown.font)
        painter.setPen(QColor(self._look.scheme.tokens.ink))
        metrics = QFontMetricsF(shown.font)
        name = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        self._paint_chips(painter, QRectF(box).translated(metrics.horizontalAdvance(name) + _GAP, 0), chips, shown)
        painter.restore()

    def _chips(self, option: QStyleOptionViewItem, tags: tuple[str, ...]) -> dict[str, float]:
        """Returns how wide each tag's chip is, its gap included."""
        metrics = QFontMetricsF(_small(option.font))
        return {tag: metrics.horizontalAdvance(tag) + 2 * _INSIDE + _GAP for tag in tags}

    def _paint_chips(
        self, painter: QPainter, box: QRectF, chips: dict[str, float], shown: QStyleOptionViewItem
    ) -> None:
        tokens, font = self._look.scheme.tokens, _small(shown.font)
        height = QFontMetricsF(font).height() + 2
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, top = box.left(), box.center().y() - height / 2
        for tag, width in chips.items():
            chip = QRectF(left + 0.5, round(top) + 0.5, width - _GAP, height - 1)
            painter.setPen(QColor(tokens.border))
            painter.setBrush(QColor(tokens.ground))
            painter.drawRoundedRect(chip, _ROUND, _ROUND)
            painter.setPen(QColor(tokens.muted))
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, tag)
            left += width


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setBold(False)
    small.setPointSizeF(font.pointSizeF() * _SMALLER)
    return small
