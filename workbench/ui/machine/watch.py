"""Looks at the computer every two seconds and remembers the last minutes."""

import time
from collections import deque
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from workbench import api
from workbench.ui.tasks import Tasks

LOOK_MS = 2000
MINUTES = 10


class Moment(NamedTuple):
    """How busy the computer was; `at` in seconds of the monotonic clock."""

    at: float
    load: api.MachineLoad


class MachineWatch(QObject):
    """Remembers how busy the computer was since the window was opened, ten minutes at most.

    Signals:
        looked: with the newest MachineLoad.
    """

    looked = Signal(object)

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self.moments: deque[Moment] = deque(maxlen=MINUTES * 60_000 // LOOK_MS)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Begins to look."""
        self._timer.start()
        QTimer.singleShot(0, self, self._look)

    def stop(self) -> None:
        """Looks no more."""
        self._timer.stop()

    def _look(self) -> None:
        if not self._tasks.is_running("window machine"):
            self._tasks.start("window machine", api.show_machine, self._on_looked)

    def _on_looked(self, load: api.MachineLoad) -> None:
        self.moments.append(Moment(time.monotonic(), load))
        self.looked.emit(load)
