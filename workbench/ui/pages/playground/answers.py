"""What each checkpoint answered, side by side: the text as it is written, its scores, its length, why it ends."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.playground import Response, Sampled, Scored, TokenReward, Wrote
from workbench.ui.pages.playground.heat import limit_of
from workbench.ui.pages.playground.token_text import TokenText
from workbench.ui.pages.playground.turns import Turns
from workbench.ui.theme import Scheme
from workbench.ui.widgets import button, label, set_role, set_tone
from workbench.ui.widgets.controls import ElidedLabel
from workbench.ui.widgets.swatch import swatch

_WIDTH = 330  # pixels that an answer is read well in
_GAP = 10
_ENDS = {"eos": "ended by itself", "length": "cut at the limit", "stop_string": "ended at a stop string"}


class Score(NamedTuple):
    """A judge's score as it is shown. `role` is gold, proxy or empty."""

    label: str
    role: str
    value: float


class AnswerCard(QFrame):
    """One response.

    Signals:
        picked: the person says that it is "better" or "worse", or takes that back ("").
    """

    picked = Signal(str)

    def __init__(self, letter: str, choice: api.ModelChoice, number: int, scheme: Scheme) -> None:
        super().__init__()
        set_role(self, "card")
        self.letter, self.choice, self.number = letter, choice, number
        self.response: Response | None = None
        self.scores: dict[str, Score] = {}
        self.tokens: dict[str, tuple[TokenReward, ...]] = {}
        self.setAccessibleName(f"Answer {letter}, {choice.model.label}")
        self.text = TokenText(f"Answer {letter}")
        self._facts = label("waits", "muted", wraps=True)
        self._figures = label("", wraps=True, selectable=True)
        self.better = self._toggle("▲ Better", "better")
        self.worse = self._toggle("▼ Worse", "worse")
        self._mark = QLabel()
        self._ending = ""
        self.text.cursorPositionChanged.connect(self._on_pointed)
        self.dress(scheme)
        self._place()

    def dress(self, scheme: Scheme) -> None:
        """Takes the run's colour of another scheme."""
        self._mark.setPixmap(swatch(scheme.runs.colour(self.choice.index)).pixmap(10, 10))

    def write(self, text: str) -> None:
        """Shows what was said so far."""
        self.text.show_text(text.lstrip())
        self._facts.setText("writes…")

    def finish(self, response: Response, *, prompt_was_cut: bool) -> None:
        """Shows the whole response."""
        self.response = response
        self.text.show_text(response.text.strip() or "(nothing)")
        tokens = "1 token" if response.n_tokens == 1 else f"{response.n_tokens:,} tokens"
        cut = " · the prompt lost its beginning to fit the model" if prompt_was_cut else ""
        self._ending = f"{tokens} · {_ENDS[response.stop_reason]}{cut}"
        self._facts.setText(self._ending)
        self.better.setEnabled(True)
        self.worse.setEnabled(True)

    def say(self, words: str, tone: str) -> None:
        """Says why there is no response."""
        if self.response is None:
            self._facts.setText(words)
            set_tone(self._facts, tone)

    def add_score(self, judge: str, score: Score, tokens: Sequence[TokenReward]) -> None:
        """Shows another judge's score beside the others: gold first, then proxies."""
        self.scores[judge] = score
        self.tokens[judge] = tuple(tokens)
        order = {"gold": 0, "": 1, "proxy": 2}
        shown = sorted(self.scores.values(), key=lambda score: order[score.role])
        self._figures.setText("   ".join(map(_score_words, shown)))

    def show_heat(self, judge: str, limit: float, scheme: Scheme) -> None:
        """Colours the text by a reward model's values; without any it is plain."""
        if self.tokens.get(judge):
            self.text.show_tokens(self.tokens[judge], limit, scheme)
        elif self.response is not None:
            self.text.show_text(self.response.text.strip() or "(nothing)")
            self._facts.setText(self._ending)

    def set_pick(self, pick: str) -> None:
        """Shows that it is the better or the worse one of a pair, or neither."""
        self.better.setChecked(pick == "better")
        self.worse.setChecked(pick == "worse")

    @property
    def gold(self) -> float | None:
        """The first gold judge's score."""
        return next((score.value for score in self.scores.values() if score.role == "gold"), None)

    def _on_pointed(self) -> None:
        """Says below the text what the tooltip says, for those who go through it by keyboard."""
        words = self.text.words_at(self.text.textCursor().position()) if self.text.hasFocus() else ""
        if words:
            self._facts.setText(words)

    def _toggle(self, words: str, pick: str) -> QPushButton:
        made = button(words, lambda: None, role="pick", tip=f"Makes it the {pick} response of a pair to keep")
        made.setAccessibleName(f"Answer {self.letter} is the {pick} one")
        made.setCheckable(True)
        made.setEnabled(False)
        made.clicked.connect(lambda checked: self.picked.emit(pick if checked else ""))
        return made

    def _place(self) -> None:
        name = ElidedLabel(f"{self.choice.arm} · {self.choice.title}")
        name.setToolTip(Qt.convertFromPlainText(self.choice.model.name))
        set_role(name, "muted")
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._mark)
        head.addWidget(label(self.letter, "title"))
        head.addWidget(name, 1)
        foot = QHBoxLayout()
        foot.setSpacing(6)
        foot.addWidget(self._facts, 1)
        foot.addWidget(self.better)
        foot.addWidget(self.worse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.text)
        layout.addStretch(1)
        layout.addWidget(self._figures)
        layout.addLayout(foot)


class AnswerGrid(QScrollArea):
    """Lays answers out in as many columns as there is room for.

    Signals:
        pair_changed: another answer is the better or the worse one.
    """

    pair_changed = Signal()

    def __init__(self) -> None:
        super().__init__(widgetResizable=True)
        set_role(self, "ground")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Answers")
        self._inner = QWidget()
        self._grid = QGridLayout(self._inner)
        self._grid.setContentsMargins(0, 0, 2, 0)
        self._grid.setSpacing(_GAP)
        self.setWidget(self._inner)
        self.cards: list[AnswerCard] = []
        self._picks: dict[str, AnswerCard] = {}
        self._n_columns = 0
        self._building, self._heating = Turns(self), Turns(self)

    def begin(
        self,
        choices: Sequence[api.ModelChoice],
        n_responses: int,
        scheme: Scheme,
        on_ready: Callable[[], None] | None = None,
    ) -> None:
        """Makes room for the answers of a question, and calls `on_ready` when all of it is there."""
        old, self.cards = self.cards, []
        self._picks.clear()
        self._n_columns = 0
        places = [(choice, number) for choice in choices for number in range(n_responses)]
        self._heating.start(iter(()))
        self._building.start(self._build(old, places, scheme), on_ready)
        self.verticalScrollBar().setValue(0)
        self.pair_changed.emit()

    def _build(
        self, old: Sequence[AnswerCard], places: Sequence[tuple[api.ModelChoice, int]], scheme: Scheme
    ) -> Iterator[None]:
        for card in old:
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
            yield
        n_columns = self._columns(len(places))
        for at, place in enumerate(places):
            card = AnswerCard(letters(at), *place, scheme)
            card.picked.connect(partial(self._on_picked, card))
            self.cards.append(card)
            self._grid.addWidget(card, at // n_columns, at % n_columns)
            yield
        self._stretch(n_columns)

    def write(self, event: Wrote) -> None:
        """Shows what a checkpoint has said so far."""
        for card in self._of(event.model):
            card.write(event.texts[card.number])

    def finish(self, event: Sampled) -> None:
        """Shows a checkpoint's whole responses."""
        for card in self._of(event.model):
            card.finish(event.responses[card.number], prompt_was_cut=event.prompt_was_cut)

    def score(self, event: Scored, name: str, role: str) -> None:
        """Shows a judge's scores."""
        for card in self._of(event.model):
            tokens = event.tokens[card.number] if event.tokens else ()
            card.add_score(event.judge, Score(name, role, event.scores[card.number]), tokens)

    def say(self, words: str, model: str = "", tone: str = "plain") -> None:
        """Says in the cards without a response why there is none; in those of one model, or all."""
        for card in self.cards:
            if not model or card.choice.model.name == model:
                card.say(words, tone)

    def show_heat(self, judge: str, scheme: Scheme) -> float | None:
        """Colours all answers on one scale; returns its end, or None where no token has a value of that judge."""
        values = [token.value for card in self.cards for token in card.tokens.get(judge, ())]
        limit = limit_of(values)
        self._heating.start(self._heat(judge, limit, scheme))
        return limit if values else None

    def _heat(self, judge: str, limit: float, scheme: Scheme) -> Iterator[None]:
        for card in list(self.cards):
            yield card.show_heat(judge, limit, scheme)

    def dress(self, scheme: Scheme) -> None:
        """Takes the colours of another scheme."""
        for card in self.cards:
            card.dress(scheme)

    def pair(self) -> tuple[AnswerCard, AnswerCard] | None:
        """Returns the better and the worse answer, where both were picked."""
        if set(self._picks) != {"better", "worse"}:
            return None
        return self._picks["better"], self._picks["worse"]

    def picks(self) -> Mapping[str, AnswerCard]:
        """Returns what was picked so far."""
        return self._picks

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _of(self, model: str) -> Iterator[AnswerCard]:
        return (card for card in self.cards if card.choice.model.name == model)

    def _on_picked(self, card: AnswerCard, pick: str) -> None:
        self._picks = {name: other for name, other in self._picks.items() if other is not card and name != pick}
        if pick:
            self._picks[pick] = card
        for other in self.cards:
            other.set_pick(next((name for name, picked in self._picks.items() if picked is other), ""))
        self.pair_changed.emit()

    def _columns(self, n_cards: int) -> int:
        return max(1, min(n_cards, (self.viewport().width() + _GAP) // (_WIDTH + _GAP)))

    def _lay_out(self) -> None:
        n_columns = self._columns(len(self.cards))
        if n_columns == self._n_columns:
            return
        for at, card in enumerate(self.cards):
            self._grid.addWidget(card, at // n_columns, at % n_columns)
        self._stretch(n_columns)

    def _stretch(self, n_columns: int) -> None:
        """Gives all columns the same width, and what height is left to the place below the last row."""
        self._n_columns = n_columns
        n_rows = -(-len(self.cards) // n_columns)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < n_columns else 0)
        for row in range(self._grid.rowCount() + 1):
            self._grid.setRowStretch(row, 1 if row == n_rows else 0)


def _score_words(score: Score) -> str:
    value = f"{score.value:+.2f}" if score.role else f"{score.value:.4g}"
    words = f"{score.role} {score.label} {value}".strip()
    return words.replace(" ", "\u00a0")  # a name and its figure stay in one line


def letters(at: int) -> str:
    """Returns A to Z, then AA and so on."""
    first, last = divmod(at, 26)
    return (letters(first - 1) if first else "") + chr(ord("A") + last)
