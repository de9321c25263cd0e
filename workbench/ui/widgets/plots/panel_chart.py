"""One panel drawn: curves, bands, reference lines, axes with units, a cursor."""

import math
from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from workbench.compare import Axis, PanelSpec, Series, Span
from workbench.ui.theme import Scheme
from workbench.ui.widgets.plots.band import Band
from workbench.ui.widgets.plots.bare_plot import BarePlot, faint
from workbench.ui.widgets.plots.crowd import Crowd

_SYMBOLS = {"o": "o", "s": "s", "^": "t1", "D": "d", "v": "t", "P": "+", "X": "x"}  # matplotlib's names to pyqtgraph's
_PEN_STYLES = {
    "proxy": Qt.PenStyle.DashLine,
    "held_out": Qt.PenStyle.DotLine,
    "fit": Qt.PenStyle.DashDotLine,
    "point": Qt.PenStyle.DotLine,
}
_THIN = ("point", "envelope", "fit")
_HOLLOW = ("proxy", "held_out")
_MARKED = ("gold", "proxy", "held_out", "point")  # these roles are measured at single places, checkpoints or not
_SPAN_ALPHA = 34
_BAND_ALPHA = 46
_MANY = 2_000  # points from which on markers and smooth edges cost more than they tell
_BAND_POINTS = 1_000  # that a band keeps: it is drawn whole each time, however little of it is in sight
CROWD = 16  # arms from which on bands and marks hide each other
_DENSITY = 2.0  # of the ticks, since there are no finer ones between them
_LONG = 10_000  # from which an axis counts in thousands
_STOPS = 100  # of the arrow keys across a chart, about
_BY_KEY = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_BESIDE = 3  # pixels left and right of the cursor that are painted anew where it leaves
_REACH = 12  # pixels around a click in which a checkpoint is meant


class PanelChart(BarePlot):
    """Draws a PanelSpec and says where the pointer is, or where the arrow keys went.

    Signals:
        pointed: the x under the pointer or that the keys went to, or None when it left.
        picked: the arm whose checkpoint was clicked, and the checkpoint's step in every seed.
    """

    pointed = Signal(object)
    picked = Signal(str, tuple)

    _y: Axis | None = None  # of what is drawn; there before the plot, which sizes itself while it is made

    def __init__(self) -> None:
        super().__init__(axisItems={side: CountAxis(side) for side in ("bottom", "left")})
        self.setMinimumSize(120, 90)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._curves: list[pg.PlotDataItem] = []
        self._shown: list[Series] = []
        self._crowd: Crowd | None = None
        self._ringed: list[dict[str, tuple[float, float]]] = []
        self._ring = pg.ScatterPlotItem(symbol="o", size=15, brush=None)
        self._ring.setZValue(40)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.setZValue(50)
        self.scene().sigMouseMoved.connect(self._on_moved)
        self.scene().sigMouseClicked.connect(self._on_clicked)

    def draw(self, spec: PanelSpec, scheme: Scheme, hidden: Collection[str] = ()) -> None:
        """Draws a panel anew, without the arms whose names are hidden."""
        for _ in self.drawing(spec, scheme, hidden):
            pass

    def drawing(self, spec: PanelSpec, scheme: Scheme, hidden: Collection[str] = ()) -> Iterator[None]:
        """Draws a panel curve by curve; nothing but the last step moves what is in sight."""
        self.setUpdatesEnabled(False)  # painted once, when all is there
        self.clear()
        self.disableAutoRange()
        self._curves = []
        self._shown = [series for series in spec.series if series.arm not in hidden]
        self._crowd = Crowd() if len({series.arm for series in self._shown}) > CROWD else None
        self._dress(spec, scheme)
        for line in spec.lines:
            self._add_line(line.axis, line.value, line.label, scheme)
        for span in (span for span in spec.spans if span.arm not in hidden):
            self._add_span(span, scheme)
        for series in self._shown:
            if self._crowd is None or series.role == "envelope":
                self._add_series(series, scheme)
            else:
                self._add_to_crowd(self._crowd, series, scheme)
            yield
        if self._crowd is not None:
            self.addItem(self._crowd)
        self.addItem(self._cursor, ignoreBounds=True)
        self.addItem(self._ring, ignoreBounds=True)
        self._ring.setData([])
        self._ringed = []
        self._cursor.hide()
        self.autoRange()
        self.setUpdatesEnabled(True)

    def point_at(self, x: float | None) -> None:
        """Moves the cursor to an x, or takes it away."""
        if self._cursor.isVisible():  # a dashed line that goes leaves parts of itself behind
            was = self.getPlotItem().vb.mapViewToScene(QPointF(self._cursor.value(), 0)).x()
            self.viewport().update(round(was) - _BESIDE, 0, 2 * _BESIDE, self.height())
        if x is not None:
            self._cursor.setPos(x)
        self._cursor.setVisible(x is not None)

    def ring(self, steps_by_arm: Mapping[str, int]) -> None:
        """Puts a ring around the checkpoint of each arm named, by its step in the first seed; clears the others."""
        spots = [
            {"pos": (series.x[at], series.measured[at])}
            for series in self._shown
            for at, steps in enumerate(series.steps)
            if series.role not in _HOLLOW and steps[0] == steps_by_arm.get(series.arm)
        ]
        if spots != self._ringed:
            self._ringed = spots
            self._ring.setData(spots)
            self.viewport().update()

    def pick_at(self, place: QPointF) -> None:
        """Emits `picked` for the checkpoint nearest to a place in the widget's pixels, if one is near."""
        box, nearest, found = self.getPlotItem().vb, float(_REACH), None
        for series in self._shown:
            for x, y, steps in zip(series.x, series.measured, series.steps, strict=False):
                away = box.mapViewToScene(QPointF(x, y)) - place
                if (distance := math.hypot(away.x(), away.y())) < nearest:
                    nearest, found = distance, (series.arm, steps)
        if found is not None:
            self.picked.emit(*found)

    def x_range(self) -> tuple[float, float]:
        """Returns the x-values at the left and right of what is in sight."""
        left, right = self.getPlotItem().vb.viewRange()[0]
        return left, right

    def drawn_area(self) -> QRectF:
        """Returns where the curves are drawn, in the widget's pixels."""
        return self.getPlotItem().vb.sceneBoundingRect()

    def n_points_within(self, part: QRectF) -> int:
        """Returns how many points of the curves lie in a part of the widget, in its pixels."""
        area = self.drawn_area()
        (left, right), (low, high) = self.getPlotItem().vb.viewRange()
        if area.isEmpty() or right == left or high == low:
            return 0
        found = 0
        for series in self._shown:
            x = area.left() + (np.asarray(series.x) - left) / (right - left) * area.width()
            y = area.bottom() - (np.asarray(series.y) - low) / (high - low) * area.height()
            inside = (x >= part.left()) & (x <= part.right()) & (y >= part.top()) & (y <= part.bottom())
            found += int(inside.sum())
        return found

    def n_curves(self) -> int:
        """Returns how many curves are drawn."""
        return len(self._curves) + (len(self._crowd) if self._crowd is not None else 0)

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().resizeEvent(event)
        self._name_y()

    def leaveEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        self.pointed.emit(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = _BY_KEY.get(event.key(), 0)
        if by and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self._step(by)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._step(1)  # from nowhere to where most charts are read: their end

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.pointed.emit(None)
        super().focusOutEvent(event)

    def _step(self, by: int) -> None:
        """Goes to another place that was measured; of very many to a hundred of them."""
        places = np.unique(np.concatenate([np.empty(0), *(np.asarray(one.x, dtype=float) for one in self._shown)]))
        places = places[np.isfinite(places)][:: max(1, len(places) // _STOPS)]
        if len(places):
            now = self._cursor.value()
            at = np.searchsorted(places, now, "right") if by > 0 else np.searchsorted(places, now) - 1
            at = at if self._cursor.isVisible() else len(places) - 1
            self.pointed.emit(float(places[min(max(0, at), len(places) - 1)]))

    def _dress(self, spec: PanelSpec, scheme: Scheme) -> None:
        tokens = scheme.tokens
        self.setBackground(tokens.card)
        self.showGrid(x=True, y=True, alpha=0.18)
        for side, axis in (("bottom", spec.x), ("left", spec.y)):
            drawn = self.getAxis(side)
            drawn.setStyle(maxTickLevel=0)  # finer grid lines take more time to draw than all curves
            drawn.setTickDensity(_DENSITY)
            self.dress_axis(side, axis_words(axis), tokens)
        self._y = spec.y
        self._name_y()
        self._ring.setPen(pg.mkPen(tokens.ink, width=2))
        self._cursor.setPen(pg.mkPen(tokens.muted, style=Qt.PenStyle.DashLine))

    def _name_y(self) -> None:
        """Names the upright axis in full where the chart is tall enough, else by its unit or its label alone."""
        if self._y is not None:
            axis, height, width = self.getAxis("left"), self.drawn_area().height(), self.fontMetrics().horizontalAdvance
            choices = (axis_words(self._y), self._y.unit, self._y.label)
            words = next((words for words in choices if words and width(words) <= height), "")
            if axis.labelText != words:
                axis.setLabel(words, siPrefixEnableRanges=(), **axis.labelStyle)
                axis.resizeEvent()  # else the new words begin where the old ones did

    def _add_line(self, axis: str, value: float, words: str, scheme: Scheme) -> None:
        pen = pg.mkPen(scheme.tokens.muted, width=1, style=Qt.PenStyle.DotLine)
        options = {"position": 0.98, "color": scheme.tokens.muted, "anchors": [(1, 1), (1, 1)]}
        angle = 0 if axis == "y" else 90
        self.addItem(pg.InfiniteLine(pos=value, angle=angle, pen=pen, label=words, labelOpts=options))

    def _add_span(self, span: Span, scheme: Scheme) -> None:
        colour, shade = scheme.runs.colour(span.index), QColor(scheme.runs.colour(span.index))
        shade.setAlpha(_SPAN_ALPHA)
        region = pg.LinearRegionItem((span.low, span.high), brush=pg.mkBrush(shade), pen=pg.mkPen(None), movable=False)
        region.setZValue(-10)
        self.addItem(region, ignoreBounds=True)
        pen = pg.mkPen(colour, width=1, style=Qt.PenStyle.DashDotLine)
        options = {"position": 0.94, "color": scheme.tokens.muted, "anchors": [(0, 0), (0, 0)]}
        self.addItem(pg.InfiniteLine(pos=span.at, angle=90, pen=pen, label=span.label, labelOpts=options))

    def _add_series(self, series: Series, scheme: Scheme) -> None:
        x, y, low, high = (np.asarray(values, dtype=float) for values in (series.x, series.y, series.low, series.high))
        colour = scheme.tokens.muted if series.role == "envelope" else scheme.runs.colour(series.index)
        if series.role == "point":
            self.addItem(pg.ErrorBarItem(x=x, y=y, bottom=y - low, top=high - y, pen=pg.mkPen(faint(colour))))
        else:
            self._add_band(x, low, high, colour)
        marks = self._marks(series, scheme)
        if series.raw:
            self._add_curve(x, np.asarray(series.raw, dtype=float), pg.mkPen(faint(colour), width=1), z=5, **marks)
            marks = {}  # they stand at what was measured
        is_thin = len(x) > _MANY or series.role in _THIN
        width = 1 if is_thin else scheme.line_width
        pen = pg.mkPen(colour, width=width, style=_pen_style(series))
        curve = self._add_curve(x, y, pen, z=10, name=series.name, **marks)
        if series.role != "envelope":
            self._curves.append(curve)

    def _add_to_crowd(self, crowd: Crowd, series: Series, scheme: Scheme) -> None:
        """Adds the line alone; where it was smoothed, without the raw one behind it."""
        pen = pg.mkPen(scheme.runs.colour(series.index), style=_pen_style(series))
        crowd.add(np.asarray(series.x, dtype=float), np.asarray(series.y, dtype=float), pen)

    def _add_curve(self, x: np.ndarray, y: np.ndarray, pen: QPen, z: int, **looks: object) -> pg.PlotDataItem:
        many = len(x) > _MANY
        curve = pg.PlotDataItem(x, y, pen=pen, connect="finite", antialias=not many, **looks)
        curve.setZValue(z)
        self.addItem(curve)
        if many:  # only now: a curve that is in no chart has no view to be cut to
            curve.setDownsampling(auto=True, method="peak")
            curve.setClipToView(True)
        return curve

    def _marks(self, series: Series, scheme: Scheme) -> dict[str, object]:
        if series.role == "fit" or len(series.x) > _MANY:
            return {}
        if not series.steps and series.role not in _MARKED:  # what was logged at every step
            return {}
        colour = scheme.runs.colour(series.index)
        fill = scheme.tokens.card if series.role in _HOLLOW else colour
        symbol = _SYMBOLS[scheme.runs.marker(series.index)]
        return {"symbol": symbol, "symbolSize": 7, "symbolPen": pg.mkPen(colour), "symbolBrush": pg.mkBrush(fill)}

    def _add_band(self, x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str) -> None:
        known = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
        if known.sum() < 2 or np.array_equal(low[known], high[known]):
            return
        shade = QColor(colour)
        shade.setAlpha(_BAND_ALPHA)
        self.addItem(Band(*thin_band(x[known], low[known], high[known], _BAND_POINTS), shade))

    def _on_moved(self, position: QPointF) -> None:
        box = self.getPlotItem().vb
        if box.sceneBoundingRect().contains(position):
            self.pointed.emit(box.mapSceneToView(position).x())

    def _on_clicked(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.double():
            self.autoRange()
        elif event.button() == Qt.MouseButton.LeftButton:
            self.pick_at(event.scenePos())


class CountAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis that says 200 k for 200000, which has no room."""

    def tickStrings(self, values, scale, spacing):  # type: ignore[no-untyped-def]
        if not values or max(abs(value) for value in values) < _LONG:
            return super().tickStrings(values, scale, spacing)
        unit, letter = (1e6, "M") if max(abs(value) for value in values) >= 1e6 else (1e3, "k")
        return [f"{value / unit:g} {letter}" if value else "0" for value in values]


def thin_band(x: np.ndarray, low: np.ndarray, high: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns a band of at most `most` places that still covers all of it: the lowest and highest of what each replaces.

    Args:
        x, low, high: [t], without NaN.
        most: places kept.
    """
    if len(x) <= most:
        return x, low, high
    begins = np.linspace(0, len(x), most, endpoint=False).astype(int)
    return x[begins], np.minimum.reduceat(low, begins), np.maximum.reduceat(high, begins)


def _pen_style(series: Series) -> Qt.PenStyle:
    return _PEN_STYLES.get(series.role, Qt.PenStyle.SolidLine)


def axis_words(axis: Axis) -> str:
    """Returns an axis's label with its unit."""
    return f"{axis.label} ({axis.unit})" if axis.unit else axis.label
