"""How much curves are smoothed."""

from PySide6.QtWidgets import QComboBox

_OFFERED = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


class SmoothingBox(QComboBox):
    """Offers half-lives, in percent of the x that a curve spans; off is 0."""

    def __init__(self) -> None:
        super().__init__()
        for percent in _OFFERED:
            self.addItem(f"{percent:g} %" if percent else "off", percent)

    def percent(self) -> float:
        """Returns what is chosen."""
        return float(self.currentData())

    def show_percent(self, percent: float) -> None:
        """Chooses a half-life, also one that is not offered."""
        if self.findData(percent) < 0:
            self.addItem(f"{percent:g} %", percent)
        self.setCurrentIndex(self.findData(percent))
