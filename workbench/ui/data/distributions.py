"""The distributions beside the table: one small plot of each condition, all of the rows that the others leave."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.domain.row_filters import Histogram, RowFilter
from workbench.ui.data.bar_chart import BarChart, title_of
from workbench.ui.theme import Scheme
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
        self.charts = {name: BarChart(name) for name in _CONDITIONS}
        self._cards: dict[str, Card] = {}
        self._place()
        for name, chart in self.charts.items():
            chart.picked.connect(self.picked)
            chart.pointed.connect(lambda words, name=name: self._cards[name].set_subtitle(words or _UNITS[name]))

    def show_histograms(self, histograms: Sequence[Histogram], wanted: RowFilter, scheme: Scheme) -> None:
        """Draws what was found; a condition without values takes no place."""
        self._histograms = histograms
        for histogram in histograms:
            self._cards[histogram.condition].setVisible(bool(histogram.bars))
            self.charts[histogram.condition].draw(histogram, getattr(wanted, histogram.condition), scheme)

    def show_nothing(self) -> None:
        """Forgets the dataset that was shown."""
        self._histograms = ()
        for card in self._cards.values():
            card.hide()

    def dress(self, wanted: RowFilter, scheme: Scheme) -> None:
        """Draws the same in the colours of another scheme."""
        self.show_histograms(self._histograms, wanted, scheme)

    def _place(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for name, chart in self.charts.items():
            card = Card(title_of(name), _UNITS[name])
            card.body.addWidget(chart)
            card.hide()
            self._cards[name] = card
            layout.addWidget(card, 1)
        layout.addStretch(0)
