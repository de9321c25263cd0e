"""Work on widgets that takes long in all, done piece by piece so that the window answers in between."""

import time
from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer

_AT_ONCE_S = 0.015  # of work between two looks at the window's events


class Piecework(QObject):
    """Goes through an iterator, as many pieces at once as fit into a few milliseconds."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pieces: Iterator[None] | None = None
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._go_on)

    @property
    def is_done(self) -> bool:
        """Says whether nothing is left to do."""
        return self._pieces is None

    def start(self, pieces: Iterator[None]) -> None:
        """Begins; what was left of other work is dropped. Each step of the iterator is one piece."""
        self._pieces = pieces
        self._go_on()

    def _go_on(self) -> None:
        until = time.perf_counter() + _AT_ONCE_S
        while self._pieces is not None and time.perf_counter() < until:
            try:
                next(self._pieces)
            except StopIteration:
                self._pieces = None
        if self._pieces is not None:
            self._timer.start()
