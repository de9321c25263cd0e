"""A chart in its card: what it shows, and a legend in words that reads out the values under the cursor."""

from collections.abc import Collection
from html import escape

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy

from workbench.compare import PanelSpec, Series
from workbench.ui.theme import Scheme
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.plots.panel_chart import PanelChart, axis_words

_STYLES = {"gold": "━", "proxy": "╍", "kl": "━", "win": "━"}


class ChartCard(Card):
    """Shows one panel of a comparison.

    Signals:
        pointed: this card and the x under the pointer, None when it left.
    """

    pointed = Signal(object, object)

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.chart = PanelChart()
        self.legend = QLabel(textFormat=Qt.TextFormat.RichText, wordWrap=True)
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.legend.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.body.addWidget(self.chart, 1)
        self.body.addWidget(self.legend)
        self._spec: PanelSpec | None = None
        self._scheme: Scheme | None = None
        self._shown: list[Series] = []
        self.chart.pointed.connect(lambda x: self.pointed.emit(self, x))

    @property
    def spec(self) -> PanelSpec | None:
        """What is shown."""
        return self._spec

    def show_panel(self, spec: PanelSpec, scheme: Scheme, hidden: Collection[str] = ()) -> None:
        """Shows a panel without the hidden arms."""
        self._spec, self._scheme = spec, scheme
        self._shown = [series for series in spec.series if series.arm not in hidden]
        self.set_title(spec.title, spec.subtitle)
        self.chart.draw(spec, scheme, hidden)
        self.chart.setToolTip(spec.caption)
        names = ", ".join(series.name for series in self._shown)
        self.chart.setAccessibleName(f"{spec.title}: {axis_words(spec.y)} over {axis_words(spec.x)}")
        self.chart.setAccessibleDescription(f"Curves: {names}. {spec.caption}")
        self.point_at(None)

    def point_at(self, x: float | None) -> None:
        """Reads out every curve at its point nearest to x; None shows the names alone."""
        self.chart.point_at(x)
        self.legend.setText("<br>".join(self._entry(series, x) for series in self._shown))

    def read_out(self) -> str:
        """Returns the legend as it stands."""
        return self.legend.text()

    def _entry(self, series: Series, x: float | None) -> str:
        assert self._scheme is not None
        colour = self._scheme.runs.colour(series.index)
        line = f'<span style="color:{colour}">{_STYLES[series.role]}</span> {escape(series.name)}'
        found = value_at(series, x) if x is not None else None
        return (
            line if found is None else f"{line} <b>{_number(found[1])}</b> {_interval(*found[2:])} at {found[0]:,.4g}"
        )


def value_at(series: Series, x: float) -> tuple[float, float, float, float] | None:
    """Returns x, y, low and high of the point nearest to `x`; None where the curve has none."""
    known = [i for i, value in enumerate(series.y) if np.isfinite(value)]
    if not known:
        return None
    i = min(known, key=lambda at: abs(series.x[at] - x))
    return series.x[i], series.y[i], series.low[i], series.high[i]


def _number(value: float) -> str:
    return f"{value:,.3g}"


def _interval(low: float, high: float) -> str:
    return f"({_number(low)} to {_number(high)})" if np.isfinite(low) and np.isfinite(high) else ""
