"""A chart in its card: what it shows, and a legend in words, and the values under the cursor."""

from collections.abc import Collection, Iterator, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy

from workbench.compare import PanelSpec, Series
from workbench.domain.experiments import shown_name
from workbench.ui.theme import Scheme
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.controls import set_role, tip_words
from workbench.ui.widgets.plots.panel_chart import CROWD, PanelChart, axis_words

_STYLES = {"proxy": "╍", "held_out": "┈", "fit": "╶", "point": "●", "envelope": "─"}
_FRAME = 36  # pixels of the read-out that are no words
_SHORTEST = 50  # pixels of a name in it
_WHOLE = 1_000  # from which a place needs no fractions
_GAP = 4  # pixels between the read-out and the edge of what is drawn
_SOLID = "━"
_MOST_NAMED = 12  # arms in the legend, and lines in the read-out
_HOW = "\n\nClick a point for its samples. Drag to move, turn the wheel to zoom, double-click to see all. Arrow keys read out."


class _ValueWords(NamedTuple):
    """What is read out of a curve.

    Attributes:
        series: the curve.
        parts: its value, half of the interval, and what is known beside them: the score in its own units, or responses.
    """

    series: Series
    parts: tuple[str, str, str]


class ChartCard(Card):
    """Shows one panel of a comparison.

    Signals:
        pointed: this card and the x under the pointer, None when it left.
        picked: the arm whose checkpoint was clicked, and the checkpoint's step in every seed.
    """

    pointed = Signal(object, object)
    picked = Signal(str, tuple)

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.chart = PanelChart()
        self.chart.setAccessibleName(title)
        self.legend = QLabel(textFormat=Qt.TextFormat.RichText, wordWrap=True)
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.body.addWidget(self.chart, 1)
        self.body.addWidget(self.legend)
        self._read_out = QLabel(self.chart, textFormat=Qt.TextFormat.RichText)
        self._read_out.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        set_role(self._read_out, "read-out")
        self._read_out.hide()
        self._spec: PanelSpec | None = None
        self._scheme: Scheme | None = None
        self._shown: list[Series] = []
        self.chart.pointed.connect(lambda x: self.pointed.emit(self, x))
        self.chart.picked.connect(self.picked)

    @property
    def spec(self) -> PanelSpec | None:
        """What is shown."""
        return self._spec

    def show_panel(self, spec: PanelSpec, scheme: Scheme, hidden: Collection[str] = ()) -> None:
        """Shows a panel without the hidden arms."""
        for _ in self.showing(spec, scheme, hidden):
            pass

    def showing(self, spec: PanelSpec, scheme: Scheme, hidden: Collection[str] = ()) -> Iterator[None]:
        """Shows a panel curve by curve."""
        self._spec, self._scheme = spec, scheme
        self._shown = [series for series in spec.series if series.arm not in hidden]
        self.set_title(spec.title, spec.subtitle)
        self.legend.setText(self._legend_words())
        yield from self.chart.drawing(spec, scheme, hidden)
        self.chart.setToolTip(tip_words(f"{spec.caption}{_HOW}"))
        names = ", ".join(series.name for series in self._shown)
        self.chart.setAccessibleName(f"{spec.title}: {axis_words(spec.y)} over {axis_words(spec.x)}")
        self.chart.setAccessibleDescription(f"Curves: {names}. {spec.caption}")
        self.point_at(None)

    def point_at(self, x: float | None) -> None:
        """Reads out every curve at its point nearest to x; None takes the read-out away."""
        self.chart.point_at(x)
        lines = [] if x is None else self._lines(x)
        self._read_out.setText("<br>".join(lines))
        self._read_out.setVisible(bool(lines))
        if lines and x is not None:
            self._place_read_out(x)

    def read_out(self) -> str:
        """Returns what is read out now, as markup; empty without a cursor."""
        return self._read_out.text()

    def _place_read_out(self, x: float) -> None:
        """Puts the read-out into the corner where it hides least of the curves, if possible away from the cursor."""
        self._read_out.adjustSize()
        left, right = self.chart.x_range()
        area = self.chart.drawn_area()
        width, height = self._read_out.width(), self._read_out.height()
        rightmost = max(0.0, area.right() - width - _GAP)
        sides = [min(area.left() + _GAP, rightmost), rightmost]
        near = sides if x > (left + right) / 2 else sides[::-1]
        heights = (area.top() + _GAP, max(area.top() + _GAP, area.bottom() - height - _GAP))
        corners = [QRectF(side, top, width, height) for side in near for top in heights]
        place = min(corners, key=self.chart.n_points_within)  # the first of equals: away from the cursor, at the top
        self._read_out.move(int(place.x()), int(place.y()))

    def _place_words(self, x: float) -> str:
        assert self._spec is not None
        axis = self._spec.x
        place = f"near {x:,.3g} {axis.unit}" if axis.unit and abs(x) < _WHOLE else f"near {x:,.0f} {axis.unit}".strip()
        return escape(place if axis.unit else f"{axis.label} {x:,.0f}")

    def _legend_words(self) -> str:
        styles: dict[tuple[str, int], str] = {}
        for series in self._shown:
            key = (series.arm, series.index)
            styles[key] = styles.get(key, "") + _STYLES.get(series.role, _SOLID)
        if not styles:
            return "No arm that is shown has figures of this."
        entries = [
            f'<span style="white-space:nowrap">{self._coloured(style, index)}&nbsp;{_unbroken(shown_name(arm))}</span>'
            for (arm, index), style in styles.items()
        ]
        if len(entries) > _MOST_NAMED:  # names without end would leave no room for the chart
            hidden = "; bands and marks with fewer" if len(entries) > CROWD else ""
            entries = [*entries[:_MOST_NAMED], f"and {len(entries) - _MOST_NAMED} more{hidden}"]
        return " &nbsp; ".join(entries)

    def _lines(self, x: float) -> list[str]:
        """Returns the place and a line for each curve; scores, intervals and then names give way where there is no room."""
        assert self._spec is not None
        values = [words for series in self._shown if (words := _value_words(series, x)) is not None]
        values = values[: 2 * _MOST_NAMED]
        if not values:
            return []
        metrics, n_parts = self._read_out.fontMetrics(), 3
        while (room := self._room(values, n_parts)) < _SHORTEST and n_parts > 1:
            n_parts -= 1
        has_scores = n_parts == 3 and any(one.series.scores for one in values)
        lines = [self._place_words(x) + (escape(f": {self._spec.y.unit} (score)") if has_scores else "")]
        for one in values:
            mark = self._coloured(_STYLES.get(one.series.role, _SOLID), one.series.index)
            name = metrics.elidedText(shown_name(one.series.arm), Qt.TextElideMode.ElideMiddle, max(room, _SHORTEST))
            value, *rest = (part for part in one.parts[:n_parts] if part)
            lines.append(" ".join([f"{mark}&nbsp;{_unbroken(name)} <b>{value}</b>", *rest]))
        return lines

    def _room(self, values: Sequence[_ValueWords], n_parts: int) -> int:
        """Returns the pixels that names have beside so many parts of the values."""
        metrics = self._read_out.fontMetrics()
        widest = max(metrics.horizontalAdvance(" ".join([_SOLID, *one.parts[:n_parts]])) for one in values)
        return self.chart.width() - widest - _FRAME

    def _coloured(self, text: str, index: int) -> str:
        assert self._scheme is not None
        return f'<span style="color:{self._scheme.runs.colour(index)}">{text}</span>'


def _unbroken(name: str) -> str:
    return escape(name).replace(" ", "&nbsp;").replace("-", "&#8209;")


def _value_words(series: Series, x: float) -> _ValueWords | None:
    at = _nearest(series, x)
    if at < 0:
        return None
    more = f"({_number(series.scores[at])})" if series.scores else ""
    if series.counts:
        more = f"· {series.counts[at]:,} responses"
    return _ValueWords(series, (_number(series.y[at]), _half(series.low[at], series.high[at]), more))


def value_at(series: Series, x: float) -> tuple[float, float, float, float] | None:
    """Returns x, y, low and high of the point nearest to `x`; None where the curve has none."""
    i = _nearest(series, x)
    return (series.x[i], series.y[i], series.low[i], series.high[i]) if i >= 0 else None


def _nearest(series: Series, x: float) -> int:
    """Returns the place of the point nearest to `x`; -1 where the curve has none."""
    xs, ys = np.asarray(series.x), np.asarray(series.y)
    known = np.flatnonzero(np.isfinite(ys) & np.isfinite(xs))
    return int(known[np.argmin(np.abs(xs[known] - x))]) if len(known) else -1


def _number(value: float) -> str:
    return f"{value:,.3g}"


def _half(low: float, high: float) -> str:
    return f"±{(high - low) / 2:,.2g}" if np.isfinite(low) and np.isfinite(high) and high > low else ""
