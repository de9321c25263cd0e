"""The comparison at a glance: who beats whom, the answers side by side, and every arm's figures."""

from collections.abc import Collection, Iterator

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from workbench.compare import Comparison
from workbench.ui.pages.compare.answers import AnswersCard
from workbench.ui.pages.compare.deck import Tab
from workbench.ui.pages.compare.matrix import WinMatrix
from workbench.ui.pages.compare.summary import SummaryCard
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card, button

_RAW, _CONTROLLED = "% of prompts, row beats column", "% at the same length"


class Glance(Tab):
    """Three cards side by side. The answers are filled by the page, which reads them beside the comparison."""

    title = "At a glance"
    tip = "Head to head, answers side by side, and every arm's figures"

    def __init__(self) -> None:
        super().__init__()
        self.matrix, self.answers, self.summary = WinMatrix(), AnswersCard(), SummaryCard()
        self._head_to_head = matrix = Card("Head to head", _RAW)
        self.same_length = button(
            "Same length",
            self._on_same_length,
            role="link",
            tip="The win rates with length held equal (AlpacaEval 2's model), in place of the raw ones",
        )
        self.same_length.setCheckable(True)
        matrix.corner.addWidget(self.same_length)
        matrix.body.addWidget(self.matrix)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        for card, share in {matrix: 20, self.answers: 20, self.summary: 32}.items():
            # What the cards hold has no say in their size.
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            row.addWidget(card, share)

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        yield from self.matrix.showing(comparison, scheme, hidden)
        yield
        self.summary.table.show_arms(comparison, scheme, hidden)

    def _on_same_length(self) -> None:
        is_controlled = self.same_length.isChecked()
        self.same_length.setText("Raw rates" if is_controlled else "Same length")
        self._head_to_head.set_subtitle(_CONTROLLED if is_controlled else _RAW)
        self.matrix.prefer_controlled(is_controlled)
