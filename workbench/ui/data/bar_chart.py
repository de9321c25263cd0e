"""A small plot of one condition's values; a click on a bar, or Return on it, filters by it."""

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent

from workbench.domain.row_filters import Bar, Histogram
from workbench.ui.theme import Scheme
from workbench.ui.widgets.plots.bare_plot import BarePlot

_TITLES = {
    "length": "Length",
    "gap": "Length gap",
    "rater": "Raters",
    "split": "Splits",
}
_WIDTH = 0.86
_NAMED = 6  # bars whose names fit below
_FADED = 120
_STEPS: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class BarChart(BarePlot):
    """Draws a histogram.

    Signals:
        picked: the name of the condition and the value of the bar that was clicked.
        pointed: what the bar under the pointer, or the keyboard's, says.
    """

    picked = Signal(str, object)
    pointed = Signal(str)

    def __init__(self, condition: str) -> None:
        super().__init__()
        self.condition = condition
        self._bars: tuple[Bar, ...] = ()
        self._at: int | None = None
        self.setMouseEnabled(x=False, y=False)
        self.setMinimumSize(120, 70)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{_TITLES[condition]}: distribution")
        self.scene().sigMouseMoved.connect(self._on_moved)
        self.scene().sigMouseClicked.connect(self._on_clicked)

    def draw(self, histogram: Histogram, chosen: object, scheme: Scheme) -> None:
        """Draws the bars anew; the one whose value is `chosen` stands out."""
        self._bars = histogram.bars
        tokens = scheme.tokens
        self.clear()
        self.setBackground(tokens.card)
        is_picked = any(bar.value == chosen for bar in self._bars)
        strong, faint = QColor(tokens.accent), QColor(tokens.accent)
        faint.setAlpha(_FADED)
        brushes = [strong if not is_picked or bar.value == chosen else faint for bar in self._bars]
        pens = [pg.mkPen(tokens.ink if bar.value == chosen else tokens.card, width=1) for bar in self._bars]
        heights = [bar.n for bar in self._bars]
        if heights:
            self.addItem(
                pg.BarGraphItem(x=range(len(heights)), height=heights, width=_WIDTH, brushes=brushes, pens=pens)
            )
        self._dress_axes(tokens.muted, tokens.border)
        self.setXRange(-0.5, max(len(heights), 1) - 0.5, padding=0.01)
        self.setYRange(0, max([*heights, 1]), padding=0.04)

    def pick(self, at: int) -> None:
        """Does what a click on a bar does."""
        if 0 <= at < len(self._bars):
            self.picked.emit(self.condition, self._bars[at].value)

    def words(self) -> list[str]:
        """Returns what the bars say, in order."""
        return [f"{bar.label}: {bar.n:,}" for bar in self._bars]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(event.key())
        if step is not None and self._bars:
            self._point_at((0 if self._at is None else self._at + step) % len(self._bars))
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space} and self._at is not None:
            self.pick(self._at)
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        self._point_at(None)
        super().leaveEvent(event)

    def _dress_axes(self, ink: str, line: str) -> None:
        bottom, left = self.getAxis("bottom"), self.getAxis("left")
        for axis in (bottom, left):
            axis.setPen(pg.mkPen(line))
            axis.setTextPen(ink)
        bottom.setTicks([self._ticks()])
        bottom.setStyle(tickLength=0)
        left.setStyle(showValues=False, tickLength=0)
        left.setWidth(4)

    def _ticks(self) -> list[tuple[int, str]]:
        n = len(self._bars)
        if n <= _NAMED:
            return [(number, _short(bar.label)) for number, bar in enumerate(self._bars)]
        return [(number, _start(self._bars[number])) for number in (n // 6, n // 2, n - 1 - n // 6)]

    def _bar_at(self, position: QPointF) -> int | None:
        box = self.getPlotItem().vb
        if not box.sceneBoundingRect().contains(position):
            return None
        number = round(box.mapSceneToView(position).x())
        return number if 0 <= number < len(self._bars) else None

    def _point_at(self, at: int | None) -> None:
        self._at = at
        words = "" if at is None else f"{self._bars[at].label}: {self._bars[at].n:,}"
        self.setAccessibleDescription(words)
        self.pointed.emit(words)

    def _on_moved(self, position: QPointF) -> None:
        at = self._bar_at(position)
        if at != self._at:
            self._point_at(at)

    def _on_clicked(self, event) -> None:  # type: ignore[no-untyped-def]
        at = self._bar_at(event.scenePos())
        if at is not None:
            self.pick(at)


def title_of(condition: str) -> str:
    """Returns what the plot of a condition is called."""
    return _TITLES[condition]


def _short(name: str) -> str:
    return name if len(name) <= 10 else f"{name[:9]}…"


def _start(bar: Bar) -> str:
    return bar.label.split(" to ")[0] if " to " in bar.label else _short(bar.label)
