"""What runs are expected to cost, before they are launched."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

Basis = Literal["measured", "scaled", "modelled"]  # like runs here; other runs here; no runs, stated rates


class Spread(BaseModel):
    """A value that is not known exactly; `low` to `high` is where it is expected to lie."""

    model_config = ConfigDict(frozen=True)

    low: float
    expected: float
    high: float

    @classmethod
    def around(cls, expected: float, below: float, above: float) -> Self:
        """Returns `expected` with a range from `expected` times `below` to `expected` times `above`."""
        return cls(low=expected * below, expected=expected, high=expected * above)

    def at_most(self, limit: float | None) -> Self:
        """Returns it with nothing above `limit`; None is no limit."""
        if limit is None:
            return self
        return type(self)(low=min(self.low, limit), expected=min(self.expected, limit), high=min(self.high, limit))

    def plus(self, seconds: float) -> Self:
        """Returns it with a known amount on top."""
        return type(self)(low=self.low + seconds, expected=self.expected + seconds, high=self.high + seconds)

    def times(self, share: float) -> Self:
        """Returns a share of it."""
        return type(self)(low=self.low * share, expected=self.expected * share, high=self.high * share)


class RunCost(BaseModel):
    """What one run is expected to take.

    Attributes:
        seconds: from its start to its end, the start of its process included.
        memory_mib: on its device, at most; of several processes on a CPU of all together, else on each of their devices.
        basis: where the figures come from.
        why: the same in words.
        dollars: that an endpoint asks for it; 0 for what this computer does itself.
    """

    model_config = ConfigDict(frozen=True)

    seconds: Spread
    memory_mib: Spread
    basis: Basis
    why: str
    dollars: float = 0.0


class PlanCost(BaseModel):
    """What an experiment is expected to take once its turn has come.

    Attributes:
        seconds: until its last run has ended, with as many runs at once as the devices take; None where nothing is known.
        memory_mib: of the largest run; None where nothing is known.
        at_once: how many runs the devices take at once.
        device: what the runs go to: cpu, cuda, mps.
        n_ahead: other runs that are in the queue now.
        n_unknown: runs that could not be estimated and are in none of the figures.
        dollars: that endpoints ask for all of them, at most.
        warnings: what will not fit.
    """

    model_config = ConfigDict(frozen=True)

    seconds: Spread | None = None
    memory_mib: float | None = None
    at_once: int = 1
    device: str = ""
    n_ahead: int = 0
    n_unknown: int = 0
    dollars: float = 0.0
    warnings: tuple[str, ...] = ()


_UNITS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))
_ONE_MINUTE_SAYS_LITTLE = 100.0  # seconds, from which minutes are exact enough


def duration(seconds: float) -> str:
    """Returns a time as people say it: 40 s, 12 min, 3.5 h, 2.1 d."""
    for size, unit in _UNITS:
        if seconds >= max(size, _ONE_MINUTE_SAYS_LITTLE):
            value = seconds / size
            return f"{value:.0f} {unit}" if value >= 10 or unit == "min" else f"{value:.1f} {unit}"
    return f"{max(1.0, seconds):.0f} s"


def pace(rate: float) -> str:
    """Returns how fast steps are done as people say it: 12.3 steps/s, 14 s a step.

    Args:
        rate: steps a second, above zero.
    """
    if rate >= 1:
        return f"{rate:.3g} steps/s" if rate < 100 else f"{rate:,.0f} steps/s"
    each = 1 / rate
    return f"{f'{each:.1f} s' if each < 10 else duration(each)} a step"


def between(spread: Spread) -> str:
    """Returns a time with its range: about 12 min (8 min to 20 min)."""
    low, high = duration(spread.low), duration(spread.high)
    about = f"about {duration(spread.expected)}"
    return about if low == high else f"{about} ({low} to {high})"


def money(dollars: float) -> str:
    """Returns what something costs: $ 12.40, $ 0.06, less than $ 0.01."""
    if not dollars:
        return "nothing"
    return f"$ {dollars:.2f}" if dollars >= 0.01 else "less than $ 0.01"


def about_money(dollars: float) -> str:
    """Returns what something will cost, as far as that is known: about $ 12.40, less than $ 0.01, free."""
    told = money(dollars)
    return f"about {told}" if told.startswith("$") else told if dollars else "free"


def parameters(n: int) -> str:
    """Returns a model's size as people say it: 0.26 M, 105 M, 8.05 B."""
    return f"{n / 1e9:.3g} B" if n >= 999.5e6 else f"{n / 1e6:.3g} M"


_PREFIXES = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_LONG = 10_000  # from which a number is shortened


def count(value: float) -> str:
    """Returns a number as people say it: 0.61, 950, 12.3 k, 4.56 M, 1.66 T."""
    for limit, prefix in _PREFIXES:
        if value >= max(limit, _LONG):
            return f"{value / limit:.3g} {prefix}"
    return f"{value:,.0f}" if value >= 100 or float(value).is_integer() else f"{value:.2f}"


def memory(mib: float) -> str:
    """Returns memory as people say it: 620 MiB, 3.4 GiB."""
    return f"{mib:.0f} MiB" if mib < 1000 else f"{mib / 1024:.1f} GiB"
