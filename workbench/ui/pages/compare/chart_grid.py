"""The charts of a view, up to three side by side, with one cursor for those of one axis."""

from collections.abc import Collection, Mapping

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

    def show_panels(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> None:
        """Shows the panels without the hidden arms."""
        if comparison.view.panels != self._names:
            self._lay_out(comparison.view.panels)
        for card, panel in zip(self.cards, comparison.panels, strict=True):
            card.show_panel(panel, scheme, hidden)
        self.ring(self._steps)

    def n_rows(self) -> int:
        """Returns how many rows the charts stand in."""
        return -(-len(self.cards) // _across(len(self.cards))) if self.cards else 0

    def ring(self, steps_by_arm: Mapping[str, int]) -> None:
        """Marks the checkpoints whose samples are in sight, by their steps in the first seed."""
        self._steps = steps_by_arm
        for card in self.cards:
            card.chart.ring(steps_by_arm)

    def _lay_out(self, names: tuple[str, ...]) -> None:
        for card in self.cards:
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        if self._link is not None:
            self._link.deleteLater()
        self._names = names
        self.cards = [self._card(name) for name in names]
        self._link = ChartLink(self.cards, self)
        across = _across(len(names))
        for at, card in enumerate(self.cards):
            self._grid.addWidget(card, at // across, at % across)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, int(column < across))

    def _card(self, name: str) -> ChartCard:
        card = ChartCard(name)
        card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        card.picked.connect(self.picked)
        more = QPushButton("⋯")
        set_role(more, "link")
        more.setToolTip("Export this chart, or see all of it")
        more.setAccessibleName(f"More of {name}")
        menu = QMenu(more)
        menu.addAction("Export this chart…").triggered.connect(lambda: self.export_wanted.emit(name))
        menu.addAction("See all of it").triggered.connect(lambda _checked=False: card.chart.autoRange())
        more.setMenu(menu)
        card.corner.addWidget(more)
        return card


def _across(n: int) -> int:
    return 2 if n == 4 else min(_ACROSS, n)
