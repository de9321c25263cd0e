"""The charts of a view, up to three side by side, with one cursor for those of one axis."""

from collections.abc import Collection, Iterator, Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QMenu, QPushButton, QSizePolicy, QWidget

from workbench.compare import Comparison
from workbench.ui.theme import Scheme
from workbench.ui.widgets import set_role
from workbench.ui.widgets.plots import ChartCard, ChartLink

_ACROSS = 3


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
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(10)

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        """Shows the panels without the hidden arms, curve by curve."""
        if comparison.view.panels != self._names:
            yield from self._laying_out(comparison.view.panels)
        for card in self.cards:
            card.chart.setUpdatesEnabled(False)  # each is painted once, in a turn of its own
        for card, panel in zip(self.cards, comparison.panels, strict=True):
            yield from card.showing(panel, scheme, hidden)
            card.show()
            yield
        self.ring(self._steps)

    def n_rows(self) -> int:
        """Returns how many rows the charts stand in."""
        return -(-len(self.cards) // _across(len(self.cards))) if self.cards else 0

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
        across = _across(len(names))
        for at, name in enumerate(names):
            self.cards.append(self._card(name))
            self._grid.addWidget(self.cards[-1], at // across, at % across)
            self._add_more(self.cards[-1], name)
            yield
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, int(column < across))
        self._link = ChartLink(self.cards, self)
        self._names = names

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
