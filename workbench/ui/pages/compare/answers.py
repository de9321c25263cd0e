"""The same prompt, answered by every arm: scores beside texts, from prompt to prompt by keyboard."""

from collections.abc import Collection, Iterator, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from workbench import api
from workbench.compare import ArmResult
from workbench.domain.experiments import shown_name
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card, add_action, button, label
from workbench.ui.widgets.swatch import swatch

_AT_ONCE = 12  # entries that are made: each takes two milliseconds


class AnswersCard(Card):
    """Shows one prompt at a time.

    Signals:
        places_wanted: the checkpoints whose answers shall be shown, by arm; arms left out show their last.
    """

    places_wanted = Signal(dict)

    def __init__(self) -> None:
        super().__init__("Answers", "to the same prompt, side by side")
        self._questions: Sequence[api.Question] = ()
        self._hidden: Collection[str] = ()
        self._arms: Sequence[ArmResult] = ()
        self._scheme: Scheme | None = None
        self._at = 0
        self._prompt = label("", "title", wraps=True, selectable=True)
        self._list = QVBoxLayout()
        self._listed: Sequence[api.Answer] = ()
        self._n_made = 0  # entries, of those listed the first
        self._build_actions()
        self._place()

    def show_questions(
        self,
        questions: Sequence[api.Question],
        arms: Sequence[ArmResult],
        scheme: Scheme,
        hidden: Collection[str],
    ) -> None:
        """Shows these prompts, staying at the one in sight."""
        for _ in self.showing(questions, arms, scheme, hidden):
            pass

    def showing(
        self,
        questions: Sequence[api.Question],
        arms: Sequence[ArmResult],
        scheme: Scheme,
        hidden: Collection[str],
    ) -> Iterator[None]:
        """Shows these prompts answer by answer; nothing but the last step changes what is in sight."""
        key = self._questions[self._at].key if self._questions else ""
        self._questions, self._arms, self._scheme, self._hidden = questions, arms, scheme, hidden
        keys = [question.key for question in questions]
        self._at = keys.index(key) if key in keys else 0
        yield from self._filling()

    def places(self) -> dict[str, api.Place]:
        """Returns which checkpoint of each arm is in sight."""
        shown = self._questions[self._at].answers if self._questions else ()
        return {answer.arm: api.Place(answer.seed, answer.step) for answer in shown}

    def show_checkpoint(self, arm: str, steps: Sequence[int]) -> None:
        """Shows the answers of an arm's checkpoint, under the seed in sight; `steps` has its step in every seed."""
        seeds = next((one.seeds for one in self._arms if one.name == arm), ())
        now = self.places().get(arm)
        if seeds:
            at = seeds.index(now.seed) if now is not None and now.seed in seeds else 0
            self.places_wanted.emit(self.places() | {arm: api.Place(seeds[at], steps[min(at, len(steps) - 1)])})

    def move_checkpoint(self, by: int) -> None:
        """Goes to the next or previous checkpoint of every arm, as far as each has one."""
        moved = {}
        for arm, place in self.places().items():
            steps = self._steps(arm, place.seed)
            moved[arm] = api.Place(place.seed, steps[max(0, min(len(steps) - 1, steps.index(place.step) + by))])
        self.places_wanted.emit(moved)

    def show_last(self) -> None:
        """Shows the last checkpoints under each arm's first seed."""
        self.places_wanted.emit({})

    def next_seed(self) -> None:
        """Shows the same checkpoints under the next seed of each arm; where that has other steps, those in their place."""
        moved = {}
        for arm in self._arms:
            if (place := self.places().get(arm.name)) is not None:
                seed = arm.seeds[(arm.seeds.index(place.seed) + 1) % len(arm.seeds)]
                steps, others = self._steps(arm.name, place.seed), self._steps(arm.name, seed)
                moved[arm.name] = api.Place(seed, others[min(steps.index(place.step), len(others) - 1)])
        self.places_wanted.emit(moved)

    def _steps(self, name: str, seed: int) -> list[int]:
        arm = next(one for one in self._arms if one.name == name)
        return [checkpoint.step for checkpoint in arm.checkpoints if checkpoint.seed == seed]

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
        for _ in self._filling():
            pass

    def _filling(self) -> Iterator[None]:
        questions, at = self._questions, self._at
        answers = questions[at].answers if questions else ()
        shown = [answer for answer in answers if answer.arm not in self._hidden]
        entries = []
        for answer in shown[:_AT_ONCE]:
            entries.append(self._entry(answer, shown[0]))
            yield
        if self._questions is questions and self._at == at:  # else something else is shown meanwhile
            self._listed, self._n_made = shown, len(entries)
            self._fill(entries)
            self._fill_up()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fill_up()

    def _fill_up(self) -> None:
        """Makes more entries, once those that are there have their places, until they reach the lower end."""
        if self._n_made < len(self._listed):
            QTimer.singleShot(0, self, self._on_scrolled)

    def _on_scrolled(self) -> None:
        """Makes the next entries when the last ones come near: of fifty arms nobody reads all."""
        bar, is_more = self._area.verticalScrollBar(), self._n_made < len(self._listed)
        if is_more and self.isVisible() and bar.value() > bar.maximum() - bar.pageStep():
            self._fill_up()
            for answer in self._listed[self._n_made :][:_AT_ONCE]:
                self._list.insertWidget(self._n_made, self._entry(answer, self._listed[0]))
                self._n_made += 1

    def _fill(self, entries: Sequence[QWidget]) -> None:
        while (item := self._list.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().deleteLater()
        if not self._questions:
            self.set_subtitle("to the same prompt, side by side")
            self._prompt.setText("No prompt was answered by every arm that is shown.")
            return
        self.set_subtitle(f"{self._at + 1:,}/{len(self._questions):,}")
        self._prompt.setText(self._questions[self._at].prompt.strip())
        for entry in entries:
            self._list.addWidget(entry)
        self._list.addStretch(1)

    def _entry(self, answer: api.Answer, first: api.Answer) -> QWidget:
        assert self._scheme is not None
        head = QHBoxLayout()
        head.setSpacing(6)
        mark = QLabel()
        mark.setPixmap(swatch(self._scheme.runs.colour(answer.index)).pixmap(10, 10))
        head.addWidget(mark)
        head.addWidget(label(shown_name(answer.arm), "title", wraps=True), 1)
        text = label(answer.response.strip() or "(nothing)", wraps=True, selectable=True)
        entry = QWidget()
        layout = QVBoxLayout(entry)
        layout.setContentsMargins(0, 2, 0, 4)
        layout.setSpacing(1)
        layout.addLayout(head)
        layout.addWidget(label(_scores(answer, first), "muted", wraps=True))
        layout.addWidget(text)
        return entry

    def _build_actions(self) -> None:
        for words, keys, work in (
            ("Previous prompt", "Alt+Left", lambda: self.step(-1)),
            ("Next prompt", "Alt+Right", lambda: self.step(1)),
            ("Where arms disagree most", "Alt+Down", self.show_disagreement),
            ("Answers of the earlier checkpoints", "Alt+PgUp", lambda: self.move_checkpoint(-1)),
            ("Answers of the later checkpoints", "Alt+PgDown", lambda: self.move_checkpoint(1)),
            ("Answers under the next seed", "Alt+Up", self.next_seed),
            ("Answers of the last checkpoints", "Alt+End", self.show_last),
        ):
            add_action(self, words, keys, work)

    def _place(self) -> None:
        for text, words, keys, work in (
            ("«", "Earlier checkpoints", "Alt+PgUp", lambda: self.move_checkpoint(-1)),
            ("»", "Later checkpoints", "Alt+PgDown", lambda: self.move_checkpoint(1)),
            ("⇅", "Where the arms disagree most", "Alt+Down", self.show_disagreement),
            ("‹", "Previous prompt", "Alt+Left", lambda: self.step(-1)),
            ("›", "Next prompt", "Alt+Right", lambda: self.step(1)),
        ):
            made = button(text, work, role="link", tip=f"{words} ({keys})")
            made.setAccessibleName(words)
            self.corner.addWidget(made)
        inner = QWidget()
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, 4, 0)
        inside.addWidget(self._prompt)
        inside.addLayout(self._list, 1)
        self._area = area = QScrollArea(widgetResizable=True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        area.setAccessibleName("Answers to one prompt")
        self.body.addWidget(area, 1)
        bar = area.verticalScrollBar()
        bar.valueChanged.connect(lambda _value: self._on_scrolled())
        bar.rangeChanged.connect(lambda _low, _high: self._on_scrolled())


def _scores(answer: api.Answer, first: api.Answer) -> str:
    """Says where an answer is from, and its scores, each with its difference to the first arm's."""
    parts = [f"step {answer.step:,}", f"seed {answer.seed}"]
    parts.append(_score("gold", answer.gold, first.gold if answer is not first else None) or "no gold score")
    parts.append(_score("proxy", answer.proxy, first.proxy if answer is not first else None))
    if answer.was_cut:
        parts.append("cut off")
    return " · ".join(part for part in parts if part)


def _score(name: str, value: float | None, other: float | None) -> str:
    if value is None:
        return ""
    return f"{name} {value:+.2f}" if other is None else f"{name} {value:+.2f} (Δ {value - other:+.2f})"
