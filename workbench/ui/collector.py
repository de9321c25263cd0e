"""Python's garbage collector, kept to the window's thread.

Left to itself it runs on whichever thread allocates most, and there it would destroy widgets and items of trees that became
garbage: Qt allows that on the window's thread only, and the process dies of it sooner or later.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_LOOK_MS = 500


class Collector(QObject):
    """Takes over from the automatic collector: looks twice a second whether a round is due, as the thresholds say."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collects the oldest generation that is due, with those that are younger."""
        due = [
            age
            for age, (count, most) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True))
            if count > most
        ]
        if due:
            gc.collect(due[-1])

    def stop(self) -> None:
        """Gives the work back to the automatic collector."""
        self._timer.stop()
        gc.enable()
