"""How long the window's thread was away from its events."""

import time
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, QTimer

_BEAT_MS = 5


class Stall(NamedTuple):
    """Seconds between two beats, beyond the beat's own length: by the clock, and of them the thread's own work."""

    wall: float
    own: float


class Watchdog(QObject):
    """Beats every few milliseconds from an event loop and notes how late each beat is."""

    def __init__(self) -> None:
        super().__init__()
        self.stalls: list[Stall] = []
        self._last = (0.0, 0.0)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begins anew."""
        self.stalls.clear()
        self._last = (time.perf_counter(), time.thread_time())
        self._timer.start(_BEAT_MS)

    def stop(self) -> Stall:
        """Ends, and returns the longest of each kind."""
        self._timer.stop()
        self._beat()
        return Stall(max(stall.wall for stall in self.stalls), max(stall.own for stall in self.stalls))

    def _beat(self) -> None:
        now, own = time.perf_counter(), time.thread_time()
        self.stalls.append(Stall(now - self._last[0] - _BEAT_MS / 1000, own - self._last[1]))
        self._last = (now, own)
