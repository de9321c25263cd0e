"""What lies between two lines, as one item of a chart: pyqtgraph's needs three, which work out their bounds at each move."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPolygonF


class Band(pg.GraphicsObject):  # type: ignore[misc]
    """Fills the ground between a lower and an upper line.

    Args:
        x, low, high: [t], finite; t is 2 or more.
        shade: the colour of the ground.
    """

    def __init__(self, x: np.ndarray, low: np.ndarray, high: np.ndarray, shade: QColor) -> None:
        super().__init__()
        outline = np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]])
        self._polygon: QPolygonF = pg.functions.arrayToQPolygonF(*outline)
        self._bounds = [(float(values.min()), float(values.max())) for values in outline]
        self._brush = QBrush(shade)

    def dataBounds(self, axis: int, *_: object, **_others: object) -> tuple[float, float]:
        """Returns the least and the greatest number on an axis, for the chart that wants to show all."""
        return self._bounds[axis]

    def boundingRect(self) -> QRectF:
        (left, right), (low, high) = self._bounds
        return QRectF(left, low, right - left, high - low)

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._brush)
        painter.drawPolygon(self._polygon)
