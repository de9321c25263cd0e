"""One metric of one run: its curve, its definition as tooltip, its unit on the axis."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QFrame, QVBoxLayout

from workbench import api
from workbench.domain.methods import StepWords
from workbench.domain.metrics import describe
from workbench.ui.runs.story import Curve
from workbench.ui.theme import Scheme
from workbench.ui.widgets import label
from workbench.ui.widgets.controls import tip_words
from workbench.ui.widgets.plots.bare_plot import BarePlot, faint

_AXIS_WORDS = 24  # pixels beside the numbers; an axis that fits itself has the whole plot painted again each time
_FEW, _DOT = 80, 5  # points up to which each is marked, pixels of a mark
_MANY = 2_000  # points from which on smooth edges cost more than they tell
_BETTER = {"higher": "higher is better", "lower": "lower is better", "neither": ""}


class MetricPlot(QFrame):
    """Draws a curve that grows, over steps that count what `steps` says."""

    def __init__(self, name: str, steps: StepWords, scheme: Scheme) -> None:
        super().__init__()
        self._steps = steps
        self.name = name
        self._metric = describe(name)
        self._title = label(self._metric.label, "title")
        self._value = label("", "muted")
        self.plot = BarePlot()
        self.curve, self.raw = pg.PlotDataItem(connect="finite"), pg.PlotDataItem(connect="finite")
        self._n_points, self._smoothing = -1, 0.0
        self._build()
        self.dress(scheme)

    def show_curve(self, curve: Curve, smoothing: float = 0.0) -> bool:
        """Draws what is known, and says whether that is other than before; costs nothing where no point is new.

        Args:
            curve: the values as they were logged, which stay in sight behind a smoothed line.
            smoothing: the half-life in percent of the steps that the curve spans; 0 draws it as it is.
        """
        if (len(curve.steps), smoothing) == (self._n_points, self._smoothing):
            return False
        self._n_points, self._smoothing = len(curve.steps), smoothing
        steps, values = curve.arrays()
        few = len(steps) <= _FEW
        many = len(steps) > _MANY
        self.curve.opts["antialias"] = not many
        self.curve.setPen(self._pen(thin=many))
        drawn = api.smooth_metric(steps, values, smoothing)
        logged, behind = (self.raw, (steps, values)) if smoothing else (self.curve, ([], []))
        self.curve.setData(steps, drawn, symbol=None)
        self.raw.setData(*behind, symbol=None)
        logged.setSymbol("o" if few else None)
        last = values[np.isfinite(values)][-1:]
        self._value.setText(f"{last[0]:,.4g} at {self._steps.one} {steps[-1]:,.0f}" if len(last) else "")
        return True

    def dress(self, scheme: Scheme) -> None:
        """Takes on the colours of light or dark."""
        tokens, colour = scheme.tokens, scheme.runs.colour(0)
        self.plot.setBackground(tokens.card)
        self._scheme = scheme
        self.curve.setPen(self._pen(thin=self._n_points > _MANY))
        self.raw.setPen(pg.mkPen(faint(colour), width=1))
        for item, dots in ((self.curve, QColor(colour)), (self.raw, faint(colour))):
            item.setSymbolBrush(pg.mkBrush(dots))
            item.setSymbolPen(pg.mkPen(dots))
            item.setSymbolSize(_DOT)
        for side, words in (("bottom", self._steps.axis), ("left", self._axis_words())):
            self.plot.dress_axis(side, words, tokens)

    def _pen(self, *, thin: bool) -> QPen:
        """Returns the curve's pen; thin lines of many points are drawn ten times as fast."""
        return pg.mkPen(self._scheme.runs.colour(0), width=1 if thin else self._scheme.line_width)

    def _axis_words(self) -> str:
        return self._metric.unit or self._metric.label

    def _build(self) -> None:
        self.plot.showGrid(x=True, y=True, alpha=0.12)
        self.plot.setMinimumHeight(150)
        self.plot.getAxis("left").setWidth(self.fontMetrics().horizontalAdvance("0.0000") + _AXIS_WORDS)
        self.plot.setAccessibleName(f"{self._metric.label} ({self._axis_words()}) over {self._steps.axis}")
        for item in (self.raw, self.curve):
            item.setDownsampling(auto=True, method="peak")
            item.setClipToView(True)
            self.plot.addItem(item)
        self.setToolTip(tip_words(definition(self.name)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 6)
        layout.setSpacing(0)
        layout.addWidget(self._title)
        layout.addWidget(self._value)
        layout.addWidget(self.plot, 1)


def definition(name: str) -> str:
    """Returns what a metric means, for its tooltip."""
    metric = describe(name)
    unit = f"in {metric.unit}" if metric.unit else ""
    return "\n".join(part for part in (metric.name, metric.meaning, unit, _BETTER[metric.better]) if part)
