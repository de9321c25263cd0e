"""One figure of the computer over the last minutes: its value now in words, and a small plot."""

import math
from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtGui import QColor

from workbench.ui.machine.watch import MINUTES
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card
from workbench.ui.widgets.plots.bare_plot import BarePlot

_FILL_ALPHA = 40
_HEIGHT = 150
_IN_SECONDS = 2  # minutes up to which the axis counts in seconds


class LoadPlot(Card):
    """Draws a figure between nothing and its most.

    Args:
        title: what it is of.
        unit: of the figure, on the axis.
        place: in the colours of runs, so that two figures of one device differ.
    """

    def __init__(self, title: str, unit: str, place: int, scheme: Scheme) -> None:
        super().__init__(title)
        self._unit = unit
        self._place = place
        self._ago = "minutes ago"
        self.plot = BarePlot()
        self.curve = pg.PlotDataItem(fillLevel=0)
        self._build()
        self.dress(scheme)

    def show_figures(self, minutes: Sequence[float], values: Sequence[float], most: float, words: str) -> None:
        """Shows the figures.

        Args:
            minutes: ago, negative, the newest last.
            values: as many, in the unit.
            most: the top of the axis.
            words: the newest value for people.
        """
        self.curve.setData(minutes, values)
        self.plot.setYRange(-0.02 * most, 1.04 * most, padding=0)
        self._show_minutes(min(MINUTES, max(1, math.ceil(-minutes[0]))))
        self.set_subtitle(words)
        self.plot.setAccessibleDescription(words)

    def dress(self, scheme: Scheme) -> None:
        """Takes on the colours of light or dark."""
        tokens, colour = scheme.tokens, QColor(scheme.runs.colour(self._place))
        self.plot.setBackground(tokens.card)
        self.curve.setPen(pg.mkPen(colour, width=scheme.line_width))
        shade = QColor(colour)
        shade.setAlpha(_FILL_ALPHA)
        self.curve.setBrush(pg.mkBrush(shade))
        self._tokens = tokens
        for side, words in (("bottom", self._ago), ("left", self._unit)):
            self.plot.dress_axis(side, words, tokens)

    def _show_minutes(self, n_minutes: int) -> None:
        """Shows this many minutes, which grow while the window is young; the first two count in seconds."""
        self.plot.setXRange(-n_minutes, 0, padding=0)
        step, in_words, ago = (n_minutes / 4, 60, "seconds ago") if n_minutes <= _IN_SECONDS else (1, 1, "minutes ago")
        marks = [step * number for number in range(int(n_minutes / step) + 1)]
        self.plot.getAxis("bottom").setTicks([[(-mark, f"{in_words * mark:g}") for mark in marks]])
        if ago != self._ago:
            self._ago = ago
            self.plot.dress_axis("bottom", ago, self._tokens)

    def _build(self) -> None:
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.setFixedHeight(_HEIGHT)
        self.plot.showGrid(x=True, y=True, alpha=0.12)
        self.plot.setAccessibleName(f"{self.title()} in {self._unit} over the last {MINUTES} minutes")
        self.plot.addItem(self.curve)
        self.body.addWidget(self.plot)
