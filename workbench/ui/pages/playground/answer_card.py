"""One answer of a checkpoint: the text as it is written, its scores, its length, why it ends."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from workbench import api
from workbench.domain.playground import Response, TokenReward
from workbench.ui.pages.playground.token_text import TokenText
from workbench.ui.theme import Scheme
from workbench.ui.widgets import button, label, set_role, set_tone
from workbench.ui.widgets.controls import ElidedLabel, tip_words
from workbench.ui.widgets.swatch import swatch

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

    def say(self, words: str) -> None:
        """Says what is with a response that is not there."""
        if self.response is None:
            self._facts.setText(words)

    def fail(self, sentence: str) -> None:
        """Says in place of the response why there is none."""
        self.text.show_text(sentence)
        self._facts.setText("no answer")
        set_tone(self._facts, "bad")
        self.better.hide()
        self.worse.hide()

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
        name.setToolTip(tip_words(self.choice.model.name))
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


def _score_words(score: Score) -> str:
    value = f"{score.value:+.2f}" if score.role else f"{score.value:.4g}"
    words = f"{score.role} {score.label} {value}".strip()
    return words.replace(" ", "\u00a0")  # a name and its figure stay in one line
