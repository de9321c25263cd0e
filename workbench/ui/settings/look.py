"""How the window looks, with the colours of runs as charts draw them."""

import math

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from workbench.ui.preferences import PreferenceStore
from workbench.ui.settings.card import PreferenceCard
from workbench.ui.theme import Look, Scheme

_HEIGHT, _STEP = 74, 150
_CORNERS = {"s": 4, "^": 3, "D": 4, "v": 3}
_TURNED = {"s": 45, "^": -90, "D": 0, "v": 90}
_SIZE = 4.5


class LookCard(PreferenceCard):
    """Asks for theme, size of text, colours and width of lines; all are shown at once."""

    words = "appearance dark light text size colour-blind palette"

    def __init__(self, store: PreferenceStore, look: Look) -> None:
        super().__init__("Look", "applied at once", "look", store)
        self.preview = PalettePreview(look.scheme)
        self.rows.addWidget(self.preview)
        look.changed.connect(self.preview.dress)


class PalettePreview(QWidget):
    """Draws a curve in each colour of runs, with the marker that tells it from the others without colour."""

    def __init__(self, scheme: Scheme) -> None:
        super().__init__()
        self._scheme = scheme
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName("Colours, markers and width of the curves of runs")
        self.setToolTip("As charts draw the start model and the arms after it")

    def dress(self, scheme: Scheme) -> None:
        """Takes on other colours and another width."""
        self._scheme = scheme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        runs = self._scheme.runs
        n_curves = len(runs.arms) + 1
        gap = (_HEIGHT - 20) / n_curves
        for index in range(n_curves):
            self._draw_curve(painter, index, 6 + index * gap)

    def _draw_curve(self, painter: QPainter, index: int, top: float) -> None:
        colour = QColor(self._scheme.runs.colour(index))
        painter.setPen(QPen(colour, self._scheme.line_width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        points = [QPointF(x, top + 9 * math.exp(-x / _STEP)) for x in range(6, self.width() - 6, 6)]
        painter.drawPolyline(QPolygonF(points))
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        for point in points[4 + index :: 25]:
            self._draw_marker(painter, point, self._scheme.runs.marker(index))

    def _draw_marker(self, painter: QPainter, at: QPointF, marker: str) -> None:
        corners = _CORNERS.get(marker, 30)
        angles = [math.radians(_TURNED.get(marker, 0) + 360 * corner / corners) for corner in range(corners)]
        painter.drawPolygon(
            QPolygonF([at + QPointF(_SIZE * math.cos(angle), _SIZE * math.sin(angle)) for angle in angles])
        )
