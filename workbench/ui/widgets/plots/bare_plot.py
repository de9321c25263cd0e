"""The plot that all our charts begin with: no menus, no buttons, no frame."""

import pyqtgraph as pg


class BarePlot(pg.PlotWidget):  # type: ignore[misc]
    """A plot without what pyqtgraph offers to people who program; a third faster to make."""

    def __init__(self, **parts: object) -> None:
        """Takes what a PlotItem takes, as `axisItems`."""
        super().__init__(enableMenu=False, **parts)
        self.hideButtons()
        self.setFrameShape(pg.PlotWidget.Shape.NoFrame)
