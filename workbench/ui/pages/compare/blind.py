"""Two arms' answers without names, one pair after another, judged by key."""

from collections.abc import Collection, Iterator
from functools import partial
from itertools import count

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from workbench import api
from workbench.compare import Comparison
from workbench.domain.experiments import shown_name
from workbench.ui.pages.compare.deck import Tab
from workbench.ui.session import Session
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card, add_action, button, label

_VERDICTS: tuple[tuple[str, str, api.BlindVerdict], ...] = (
    ("1", "1 is better", "first"),
    ("2", "2 is better", "second"),
    ("0", "Tie", "tie"),
    ("S", "Skip", "skip"),
)


_DEED = "Judge a pair"
_LETTERS = 18


class BlindTab(Tab):
    """Shows one pair at a time; which arm gave which answer is said nowhere."""

    title = "Judge blind"
    tip = "Judge two arms' answers without knowing whose they are; your judgements count as the judge `people`"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._comparison: Comparison | None = None
        self._pairs: list[api.BlindPair] = []
        self._given: set[int] = set()  # places of the pairs that were judged
        self.one, self.other = QComboBox(), QComboBox()
        self.card = Card("Judge blind", "")
        self.prompt = label("", "title", wraps=True, selectable=True)
        self.texts = (label("", wraps=True, selectable=True), label("", wraps=True, selectable=True))
        self.buttons = {keys: button(words, partial(self._give, said), tip=f"{words} ({keys})")
                        for keys, words, said in _VERDICTS}  # fmt: skip
        self.undo = button("Undo", self.take_back, tip="Takes the last judgement back (U, or Ctrl+Z)")
        self._place()
        for keys, words, said in _VERDICTS:  # keys that are typed into a field stay there
            add_action(self, f"Judge blind: {words}", keys, partial(self._give, said))
        add_action(self, "Judge blind: undo", "U", self.take_back)
        for box in (self.one, self.other):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(_LETTERS)  # as much as there is room for of two long names
            box.setIconSize(QSize(0, 0))
            box.activated.connect(lambda _at: self._ask())
        session.history.changed.connect(self._show_undo)
        self._wait()

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        names = [arm.name for arm in comparison.arms]
        before = [] if self._comparison is None else [arm.name for arm in self._comparison.arms]
        self._comparison = comparison
        if names != before:
            self._offer(names)
        if names != before or not self._pairs:
            self._ask()
        yield

    def take_back(self) -> None:
        """Takes the last judgement back and shows its pair again."""
        if self._can_undo():
            self._session.history.undo()

    def _can_undo(self) -> bool:
        """Says whether a judgement of these pairs is what the window would take back next."""
        return bool(self._given) and self._session.history.undoable == _DEED

    def _show_undo(self) -> None:
        self.undo.setEnabled(self._can_undo())

    def _offer(self, names: list[str]) -> None:
        for box, chosen in ((self.one, names[-1]), (self.other, names[0])):
            kept = box.currentData()
            box.clear()
            for name in names:
                box.addItem(shown_name(name), name)
            box.setCurrentIndex(box.findData(kept if kept in names else chosen))

    def _ask(self) -> None:
        project, comparison = self._session.project, self._comparison
        one, other = self.one.currentData(), self.other.currentData()
        self._pairs, self._given = [], set()
        if project is None or comparison is None or one == other:
            self._refresh()
            return
        self._wait()
        work = lambda: api.blind_pairs(project, comparison, one, other)  # noqa: E731
        self._session.ask("blind pairs", work, self._on_pairs, title="The answers were not read")

    def _wait(self) -> None:
        """Until there are pairs there is nothing to judge, and nothing to take back."""
        for one in (*self.buttons.values(), self.undo):
            one.setEnabled(False)

    def _on_pairs(self, pairs: list[api.BlindPair]) -> None:
        self._pairs, self._given = pairs, set()
        self._refresh()

    def _give(self, verdict: api.BlindVerdict) -> None:
        project, at = self._session.project, self._at()
        if project is None or at >= len(self._pairs):
            return
        pair, given = self._pairs[at], self._given

        def mark(*, is_given: bool) -> None:
            (given.add if is_given else given.discard)(at)
            if given is self._given:  # else other arms are judged by now
                self._refresh()

        mark(is_given=True)
        self._session.history.do(
            _DEED,
            lambda: api.give_label(project, pair, verdict),
            lambda done: api.take_back_label(project, done),
            lambda _done: mark(is_given=True),
            lambda: mark(is_given=False),
            self.isVisible,
        )

    def _at(self) -> int:
        """Returns the place of the first pair that was not judged."""
        return next(place for place in count() if place not in self._given)

    def _refresh(self) -> None:
        at = self._at()
        is_open = at < len(self._pairs)
        self.card.set_subtitle(f"{at + 1:,}/{len(self._pairs):,}" if is_open else "")
        pair = self._pairs[at] if is_open else None
        self.prompt.setText(pair.prompt.strip() if pair else self._nothing_left())
        for text, said in zip(self.texts, (pair.first, pair.second) if pair else ("", ""), strict=True):
            text.setText(said.strip() or ("(nothing)" if pair else ""))
        for one in self.buttons.values():
            one.setEnabled(is_open)
        self._show_undo()

    def _nothing_left(self) -> str:
        if self.one.currentData() == self.other.currentData():
            return "Choose two different arms."
        if self._given:
            return "All pairs are judged. Under Judges stands what they come to."
        return "There is no pair left that you have not judged and whose answers differ."

    def _place(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.one.setAccessibleName("First arm")
        self.other.setAccessibleName("Second arm")
        for widget in (self.one, label("and", "muted"), self.other):
            self.card.corner.addWidget(widget)
        answers = QHBoxLayout()
        answers.setSpacing(16)
        for name, text in zip("12", self.texts, strict=True):
            answers.addWidget(_answer(name, text), 1)
        row = QHBoxLayout()
        for made in self.buttons.values():
            row.addWidget(made)
        row.addStretch(1)
        row.addWidget(label("Keys: 1, 2, 0 for a tie, S to skip, U to undo", "muted"))
        row.addWidget(self.undo)
        self.card.body.addWidget(self.prompt)
        self.card.body.addLayout(answers, 1)
        self.card.body.addLayout(row)
        self.hold(self.card)


def _answer(name: str, text: QLabel) -> QWidget:
    text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    area = QScrollArea(widgetResizable=True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(text)
    area.setAccessibleName(f"Answer {name}")
    side = QWidget()
    layout = QVBoxLayout(side)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(label(f"Answer {name}", "title"))
    layout.addWidget(area, 1)
    return side
