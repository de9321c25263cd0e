"""One panel drawn: curves, bands, reference lines, axes with units, a cursor."""

from collections.abc import Collection

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QSizePolicy

from workbench.compare import Axis, PanelSpec, Series
from workbench.ui.theme import Scheme

_SYMBOLS = {"o": "o", "s": "s", "^": "t1", "D": "d", "v": "t", "P": "+", "X": "x"}  # matplotlib's names to pyqtgraph's
_BAND_ALPHA = 46
_MANY = 2_000  # points from which on markers and smooth edges cost more than they tell


class PanelChart(pg.PlotWidget):  # type: ignore[misc]
    """Draws a PanelSpec and says where the pointer is.

    Signals:
        pointed: the x under the pointer, or None when it left.
    """

    pointed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        self.setMinimumSize(120, 90)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._curves: list[pg.PlotDataItem] = []
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.setZValue(50)
        self.scene().sigMouseMoved.connect(self._on_moved)
        self.scene().sigMouseClicked.connect(self._on_clicked)

    def draw(self, spec: PanelSpec, scheme: Scheme, hidden: Collection[str] = ()) -> None:
        """Draws a panel anew, without the arms whose names are hidden."""
        self.clear()
        self._curves = []
        self._dress(spec, scheme)
        for line in spec.lines:
            self._add_line(line.axis, line.value, line.label, scheme)
        for series in spec.series:
            if series.arm not in hidden:
                self._add_series(series, scheme)
        self.addItem(self._cursor, ignoreBounds=True)
        self._cursor.hide()
        self.autoRange()

    def point_at(self, x: float | None) -> None:
        """Moves the cursor to an x, or takes it away."""
        self._cursor.setVisible(x is not None)
        if x is not None:
            self._cursor.setPos(x)

    def x_range(self) -> tuple[float, float]:
        """Returns the x-values at the left and right of what is in sight."""
        left, right = self.getPlotItem().vb.viewRange()[0]
        return left, right

    def drawn_area(self) -> QRectF:
        """Returns where the curves are drawn, in the widget's pixels."""
        return self.getPlotItem().vb.sceneBoundingRect()

    def n_curves(self) -> int:
        """Returns how many curves are drawn."""
        return len(self._curves)

    def leaveEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        self.pointed.emit(None)
        super().leaveEvent(event)

    def _dress(self, spec: PanelSpec, scheme: Scheme) -> None:
        tokens = scheme.tokens
        self.setBackground(tokens.card)
        self.showGrid(x=True, y=True, alpha=0.18)
        for side, axis in (("bottom", spec.x), ("left", spec.y)):
            drawn = self.getAxis(side)
            drawn.enableAutoSIPrefix(False)
            drawn.setPen(pg.mkPen(tokens.border))
            drawn.setTextPen(pg.mkPen(tokens.muted))
            drawn.setLabel(axis_words(axis), color=tokens.muted)
        self._cursor.setPen(pg.mkPen(tokens.muted, style=Qt.PenStyle.DashLine))

    def _add_line(self, axis: str, value: float, words: str, scheme: Scheme) -> None:
        pen = pg.mkPen(scheme.tokens.muted, width=1, style=Qt.PenStyle.DotLine)
        options = {"position": 0.98, "color": scheme.tokens.muted, "anchors": [(1, 0), (1, 0)]}
        angle = 0 if axis == "y" else 90
        self.addItem(pg.InfiniteLine(pos=value, angle=angle, pen=pen, label=words, labelOpts=options))

    def _add_series(self, series: Series, scheme: Scheme) -> None:
        x, y, low, high = (np.asarray(values, dtype=float) for values in (series.x, series.y, series.low, series.high))
        colour = scheme.runs.colour(series.index)
        self._add_band(x, low, high, colour)
        many = len(x) > _MANY
        style = Qt.PenStyle.DashLine if series.role == "proxy" else Qt.PenStyle.SolidLine
        pen = pg.mkPen(colour, width=1 if many else scheme.line_width, style=style)
        curve = pg.PlotDataItem(
            x, y, pen=pen, connect="finite", antialias=not many, name=series.name, **self._marks(series, many, scheme)
        )
        if many:
            curve.setDownsampling(auto=True, method="peak")
            curve.setClipToView(True)
        curve.setZValue(10)
        self.addItem(curve)
        self._curves.append(curve)

    def _marks(self, series: Series, many: bool, scheme: Scheme) -> dict[str, object]:
        if many:
            return {}
        colour = scheme.runs.colour(series.index)
        fill = scheme.tokens.card if series.role == "proxy" else colour
        symbol = _SYMBOLS[scheme.runs.marker(series.index)]
        return {"symbol": symbol, "symbolSize": 6, "symbolPen": pg.mkPen(colour), "symbolBrush": pg.mkBrush(fill)}

    def _add_band(self, x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str) -> None:
        known = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
        if known.sum() < 2 or np.array_equal(low[known], high[known]):
            return
        shade = QColor(colour)
        shade.setAlpha(_BAND_ALPHA)
        edges = [pg.PlotCurveItem(x[known], values[known], pen=None) for values in (low, high)]
        for edge in edges:
            self.addItem(edge)
        self.addItem(pg.FillBetweenItem(*edges, brush=pg.mkBrush(shade)))

    def _on_moved(self, position: QPointF) -> None:
        box = self.getPlotItem().vb
        if box.sceneBoundingRect().contains(position):
            self.pointed.emit(box.mapSceneToView(position).x())

    def _on_clicked(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.double():
            self.autoRange()


def axis_words(axis: Axis) -> str:
    """Returns an axis's label with its unit."""
    return f"{axis.label} ({axis.unit})" if axis.unit else axis.label
