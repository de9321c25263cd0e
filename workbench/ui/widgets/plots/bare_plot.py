"""The plot that all our charts begin with: no menus, no buttons, no frame."""

import pyqtgraph as pg
from PySide6.QtGui import QColor

from workbench.ui.tokens import Tokens

_RAW_ALPHA = 90


class BarePlot(pg.PlotWidget):  # type: ignore[misc]
    """A plot without what pyqtgraph offers to people who program; a third faster to make."""

    def __init__(self, **parts: object) -> None:
        """Takes what a PlotItem takes, as `axisItems`."""
        super().__init__(enableMenu=False, **parts)
        self.hideButtons()
        self.setFrameShape(pg.PlotWidget.Shape.NoFrame)

    def dress_axis(self, side: str, words: str, tokens: Tokens) -> None:
        """Names an axis and colours it. Its numbers stay what they are: "0.5" is never said as 500 thousandths."""
        axis = self.getAxis(side)
        axis.setPen(pg.mkPen(tokens.border))
        axis.setTextPen(pg.mkPen(tokens.muted))
        axis.setLabel(words, siPrefixEnableRanges=(), color=tokens.muted)
        axis.resizeEvent()  # else the new words begin where the old ones did


def faint(colour: str) -> QColor:
    """Returns the colour of what stands behind a curve: its raw values, its errors."""
    made = QColor(colour)
    made.setAlpha(_RAW_ALPHA)
    return made
