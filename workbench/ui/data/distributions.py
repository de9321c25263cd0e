"""The distributions beside the table: one small plot of each condition, all of the rows that the others leave."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.domain.row_filters import Histogram, RowFilter
from workbench.ui.data.bar_chart import BarChart, title_of
from workbench.ui.theme import Scheme
from workbench.ui.turns import Turns
from workbench.ui.widgets import Card

_CONDITIONS = ("length", "gap", "rater", "split")
_UNITS = {"length": "characters", "gap": "chosen less rejected", "rater": "rows rated", "split": "rows"}


class Distributions(QWidget):
    """Shows the plots.

    Signals:
        picked: the name of a condition and a value of it.
    """

    picked = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self._histograms: Sequence[Histogram] = ()
        self.charts: dict[str, BarChart] = {}  # made when they are first drawn, one at a turn: each takes 15 ms
        self._cards: dict[str, Card] = {}
        self._turns = Turns(self)
        self._place()

    def show_histograms(self, histograms: Sequence[Histogram], wanted: RowFilter, scheme: Scheme) -> None:
        """Draws what was found; a condition without values takes no place."""
        self._histograms = histograms
        self._turns.start(self._draw(histograms, wanted, scheme))

    def show_nothing(self) -> None:
        """Forgets the dataset that was shown."""
        self._turns.stop()
        self._histograms = ()
        for card in self._cards.values():
            card.hide()

    def dress(self, wanted: RowFilter, scheme: Scheme) -> None:
        """Draws the same in the colours of another scheme."""
        self.show_histograms(self._histograms, wanted, scheme)

    def _draw(self, histograms: Sequence[Histogram], wanted: RowFilter, scheme: Scheme) -> Iterator[None]:
        for histogram in histograms:
            name = histogram.condition
            if histogram.bars or name in self.charts:
                self._chart(name).draw(histogram, getattr(wanted, name), scheme)
            self._cards[name].setVisible(bool(histogram.bars))
            yield

    def _chart(self, name: str) -> BarChart:
        if name not in self.charts:
            made, card = BarChart(name), self._cards[name]
            made.picked.connect(self.picked)
            made.pointed.connect(lambda words: card.set_subtitle(words or _UNITS[name]))
            card.body.addWidget(made)
            self.charts[name] = made
        return self.charts[name]

    def _place(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for name in _CONDITIONS:
            card = Card(title_of(name), _UNITS[name])
            card.hide()
            self._cards[name] = card
            layout.addWidget(card, 1)
        layout.addStretch(0)
