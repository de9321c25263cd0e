"""How the Compare page is laid out: runs and verdict on the left, charts on the right, tables below them."""

from PySide6.QtWidgets import QGridLayout, QLineEdit, QSizePolicy, QWidget

from workbench.ui.pages.compare.blind import BlindTab
from workbench.ui.pages.compare.chart_grid import ChartGrid
from workbench.ui.pages.compare.deck import Deck
from workbench.ui.pages.compare.glance import Glance
from workbench.ui.pages.compare.judges import JudgesTab
from workbench.ui.pages.compare.run_tree import RunTree
from workbench.ui.pages.compare.verdict import VerdictView
from workbench.ui.session import Session
from workbench.ui.widgets import Card

_LEFT = 224
_FLAT, _TALL = 7, 10  # of the charts' height to 5 of what is below: with one row, and with two


class Body(QWidget):
    """The parts that show a comparison, each in its place."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.tree, self.verdict, self.charts, self.glance = RunTree(), VerdictView(), ChartGrid(), Glance()
        self.filter = QLineEdit(placeholderText="Filter runs", clearButtonEnabled=True)
        self.filter.setAccessibleName("Filter runs")
        self.filter.setToolTip("By name, method or seed; hides nothing from the charts (Ctrl+Shift+F)")
        self.judges, self.blind = JudgesTab(session), BlindTab(session)
        self.deck = Deck([self.glance, self.judges, self.blind])
        self._place()

    def fit_charts(self) -> None:
        """Gives charts in two rows more of the height."""
        stretch = _TALL if self.charts.n_rows() > 1 else _FLAT
        if self._rows.rowStretch(0) != stretch:  # or everything is laid out and painted anew for nothing
            self._rows.setRowStretch(0, stretch)

    def _place(self) -> None:
        left = Card("Runs")
        left.setFixedWidth(_LEFT)
        left.body.addWidget(self.filter)
        left.body.addWidget(self.tree)
        left.body.addWidget(self.verdict, 1)
        self.deck.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._rows = grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(10)
        grid.addWidget(left, 0, 0, 2, 1)
        grid.addWidget(self.charts, 0, 1)
        grid.addWidget(self.deck, 1, 1)
        grid.setRowStretch(0, _FLAT)
        grid.setRowStretch(1, 5)
        grid.setColumnStretch(1, 1)
