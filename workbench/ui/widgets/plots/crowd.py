"""Many bare lines as one item of a chart: fifty items would take a third of a second to add and longer to move."""

from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPen, QPolygonF

_SMOOTH = 2_000  # points of all lines up to which smooth edges cost little


class _Line(NamedTuple):
    """A line without gaps, in the chart's own numbers."""

    points: QPolygonF
    pen: QPen


class Crowd(pg.GraphicsObject):  # type: ignore[misc]
    """Draws lines that have neither bands nor marks, the first one lowest."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[_Line] = []
        self._n_points = 0
        self._low, self._high = np.full(2, np.inf), np.full(2, -np.inf)

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, x: np.ndarray, y: np.ndarray, pen: QPen) -> None:
        """Adds a line; points that are not finite are passed over."""
        known = np.isfinite(x) & np.isfinite(y)
        if not known.any():
            return
        places = np.stack([x[known], y[known]])
        self._low, self._high = np.minimum(self._low, places.min(axis=1)), np.maximum(self._high, places.max(axis=1))
        self.prepareGeometryChange()
        self._lines.append(_Line(pg.functions.arrayToQPolygonF(*places), pen))
        self._n_points += places.shape[1]

    def dataBounds(self, axis: int, *_: object, **_others: object) -> tuple[float, float] | None:
        """Returns the least and the greatest number on an axis, for the chart that wants to show all."""
        return (float(self._low[axis]), float(self._high[axis])) if self._lines else None

    def boundingRect(self) -> QRectF:
        if not self._lines:
            return QRectF()
        return QRectF(*self._low, *(self._high - self._low))

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self._n_points <= _SMOOTH)
        for line in self._lines:
            painter.setPen(line.pen)
            painter.drawPolyline(line.points)
