"""Bars for whole numbers: of equal, round width, so few that each can be clicked; the outermost take what lies beyond."""

from typing import NamedTuple

_ABOUT = 16  # bars: as many as can be told apart and hit in a small plot
_ROUND = (1, 2, 5)


class Bins(NamedTuple):
    """`n` bars from `start` on, each `step` wide; `opens_low` and `opens_high` say that values lie beyond."""

    start: int = 0
    step: int = 1
    n: int = 0
    opens_low: bool = False
    opens_high: bool = False

    def range_of(self, number: int) -> tuple[float | None, float | None]:
        """Returns the lowest and the highest value of a bar, both included; None where it is open."""
        low, high = self.start + number * self.step, self.start + (number + 1) * self.step - 1
        is_first, is_last = number == 0, number == self.n - 1
        return (None if is_first and self.opens_low else low, None if is_last and self.opens_high else high)

    def label_of(self, number: int) -> str:
        """Returns what a person reads of a bar."""
        low, high = self.range_of(number)
        if low is None:
            return "all" if high is None else f"up to {high:,}"
        if high is None:
            return f"{low:,} and more"
        return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def choose_bins(lowest: int, low: int, high: int, highest: int) -> Bins:
    """Returns bars for values from `lowest` to `highest`, of which nearly all lie from `low` to `high`."""
    low, high, lowest, highest = int(low), int(high), int(lowest), int(highest)
    step = _round_up(max(1, (high - low + 1) / _ABOUT))
    start = low // step * step
    n = (high - start) // step + 1
    return Bins(start, step, n, lowest < start, highest >= start + n * step)


def _round_up(width: float) -> int:
    power = 1
    while True:
        for factor in _ROUND:
            if factor * power >= width:
                return factor * power
        power *= 10
