"""The answers to a question, laid out side by side; two of them can be picked as a pair."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent, Qt
from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from workbench import api
from workbench.domain.playground import Sampled, Scored, Wrote
from workbench.ui.pages.playground.answer_card import AnswerCard, Score
from workbench.ui.pages.playground.heat import limit_of
from workbench.ui.theme import Scheme
from workbench.ui.turns import Turns
from workbench.ui.widgets import set_role

_WIDTH = 330  # pixels that an answer is read well in
_GAP = 10


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
        on_ready: Callable[[], object] | None = None,
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

    def say(self, words: str) -> None:
        """Says in the cards without a response what is with it."""
        for card in self.cards:
            card.say(words)

    def fail(self, model: str, sentence: str) -> None:
        """Says why a checkpoint has no responses."""
        for card in self._of(model):
            card.fail(sentence)

    def show_heat(self, judge: str, scheme: Scheme) -> float | None:
        """Colours all answers on one scale; returns its end, or None where no token has a value of that judge."""
        values = [token.value for card in self.cards for token in card.tokens.get(judge, ())]
        limit = limit_of(values)
        self._heating.start(self._heat(judge, limit, scheme))
        return limit if values else None

    def _heat(self, judge: str, limit: float, scheme: Scheme) -> Iterator[None]:
        for card in list(self.cards):
            card.show_heat(judge, limit, scheme)
            yield

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


def letters(at: int) -> str:
    """Returns A to Z, then AA and so on."""
    first, last = divmod(at, 26)
    return (letters(first - 1) if first else "") + chr(ord("A") + last)
