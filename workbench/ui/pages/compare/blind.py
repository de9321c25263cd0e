"""Two arms' answers without names, one pair after another, judged by key."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import count

from PySide6.QtCore import Qt
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


class BlindTab(Tab):
    """Shows one pair at a time; which arm gave which answer is said nowhere."""

    title = "Judge blind"
    tip = "Judge two arms' answers without knowing whose they are; your judgements count as the judge `people`"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._comparison: Comparison | None = None
        self._pairs: list[api.BlindPair] = []
        self._given: list[api.BlindLabel | None] = []  # None while it is being written
        self._numbers = count()
        self.one, self.other = QComboBox(), QComboBox()
        self.card = Card("Judge blind", "")
        self.prompt = label("", "title", wraps=True, selectable=True)
        self.texts = (label("", wraps=True, selectable=True), label("", wraps=True, selectable=True))
        self.buttons = {keys: button(words, partial(self._give, said), tip=f"{words} ({keys})")
                        for keys, words, said in _VERDICTS}  # fmt: skip
        self.undo = button("Undo", self.take_back, tip="Takes the last judgement back (U)")
        self._place()
        for keys, words, said in _VERDICTS:  # keys that are typed into a field stay there
            add_action(self, f"Judge blind: {words}", keys, partial(self._give, said))
        add_action(self, "Judge blind: undo", "U", self.take_back)
        for box in (self.one, self.other):
            box.activated.connect(lambda _at: self._ask())
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
        project = self._session.project
        if project is None or not self._given or self._given[-1] is None:
            return
        given = self._given.pop()
        assert given is not None
        self._do(lambda: api.take_back_label(project, given), lambda _done: None, lambda: None)
        self._refresh()

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
        self._pairs, self._given = [], []
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
        self._pairs, self._given = pairs, []
        self._refresh()

    def _give(self, verdict: api.BlindVerdict) -> None:
        project, at = self._session.project, len(self._given)
        if project is None or at >= len(self._pairs):
            return
        pair, given = self._pairs[at], self._given
        given.append(None)

        def keep(done: api.BlindLabel) -> None:
            given[at] = done
            self.undo.setEnabled(self._given[-1:] != [None] and bool(self._given))

        def ask_again() -> None:
            if given is self._given and given[at:] == [None]:
                given.pop()
                self._refresh()

        self._do(lambda: api.give_label(project, pair, verdict), keep, ask_again)
        self._refresh()

    def _do(
        self, work: Callable[[], object], on_done: Callable[[api.BlindLabel], None], on_failed: Callable[[], None]
    ) -> None:
        def fail(error: Exception) -> None:
            on_failed()
            self._session.report("The judgement was not kept", error)

        self._session.ask(f"blind label {next(self._numbers)}", work, on_done, on_error=fail)

    def _refresh(self) -> None:
        at = len(self._given)
        is_open = at < len(self._pairs)
        self.card.set_subtitle(f"{at + 1:,}/{len(self._pairs):,}" if is_open else "")
        pair = self._pairs[at] if is_open else None
        self.prompt.setText(pair.prompt.strip() if pair else self._nothing_left())
        for text, said in zip(self.texts, (pair.first, pair.second) if pair else ("", ""), strict=True):
            text.setText(said.strip() or ("(nothing)" if pair else ""))
        for one in self.buttons.values():
            one.setEnabled(is_open)
        self.undo.setEnabled(bool(self._given) and self._given[-1] is not None)

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
