"""Work on widgets that would take too long at once, done in turns between the window's events."""

import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QTimer

_TURN_S = 0.006


class Turns(QObject):
    """Goes through one piece of work after another until a turn is over; newer work replaces what is left."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pieces: Iterator[bool | None] | None = None
        self._on_done: Callable[[], object] | None = None
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._work)

    @property
    def is_done(self) -> bool:
        """Says whether nothing is left to do."""
        return self._pieces is None

    def start(self, pieces: Iterator[bool | None], on_done: Callable[[], object] | None = None) -> None:
        """Begins at once; little work is done when this returns.

        Args:
            pieces: does a piece of work each time it is asked for the next; True where its painting, which takes its
                time too, shall come before the next.
            on_done: called after the last one.
        """
        self._timer.stop()
        self._pieces, self._on_done = pieces, on_done
        self._work()

    def stop(self) -> None:
        """Leaves undone what is left."""
        self._timer.stop()
        self._pieces = self._on_done = None

    def _work(self) -> None:
        end = time.perf_counter() + _TURN_S
        pieces = self._pieces
        for is_to_be_painted in pieces or ():
            if self._pieces is not pieces:  # a piece began newer work, or ended it all
                return
            if is_to_be_painted or time.perf_counter() > end:
                self._timer.start()
                return
        on_done, self._pieces, self._on_done = self._on_done, None, None
        if on_done is not None:
            on_done()
