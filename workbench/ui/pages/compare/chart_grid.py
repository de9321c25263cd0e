"""The charts of a view, up to three side by side where there is room, with one cursor for those of one axis."""

from collections.abc import Collection, Iterator, Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QMenu, QPushButton, QSizePolicy, QWidget

from workbench.compare import Comparison
from workbench.ui.theme import Scheme
from workbench.ui.widgets import set_role
from workbench.ui.widgets.plots import ChartCard, ChartLink

_ACROSS = 3
_GAP = 10
_LEAST = 200  # pixels across in which a chart can be read


class ChartGrid(QWidget):
    """Shows the panels of a comparison.

    Signals:
        picked: the arm whose checkpoint was clicked, and the checkpoint's step in every seed.
        export_wanted: the name of the panel that shall be kept as a file.
    """

    picked = Signal(str, tuple)
    export_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[ChartCard] = []
        self._names: tuple[str, ...] = ()
        self._steps: Mapping[str, int] = {}
        self._link: ChartLink | None = None
        self._across = 1
        self._levelled: tuple[int, list[tuple[str, int]]] = (0, [])
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_GAP)

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        """Shows the panels without the hidden arms, curve by curve."""
        if comparison.view.panels != self._names:
            yield from self._laying_out(comparison.view.panels)
        for card in self.cards:
            card.chart.setUpdatesEnabled(False)  # each is painted once, in a turn of its own
        for card, panel in zip(self.cards, comparison.panels, strict=True):
            yield from card.showing(panel, scheme, hidden)
            card.show()
            self._level()
            yield
        self.ring(self._steps)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.cards and self._fitting() != self._across:
            self._place_cards()
        self._level()

    def n_rows(self) -> int:
        """Returns how many rows the charts stand in."""
        return -(-len(self.cards) // self._across)

    @property
    def is_narrow(self) -> bool:
        """Says whether fewer charts stand side by side than would in a wide window."""
        return bool(self.cards) and self._across < _across(len(self.cards))

    def ring(self, steps_by_arm: Mapping[str, int]) -> None:
        """Marks the checkpoints whose samples are in sight, by their steps in the first seed."""
        self._steps = steps_by_arm
        for card in self.cards:
            card.chart.ring(steps_by_arm)

    def _laying_out(self, names: tuple[str, ...]) -> Iterator[None]:
        for card in self.cards:
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        if self._link is not None:
            self._link.deleteLater()
        self._names, self.cards, self._link = (), [], None  # until all are there
        for name in names:
            self.cards.append(self._card(name))
            self._grid.addWidget(self.cards[-1], 0, 0)
            self._add_more(self.cards[-1], name)
            yield
        self._place_cards()
        self._link = ChartLink(self.cards, self)
        self._names = names

    def _fitting(self) -> int:
        """Returns how many charts have room side by side."""
        return max(1, min(_across(len(self.cards)), (self.width() + _GAP) // (_LEAST + _GAP)))

    def _place_cards(self) -> None:
        """Gives every chart its place; of two columns the last chart takes both where it would stand alone."""
        self._across = across = self._fitting()
        for at, card in enumerate(self.cards):
            row, column = divmod(at, across)
            is_alone = across == 2 and card is self.cards[-1]
            self._grid.addWidget(card, row, column, 1, across - column if is_alone else 1)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, int(column < across))
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, int(row < self.n_rows()))

    def _level(self) -> None:
        """Gives the legends beside each other one height, so that their charts end at one line."""
        seen = self._across, [(card.legend.text(), card.width()) for card in self.cards]
        if seen == self._levelled:
            return
        self._levelled = seen
        for first in range(0, len(self.cards), self._across):
            row = self.cards[first : first + self._across]
            tallest = max(card.legend_height() for card in row)
            for card in row:
                card.legend.setMinimumHeight(tallest)

    def _card(self, name: str) -> ChartCard:
        card = ChartCard(name)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        policy.setRetainSizeWhenHidden(True)
        card.setSizePolicy(policy)
        card.hide()  # until it is drawn: an empty chart is black
        card.picked.connect(self.picked)
        return card

    def _add_more(self, card: ChartCard, name: str) -> None:
        """Adds the menu of a card that is in its place: only there the order of the Tab key can be set."""
        more = QPushButton("⋯")
        set_role(more, "link")
        more.setToolTip("Export this chart, or see all of it")
        more.setAccessibleName(f"More of {name}")
        menu = QMenu(more)
        menu.addAction("Export this chart…").triggered.connect(lambda: self.export_wanted.emit(name))
        menu.addAction("See all of it").triggered.connect(lambda _checked=False: card.chart.autoRange())
        more.setMenu(menu)
        card.corner.addWidget(more)
        QWidget.setTabOrder(more, card.chart)


def _across(n: int) -> int:
    return 2 if n == 4 else min(_ACROSS, n)
