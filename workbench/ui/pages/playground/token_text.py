"""A response as text that takes the height it needs, with the rewards of its tokens as colours behind them."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QHelpEvent, QResizeEvent, QTextCharFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import QFrame, QTextEdit, QToolTip

from workbench.domain.playground import TokenReward
from workbench.ui.data.chat_text import clean
from workbench.ui.pages.playground.heat import reward_words, shade
from workbench.ui.theme import Scheme
from workbench.ui.widgets import set_role
from workbench.ui.widgets.controls import tip_words

_ENDING = "⏎"  # stands for the end-of-sequence token, which has no text


class TokenText(QTextEdit):
    """Shows plain text, never read as markup."""

    def __init__(self, name: str) -> None:
        super().__init__(readOnly=True, acceptRichText=False, tabChangesFocus=True)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        set_role(self, "flow")
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.document().setDocumentMargin(0)
        self._tokens: Sequence[TokenReward] = ()
        self._starts: list[int] = []  # where each token's text begins, as Qt counts

    def show_text(self, text: str) -> None:
        """Shows text without colours."""
        self._tokens, self._starts = (), []
        self.setPlainText(clean(text))
        self._fit()

    def show_tokens(self, tokens: Sequence[TokenReward], limit: float, scheme: Scheme) -> None:
        """Shows tokens, each on the colour of its reward; below zero it is underlined too.

        Args:
            tokens: of the whole response.
            limit: the value that is shown as strongly as can be.
            scheme: the window's colours.
        """
        shown = [clean(token.text) or (_ENDING if at == len(tokens) - 1 else "") for at, token in enumerate(tokens)]
        lead = len(shown[0]) - len(shown[0].lstrip()) if shown else 0
        shown[:1] = [text[lead:] for text in shown[:1]]
        self.clear()
        cursor = self.textCursor()
        cursor.beginEditBlock()  # else the text is laid out anew at each token
        for text, token in zip(shown, tokens, strict=True):
            cursor.insertText(text, _format(token.value, limit, scheme))
        cursor.endEditBlock()
        self._tokens = tokens
        self._starts = list(accumulate((_utf16(text) for text in shown), initial=0))[:-1]
        cursor.movePosition(QTextCursor.MoveOperation.Start)
        self.setTextCursor(cursor)
        self._fit()

    def words_at(self, position: int) -> str:
        """Returns what is known of the token at a place of the text; nothing where there are no colours."""
        place = bisect_right(self._starts, position) - 1
        return reward_words(self._tokens[place], place, len(self._tokens)) if place >= 0 else ""

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.words_at(self.cursorForPosition(event.pos()).position())
            QToolTip.showText(event.globalPos(), tip_words(words), self)
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.document().setTextWidth(self.viewport().width())
        self.setFixedHeight(int(self.document().size().height()) + 4)


def _format(value: float, limit: float, scheme: Scheme) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setBackground(shade(value, limit, scheme))
    if value < 0:
        made.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
        made.setUnderlineColor(QColor(scheme.tokens.loss))
    return made


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
