"""Keeps what is good: the prompt, or a pair of answers, in a dataset of the project; both can be undone."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout

from workbench import api
from workbench.domain.pairs import DatasetKind, Turns
from workbench.domain.playground import KEPT_PAIRS, KEPT_PROMPTS, Asking
from workbench.domain.records import DatasetRecord
from workbench.ui.pages.playground.answer_card import AnswerCard
from workbench.ui.pages.playground.answers import AnswerGrid
from workbench.ui.session import Session
from workbench.ui.widgets import button, label, set_role
from workbench.ui.widgets.controls import ElidedLabel

_NAME_WIDTH = 100  # pixels that a dataset's name has at least
_INTO = "The dataset; a new name makes a new one. Runs that read it before still find what they read."


class KeepBar(QFrame):
    """Offers to keep the prompt that was asked, and the pair that was picked."""

    def __init__(self, session: Session, answers: AnswerGrid) -> None:
        super().__init__()
        set_role(self, "card")
        self._session, self._answers = session, answers
        self._asked: tuple[Turns, Asking] = ((), Asking())
        self.prompts_box = _name_box("Dataset for kept prompts")
        self.pairs_box = _name_box("Dataset for kept pairs")
        self.prompt_button = button(
            "Keep prompt", self.keep_prompt, tip="Adds the prompt to the dataset (Ctrl+Shift+S)"
        )
        self.pair_button = button("Keep pair", self.keep_pair, role="primary", tip="Adds the pair (Ctrl+S)")
        self._pair = ElidedLabel("")
        set_role(self._pair, "muted")
        self._pair.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._place()
        answers.pair_changed.connect(self._show_pair)

    def begin(self, prompt: Turns, settings: Asking) -> None:
        """Takes over what is asked: that is kept, whatever is typed meanwhile."""
        self._asked = prompt, settings

    def offer(self, records: Sequence[DatasetRecord]) -> None:
        """Lists the datasets that prompts and pairs can go to."""
        for box, kind, new in (
            (self.prompts_box, DatasetKind.PROMPTS, KEPT_PROMPTS),
            (self.pairs_box, DatasetKind.PREFERENCE, KEPT_PAIRS),
        ):
            names = list(dict.fromkeys([new, *(record.name for record in records if record.kind is kind)]))
            if names != [box.itemText(row) for row in range(box.count())]:
                typed = box.currentText() or new
                box.clear()
                box.addItems(names)
                box.setCurrentText(typed)
                box.lineEdit().setCursorPosition(0)  # a long name shows its beginning

    def keep_prompt(self) -> None:
        """Adds the prompt that was asked to its dataset."""
        project, (prompt, settings) = self._session.project, self._asked
        dataset = self.prompts_box.currentText().strip()
        if project is None or not prompt or not self.isVisible():
            return
        about = {"from": "playground", "seed": settings.seed}
        do = lambda: api.keep_prompt(project, prompt, dataset, metadata=about)  # noqa: E731
        self._session.history.do(f"Keep the prompt in {dataset}", do, lambda kept: api.take_back(project, kept))

    def keep_pair(self) -> None:
        """Adds the pair that was picked to its dataset."""
        project, (prompt, settings), pair = self._session.project, self._asked, self._answers.pair()
        dataset = self.pairs_box.currentText().strip()
        if project is None or pair is None or not self.isVisible():
            return
        chosen, rejected = map(_kept, pair)
        about = {"from": "playground", "seed": settings.seed, "temperature": settings.temperature}
        do = lambda: api.keep_pair(project, prompt, chosen, rejected, dataset, metadata=about)  # noqa: E731
        words = f"Keep {pair[0].letter} over {pair[1].letter} in {dataset}"
        self._session.history.do(words, do, lambda kept: api.take_back(project, kept))

    def _show_pair(self) -> None:
        """Says which answers were picked."""
        picks = self._answers.picks()
        better, worse = (picks[pick].letter if pick in picks else "?" for pick in ("better", "worse"))
        self.pair_button.setEnabled(self._answers.pair() is not None)
        self._pair.setText(f"{better} is better than {worse}" if picks else "Pick a better and a worse answer")

    def _place(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 7, 12, 7)
        layout.setSpacing(4)
        layout.addWidget(self.prompt_button)
        layout.addWidget(label("in", "muted"))
        layout.addWidget(self.prompts_box)
        layout.addWidget(self._pair, 1)
        layout.addSpacing(4)
        layout.addWidget(self.pair_button)
        layout.addWidget(label("in", "muted"))
        layout.addWidget(self.pairs_box)


def _name_box(name: str) -> QComboBox:
    made = QComboBox(editable=True)
    made.setMinimumWidth(_NAME_WIDTH)
    made.setAccessibleName(name)
    made.setToolTip(_INTO)
    return made


def _kept(card: AnswerCard) -> api.KeptResponse:
    assert card.response is not None
    return api.KeptResponse(
        text=card.response.text, was_cut=card.response.was_cut, gold=card.gold, model=card.choice.model.name
    )
