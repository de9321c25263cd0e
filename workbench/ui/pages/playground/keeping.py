"""Keeps what is good: the prompt, or a pair of answers, in a dataset of the project; both can be undone."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout

from workbench.domain.pairs import DatasetKind
from workbench.domain.playground import KEPT_PAIRS, KEPT_PROMPTS
from workbench.domain.records import DatasetRecord
from workbench.ui.pages.playground.answers import AnswerGrid
from workbench.ui.widgets import button, label, set_role

_INTO = "The dataset; a new name makes a new one. Runs that read it before still find what they read."


class KeepBar(QFrame):
    """Offers to keep the prompt that was asked, and the pair that was picked.

    Signals:
        prompt_wanted, pair_wanted: keep it in the dataset of this name.
    """

    prompt_wanted = Signal(str)
    pair_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "card")
        self.prompts_box = _name_box("Dataset for kept prompts")
        self.pairs_box = _name_box("Dataset for kept pairs")
        self.prompt_button = button(
            "Keep prompt", self.keep_prompt, tip="Adds the prompt to the dataset (Ctrl+Shift+S)"
        )
        self.pair_button = button("Keep pair", self.keep_pair, role="primary", tip="Adds the pair (Ctrl+S)")
        self._pair = label("", "muted")
        self._place()

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

    def show_pair(self, grid: AnswerGrid) -> None:
        """Says which answers were picked."""
        picks = grid.picks()
        better, worse = (picks[pick].letter if pick in picks else "?" for pick in ("better", "worse"))
        self.pair_button.setEnabled(grid.pair() is not None)
        self._pair.setText(f"{better} is better than {worse}" if picks else "Pick a better and a worse answer")

    def keep_prompt(self) -> None:
        """Asks for the prompt to be kept."""
        if self.prompt_button.isEnabled() and self.isVisible():
            self.prompt_wanted.emit(self.prompts_box.currentText().strip())

    def keep_pair(self) -> None:
        """Asks for the pair to be kept."""
        if self.pair_button.isEnabled() and self.isVisible():
            self.pair_wanted.emit(self.pairs_box.currentText().strip())

    def _place(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 7, 12, 7)
        layout.addWidget(self.prompt_button)
        layout.addWidget(label("in", "muted"))
        layout.addWidget(self.prompts_box)
        layout.addStretch(1)
        layout.addWidget(self._pair)
        layout.addSpacing(6)
        layout.addWidget(self.pair_button)
        layout.addWidget(label("in", "muted"))
        layout.addWidget(self.pairs_box)


def _name_box(name: str) -> QComboBox:
    made = QComboBox(editable=True)
    made.setMinimumWidth(150)
    made.setAccessibleName(name)
    made.setToolTip(_INTO)
    return made
