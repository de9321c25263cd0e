"""One pair in full: the prompt, the two responses side by side with the words marked that differ, who chose what."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTextEdit, QVBoxLayout, QWidget

from workbench.domain.pairs import Row
from workbench.ui.data.chat_text import ChatText, in_utf16, marked, prompt_text, response_text
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card, label

_TINT = 46  # of 255, behind what differs
_Underline = QTextCharFormat.UnderlineStyle


@dataclass(frozen=True)
class PairText:
    """A row made ready to be shown; making it takes time, so not on the window's thread."""

    title: str
    facts: str
    prompt: ChatText
    chosen: ChatText | None
    rejected: ChatText | None
    names: tuple[str, str]


def pair_text(index: int, split: str, row: Row) -> PairText:
    """Returns what is shown of a row."""
    chosen, rejected = marked(response_text(row.chosen), response_text(row.rejected))
    names = ("One response (tie)", "The other (tie)") if row.tie else ("Chosen", "Rejected")
    return PairText(f"Row {index + 1:,}", _facts(split, row), prompt_text(row.prompt), chosen, rejected, names)


class PairView(Card):
    """Shows a row; texts can be selected and copied."""

    def __init__(self, scheme: Scheme) -> None:
        super().__init__("Pair", "choose a row above")
        self._scheme = scheme
        self._shown: PairText | None = None
        self.prompt, self.chosen, self.rejected = (_text_box(name) for name in ("Prompt", "Chosen", "Rejected"))
        self._names = (label("Chosen", "title"), label("Rejected", "title"))
        self._columns: list[QWidget] = []
        self._facts = label("", "muted", wraps=True, selectable=True)
        self._place()

    def show_pair(self, pair: PairText) -> None:
        """Shows a row in full."""
        self._shown = pair
        self.set_title(pair.title)
        has_two = pair.chosen is not None and pair.rejected is not None
        self.set_subtitle("underlined: words that the other response does not have" if has_two else "")
        self._facts.setText(pair.facts)
        self._write(self.prompt, pair.prompt)
        for box, text, name, title, column in zip(
            (self.chosen, self.rejected),
            (pair.chosen, pair.rejected),
            pair.names,
            self._names,
            self._columns,
            strict=True,
        ):
            title.setText(name)
            box.setAccessibleName(name)
            column.setVisible(text is not None)
            self._write(box, text or ChatText(""))
        self._responses.setVisible(pair.chosen is not None or pair.rejected is not None)

    def show_nothing(self) -> None:
        """Waits for a row to be chosen."""
        self._shown = None
        self.set_title("Pair", "choose a row above")
        self._facts.setText("")
        for box in (self.prompt, self.chosen, self.rejected):
            box.clear()

    def dress(self, scheme: Scheme) -> None:
        """Draws the marks in the colours of another scheme."""
        self._scheme = scheme
        if self._shown is not None:
            self.show_pair(self._shown)

    def _write(self, box: QTextEdit, text: ChatText) -> None:
        box.clear()
        cursor = box.textCursor()
        cursor.insertText(text.text, QTextCharFormat())
        how = self._mark_format(is_second=box is self.rejected)
        for spans, form in ((text.roles, self._role_format()), (text.marks, how)):
            for span in in_utf16(text.text, spans):
                cursor.setPosition(span.start)
                cursor.setPosition(span.end, QTextCursor.MoveMode.KeepAnchor)
                cursor.mergeCharFormat(form)
        cursor.setPosition(0)
        box.setTextCursor(cursor)

    def _role_format(self) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setFontWeight(QFont.Weight.DemiBold)
        made.setForeground(QColor(self._scheme.tokens.muted))
        return made

    def _mark_format(self, *, is_second: bool) -> QTextCharFormat:
        """A line as well as a colour: whole under the chosen words, dashed under the rejected ones."""
        tokens = self._scheme.tokens
        colour = QColor(tokens.loss if is_second else tokens.win)
        made = QTextCharFormat()
        made.setUnderlineStyle(_Underline.DashUnderline if is_second else _Underline.SingleUnderline)
        made.setUnderlineColor(colour)
        colour.setAlpha(_TINT)
        made.setBackground(colour)
        return made

    def _place(self) -> None:
        self._responses = responses = QSplitter(Qt.Orientation.Horizontal)
        responses.setChildrenCollapsible(False)
        for title, box in zip(self._names, (self.chosen, self.rejected), strict=True):
            column = QWidget()
            layout = QVBoxLayout(column)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(3)
            layout.addWidget(title)
            layout.addWidget(box, 1)
            self._columns.append(column)
            responses.addWidget(column)
        texts = QHBoxLayout()
        left = QVBoxLayout()
        left.setSpacing(3)
        left.addWidget(label("Prompt", "title"))
        left.addWidget(self.prompt, 1)
        texts.addLayout(left, 2)
        texts.addWidget(responses, 5)
        self.body.addWidget(self._facts)
        self.body.addLayout(texts, 1)


def _text_box(name: str) -> QTextEdit:
    box = QTextEdit(readOnly=True, acceptRichText=False, tabChangesFocus=True)
    box.setAccessibleName(name)
    box.setMinimumHeight(60)
    return box


def _facts(split: str, row: Row) -> str:
    parts = [split]
    if row.tie:
        parts.append("tie")
    if row.margin is not None:
        parts.append(f"margin {row.margin:g}")
    for name, score in (("chosen", row.gold_chosen), ("rejected", row.gold_rejected)):
        if score is not None:
            parts.append(f"gold of {name} {score:+.3g}")
    parts += [f"{name} cut at a length limit" for name, cut in _cuts(row) if cut]
    parts += [f"{rating.rater}: {rating.choice}" for rating in row.ratings]
    return " · ".join(parts)


def _cuts(row: Row) -> tuple[tuple[str, bool], ...]:
    return (("chosen", row.chosen_cut), ("rejected", row.rejected_cut))
