"""How the Compare page is laid out: runs and verdict on the left, charts on the right, tables below them."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QSizePolicy, QWidget

from workbench.compare import Statement
from workbench.ui.pages.compare.blind import BlindTab
from workbench.ui.pages.compare.chart_grid import ChartGrid
from workbench.ui.pages.compare.claims import ClaimsTab
from workbench.ui.pages.compare.deck import Deck
from workbench.ui.pages.compare.facts import CostsTab, MatchedTab, SeedsTab
from workbench.ui.pages.compare.fairness_strip import FairnessStrip
from workbench.ui.pages.compare.glance import Glance
from workbench.ui.pages.compare.going import GoingLabel
from workbench.ui.pages.compare.judges import JudgesTab
from workbench.ui.pages.compare.optimisation import KlTable, OverOptimisation
from workbench.ui.pages.compare.ranking import RankingTab
from workbench.ui.pages.compare.run_tree import RunTree
from workbench.ui.pages.compare.verdict import VerdictView
from workbench.ui.session import Session
from workbench.ui.widgets import Card

_LEFT, _LEFT_SHARE = 240, 6  # pixels that runs and verdict have at least; their part of a wide page
_TAB = "compare/tab"  # in the settings: the one of last time
_LOWEST = 520  # pixels; in a lower window it scrolls
_TABLE_LINES = 20  # of text: the height of the tables with their tabs and titles, five rows of two lines each
_FLAT, _TALL = 7, 10  # of the charts' height to 5 of what is below: with one row, and with two


class Body(QWidget):
    """The parts that show a comparison, each in its place.

    Signals:
        best_of_n_wanted: best of n shall be sampled.
        settings_wanted: a language model is to be declared in the settings.
    """

    best_of_n_wanted = Signal()
    settings_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setMinimumHeight(_LOWEST)
        self.tree, self.verdict, self.charts, self.glance = RunTree(), VerdictView(), ChartGrid(), Glance()
        self.filter = QLineEdit(placeholderText="Filter runs", clearButtonEnabled=True)
        self.filter.setAccessibleName("Filter runs")
        self.filter.setToolTip("By name, method or seed; hides nothing from the charts (Ctrl+Shift+F)")
        self.fairness, self.going = FairnessStrip(), GoingLabel()
        self.deck = Deck({
            Glance: lambda: self.glance,
            ClaimsTab: ClaimsTab,
            RankingTab: lambda: RankingTab(session),
            OverOptimisation: self._make_optimisation,
            KlTable: KlTable,
            JudgesTab: lambda: self._make_judges(session),
            BlindTab: lambda: BlindTab(session),
            CostsTab: CostsTab,
            SeedsTab: SeedsTab,
            MatchedTab: MatchedTab,
        })  # fmt: skip
        self.deck.turn_to(str(session.kept(_TAB, "")))
        self.deck.bar.currentChanged.connect(lambda _place: session.keep(_TAB, self.deck.current.title))
        self.verdict.evidence_wanted.connect(self.show_evidence)
        self._place()

    def show_evidence(self, statement: Statement) -> None:
        """Points at the figures that a sentence of the verdict rests on."""
        if statement.rule == "reward":  # what its scores are worth shows beside the gold ones
            self.deck.turn_to(OverOptimisation.title)
            return
        self.deck.tab(ClaimsTab).point_at(statement)
        self.deck.turn_to(ClaimsTab.title)

    def dressed(self) -> Sequence[QWidget]:
        """Returns what wears the style sheet."""
        return (self._left, self.fairness, self.charts, self.deck)

    def fit_charts(self) -> None:
        """Gives charts in two rows more of the height."""
        stretch = _TALL if self.charts.n_rows() > 1 else _FLAT
        if self._rows.rowStretch(1) != stretch:  # or everything is laid out and painted anew for nothing
            self._rows.setRowStretch(1, stretch)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._left.setFixedWidth(max(_LEFT, self.width() // _LEFT_SHARE))
        # Tables of five arms need a height that is not theirs by their part of a low window.
        self.deck.setMinimumHeight(min(_TABLE_LINES * self.fontMetrics().lineSpacing(), self.height() // 2))

    def _make_optimisation(self) -> OverOptimisation:
        made = OverOptimisation()
        made.best_of_n_wanted.connect(self.best_of_n_wanted)
        return made

    def _make_judges(self, session: Session) -> JudgesTab:
        made = JudgesTab(session)
        made.settings_wanted.connect(self.settings_wanted)
        return made

    def _place(self) -> None:
        self._left = left = Card("Runs")
        left.setFixedWidth(_LEFT)
        left.corner.addWidget(self.going)
        left.body.addWidget(self.filter)
        left.body.addWidget(self.tree)
        left.body.addWidget(self.verdict, 1)
        self.deck.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._rows = grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(10)
        grid.addWidget(left, 0, 0, 3, 1)
        grid.addWidget(self.fairness, 0, 1)
        grid.addWidget(self.charts, 1, 1)
        grid.addWidget(self.deck, 2, 1)
        grid.setRowStretch(1, _FLAT)
        grid.setRowStretch(2, 5)
        grid.setColumnStretch(1, 1)
