"""The first cell of a line: the name, which can be edited in place, and behind it the tags as chips."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from workbench.ui.theme import Look
from workbench.ui.widgets.name_editor import Index, NameDelegate

TAGS = Qt.ItemDataRole.UserRole + 3  # a tuple of words
_GAP, _INSIDE, _ROUND = 5, 5, 6
_SMALLER = 0.88  # of the line's font


class TitleDelegate(NameDelegate):
    """Paints names with their tags."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        shown = QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        text, shown.text = shown.text, ""
        shown.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, shown, painter, shown.widget)
        box, metrics = option.rect.adjusted(3, 0, -3, 0), QFontMetricsF(shown.font)
        painter.save()
        painter.setFont(shown.font)
        painter.setPen(QColor(self._look.scheme.tokens.ink))
        name = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        taken = metrics.horizontalAdvance(name) + _GAP
        chips = _chips(shown.font, index.data(TAGS) or (), box.width() - taken)
        self._paint_chips(painter, QRectF(box).translated(taken, 0), chips, shown)
        painter.restore()

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


def _chips(font: QFont, tags: Sequence[str], room: float) -> dict[str, float]:
    """Returns the chips that have room behind the name, with their widths, gaps included; the last may stand for others."""
    metrics = QFontMetricsF(_small(font))
    for n_shown in range(len(tags), -1, -1):
        more = [f"+{len(tags) - n_shown}"] if n_shown < len(tags) else []
        chips = {words: metrics.horizontalAdvance(words) + 2 * _INSIDE + _GAP for words in [*tags[:n_shown], *more]}
        if sum(chips.values()) <= room:
            return chips
    return {}


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setBold(False)
    small.setPointSizeF(font.pointSizeF() * _SMALLER)
    return small
