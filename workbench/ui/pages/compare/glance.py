"""The comparison at a glance: who beats whom, the answers side by side, and every arm's figures."""

from collections.abc import Collection, Iterator

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy

from workbench.compare import Comparison
from workbench.ui.pages.compare.answers import AnswersCard
from workbench.ui.pages.compare.deck import Tab
from workbench.ui.pages.compare.matrix import WinMatrix
from workbench.ui.pages.compare.summary import SummaryCard
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card, button

_NARROW = 640  # pixels across: in fewer the summary stands below the others
_SHARES = (18, 22, 33)  # of the width
_RAW, _CONTROLLED = "% of prompts, row beats column", "% with length held equal"


class Glance(Tab):
    """Three cards side by side, or in two rows. The answers are filled by the page, which reads them beside the comparison."""

    title = "At a glance"
    tip = "Head to head, answers side by side, and every arm's figures"

    def __init__(self) -> None:
        super().__init__()
        self.matrix, self.answers, self.summary = WinMatrix(), AnswersCard(), SummaryCard()
        self._head_to_head = matrix = Card("Head to head", _RAW)
        self.length_controlled = button(
            "LC",
            self._on_length_controlled,
            role="link",
            tip="Length-controlled win rates, as if answers were of one length (AlpacaEval 2's model), or the raw ones",
        )
        self.length_controlled.setAccessibleName("Length-controlled win rates")
        self.length_controlled.setCheckable(True)
        matrix.corner.addWidget(self.length_controlled)
        matrix.body.addWidget(self.matrix)
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(10)
        for column, card in enumerate((matrix, self.answers, self.summary)):
            # What the cards hold has no say in their size.
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            grid.addWidget(card, 0, column)
            grid.setColumnStretch(column, _SHARES[column])
        self._is_narrow = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW
        if is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            self._grid.addWidget(self.summary, *((1, 0, 1, 2) if is_narrow else (0, 2)))
            self._grid.setColumnStretch(2, 0 if is_narrow else _SHARES[2])
            for row in range(2):
                self._grid.setRowStretch(row, int(is_narrow))

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        yield from self.matrix.showing(comparison, scheme, hidden)
        yield
        yield from self.summary.table.showing(comparison, scheme, hidden)

    def _on_length_controlled(self) -> None:
        is_controlled = self.length_controlled.isChecked()
        self.length_controlled.setText("Raw" if is_controlled else "LC")
        self._head_to_head.set_subtitle(_CONTROLLED if is_controlled else _RAW)
        self.matrix.prefer_controlled(is_controlled)
