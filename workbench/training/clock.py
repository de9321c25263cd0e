"""How long a run has trained, and how fast it goes."""

import time


class Clock:
    """Seconds since its making, or its start where it has one, on top of those of earlier parts of the run."""

    def __init__(self, earlier: float = 0.0) -> None:
        self._earlier, self._start, self._started = earlier, time.monotonic(), False

    def start(self) -> None:
        """Begins to count, at the first call."""
        if not self._started:
            self._start, self._started = time.monotonic(), True

    def seconds(self) -> float:
        """Returns the seconds so far."""
        return self._earlier + time.monotonic() - self._start

    def leave_out(self, seconds: float) -> None:
        """Takes away what was no training."""
        self._start += seconds


class Pace:
    """Steps a second over about the last half minute of a phase."""

    _WINDOW = 30.0

    def __init__(self) -> None:
        self._phase = ""
        self._marks: list[tuple[float, int]] = []

    def note(self, phase: str, step: int, now: float) -> None:
        """Notes that a phase is at a step; another phase begins anew."""
        if phase != self._phase or (self._marks and step < self._marks[-1][1]):
            self._phase, self._marks = phase, []
        self._marks.append((now, step))
        while len(self._marks) > 2 and now - self._marks[1][0] > self._WINDOW:
            self._marks.pop(0)

    def rate(self) -> float | None:
        """Returns steps a second; None where there were none yet."""
        (start, first), (end, last) = self._marks[0], self._marks[-1]
        return (last - first) / (end - start) if last > first and end > start else None
