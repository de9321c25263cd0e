"""The same prompt, answered by every arm: scores beside texts, from prompt to prompt by keyboard."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from workbench import api
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card, add_action, button, label
from workbench.ui.widgets.swatch import swatch


class AnswersCard(Card):
    """Shows one prompt at a time."""

    def __init__(self) -> None:
        super().__init__("Answers", "to the same prompt, side by side")
        self._questions: Sequence[api.Question] = ()
        self._hidden: Collection[str] = ()
        self._scheme: Scheme | None = None
        self._at = 0
        self._prompt = label("", "title", wraps=True, selectable=True)
        self._list = QVBoxLayout()
        self._counter = label("", "muted")
        self._build_actions()
        self._place()

    def show_questions(self, questions: Sequence[api.Question], scheme: Scheme, hidden: Collection[str]) -> None:
        """Shows these prompts, staying at the one in sight."""
        self._questions, self._scheme, self._hidden = questions, scheme, hidden
        self._at = min(self._at, max(0, len(questions) - 1))
        self._refresh()

    def step(self, by: int) -> None:
        """Goes to another prompt, round the end."""
        if self._questions:
            self._at = (self._at + by) % len(self._questions)
            self._refresh()

    def show_disagreement(self) -> None:
        """Goes to the prompt, beside the one in sight, whose gold scores lie furthest apart."""
        ranked = sorted(range(len(self._questions)), key=lambda at: -self._spread(self._questions[at]))
        if ranked:
            place = ranked.index(self._at)
            self._at = ranked[(place + 1) % len(ranked)] if place < len(ranked) // 4 else ranked[0]
            self._refresh()

    def text(self) -> str:
        """Returns the prompt in sight."""
        return self._prompt.text()

    def _spread(self, question: api.Question) -> float:
        scores = [a.gold for a in question.answers if a.gold is not None and a.arm not in self._hidden]
        return max(scores) - min(scores) if scores else 0.0

    def _refresh(self) -> None:
        while (item := self._list.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().deleteLater()
        if not self._questions:
            self._counter.setText("")
            self._prompt.setText("No prompt was answered by every arm.")
            return
        question = self._questions[self._at]
        self._counter.setText(f"{self._at + 1:,}/{len(self._questions):,}")
        self._prompt.setText(question.prompt.strip())
        for answer in question.answers:
            if answer.arm not in self._hidden:
                self._list.addWidget(self._entry(answer))
        self._list.addStretch(1)

    def _entry(self, answer: api.Answer) -> QWidget:
        assert self._scheme is not None
        head = QHBoxLayout()
        head.setSpacing(6)
        mark = QLabel()
        mark.setPixmap(swatch(self._scheme.runs.colour(answer.index)).pixmap(10, 10))
        head.addWidget(mark)
        head.addWidget(label(answer.arm, "title"))
        head.addWidget(label(_scores(answer), "muted", wraps=True), 1)
        text = label(answer.response.strip() or "(nothing)", wraps=True, selectable=True)
        entry = QWidget()
        layout = QVBoxLayout(entry)
        layout.setContentsMargins(0, 2, 0, 4)
        layout.setSpacing(1)
        layout.addLayout(head)
        layout.addWidget(text)
        return entry

    def _build_actions(self) -> None:
        for words, keys, work in (
            ("Previous prompt", "Alt+Left", lambda: self.step(-1)),
            ("Next prompt", "Alt+Right", lambda: self.step(1)),
            ("Where arms disagree most", "Alt+Down", self.show_disagreement),
        ):
            add_action(self, words, keys, work)

    def _place(self) -> None:
        back = button("‹", lambda: self.step(-1), role="link", tip="Previous prompt (Alt+Left)")
        back.setAccessibleName("Previous prompt")
        on = button("›", lambda: self.step(1), role="link", tip="Next prompt (Alt+Right)")
        on.setAccessibleName("Next prompt")
        apart = button("⇅", self.show_disagreement, role="link", tip="Where the arms disagree most (Alt+Down)")
        apart.setAccessibleName("Where the arms disagree most")
        for made in (apart, back, self._counter, on):
            self.corner.addWidget(made)
        inner = QWidget()
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, 4, 0)
        inside.addWidget(self._prompt)
        inside.addLayout(self._list, 1)
        area = QScrollArea(widgetResizable=True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        area.setAccessibleName("Answers to one prompt")
        self.body.addWidget(area, 1)


def _scores(answer: api.Answer) -> str:
    parts = [f"gold {answer.gold:+.2f}" if answer.gold is not None else "no gold score"]
    if answer.proxy is not None:
        parts.append(f"proxy {answer.proxy:+.2f}")
    if answer.was_cut:
        parts.append("cut off")
    return " · ".join(parts)
