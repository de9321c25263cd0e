"""How many prompts or seeds it takes to show a difference, and what those at hand can show.

A test is said to find a difference where it does so 8 times in 10 (`POWER`), at a two-sided level of 0.05 unless another is
given. The formulas are those of 2411.00640 (section 5) and of Connor (1987) for paired answers.
"""

import math
from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict, Field
from scipy import special

from workbench.compare.rates import two_rates, wilson
from workbench.compare.statistics import Spread
from workbench.domain.errors import BadSetting
from workbench.domain.estimates import Estimate

ALPHA = 0.05
POWER = 0.8
MOST_PROMPTS, MOST_SEEDS = 100_000, 100  # beyond which nobody goes


class Needs(BaseModel):
    """What would decide a claim that is not, if the true rate is the one that was measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompts: int | None = Field(description="Test prompts in all, with the seeds as they are; None: more than 100,000.")
    seeds: int | None = Field(
        description="Seeds in all, with the prompts as they are; None: more than 100, or unknown."
    )
    detectable: float = Field(description="The difference from one half, of the win rate, that this many would show.")


class PowerTable(BaseModel):
    """How many test prompts show a difference of so many points, 8 times in 10 at a two-sided level of 0.05."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points: float = Field(description="The difference in win rate, in percentage points.")
    against_half: int = Field(
        description="Prompts on which one arm's win rate over another shows to be other than 50 %."
    )
    independent: int = Field(description="Prompts each for two arms' rates, each on prompts of its own.")
    paired: dict[float, int] = Field(
        description="Prompts for two arms on the same ones, by the share that is not tied."
    )


def tabulate_power(points: float, discordance: Sequence[float] = (0.2, 0.3, 0.5)) -> PowerTable:
    """Returns how many prompts it takes to show a difference; 5 points take 783, 1,562 each, and 626, 940 or 1,568.

    Args:
        points: percentage points between the rates, more than 0 and less than 50.
        discordance: shares of prompts that one of two arms wins over a third and the other does not.

    Raises:
        BadSetting: the points are out of range, or a share is smaller than the difference.
    """
    far = points / 100
    if not 0 < far < 0.5:
        raise BadSetting(f"The difference is {points:g} points; expected more than 0 and less than 50.")
    if bad := [share for share in discordance if not far <= share <= 1]:
        raise BadSetting(
            f"A share of {bad[0]:g} of the prompts cannot make a difference of {points:g} points; "
            f"expected {far:g} to 1."
        )
    return PowerTable(
        points=points,
        against_half=prompts_for_rate(0.5 + far),
        independent=prompts_for_two_rates(0.5, 0.5 + far),
        paired={share: prompts_for_pairs(share, far) for share in discordance},
    )


class WeighedRates(BaseModel):
    """What one or two published win rates show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rates: tuple[Estimate, ...] = Field(description="With Wilson's interval.")
    z: float | None = Field(
        description="Of the two being equal, each measured on prompts of its own; None of one alone."
    )
    p_value: float | None


def weigh_rates(rates: Sequence[tuple[float, int]]) -> WeighedRates:
    """Returns the interval of each rate, and whether two differ.

    Args:
        rates: wins, ties half, and prompts, of one or two.

    Raises:
        BadSetting: there are more than two, or a number of wins that the prompts do not allow.
    """
    if not 1 <= len(rates) <= 2:
        raise BadSetting(f"{len(rates)} win rates were given; expected one or two.")
    for wins, n in rates:
        if n < 1 or not 0 <= wins <= n:
            raise BadSetting(f"{wins:g} of {n} prompts cannot be won; expected 0 wins to as many as there are prompts.")
    z, p = two_rates(*rates) if len(rates) == 2 else (None, None)
    return WeighedRates(rates=tuple(wilson(wins, n) for wins, n in rates), z=z, p_value=p)


def prompts_for_rate(rate: float, null: float = 0.5, *, alpha: float = ALPHA) -> int:
    """Returns the prompts on which a win rate shows that it is not `null`; 0.55 against 0.5 takes 783."""
    root = _z(alpha) * math.sqrt(null * (1 - null)) + _z_power() * math.sqrt(rate * (1 - rate))
    return math.ceil((root / (rate - null)) ** 2)


def prompts_for_two_rates(first: float, second: float, *, alpha: float = ALPHA) -> int:
    """Returns the prompts *each* on which two arms' rates differ, measured on prompts of their own; 0.5 and 0.55 take 1,562."""
    variance = first * (1 - first) + second * (1 - second)
    return math.ceil((_z(alpha) + _z_power()) ** 2 * variance / (first - second) ** 2)


def prompts_for_pairs(discordance: float, difference: float, *, alpha: float = ALPHA) -> int:
    """Returns the prompts on which McNemar's test shows a difference between two arms that answer the same ones.

    Args:
        discordance: the share of prompts that one of the two wins: all but the ties.
        difference: the share that the one wins less the share that the other does. 0.05 takes 626, 940 and 1,568 prompts
            with a discordance of 0.2, 0.3 and 0.5.
        alpha: two-sided level.
    """
    within = max(0.0, discordance - difference**2)
    root = _z(alpha) * math.sqrt(discordance) + _z_power() * math.sqrt(within)
    return math.ceil((root / difference) ** 2)


def what_decides(found: Spread, null: float = 0.5, *, alpha: float = ALPHA) -> Needs:
    """Returns how many prompts, or seeds, would decide whether a rate is `null`.

    Args:
        found: the rate and what its uncertainty is made of.
        null: what it would be if nothing differed.
        alpha: the level that the claim must reach; a tenth of 0.05 where it is one of ten (Holm's strictest).
    """
    far = abs(found.mean - null)
    detectable = min(null, found.half(1 - alpha) + _z_power() * found.se)
    if far == 0:
        return Needs(prompts=None, seeds=None, detectable=detectable)
    if found.n_seeds == 1:
        # Of one prompt's outcome in 0..1, where it is a quarter of McNemar's.
        v_prompt = found.v_prompts * found.n_prompts
        prompts = prompts_for_pairs(min(1.0, 4 * (v_prompt + far**2)), 2 * far, alpha=alpha)
        prompts = max(prompts, found.n_prompts + 1)
        return Needs(prompts=prompts if prompts <= MOST_PROMPTS else None, seeds=None, detectable=detectable)

    def shows(spread: Spread) -> bool:
        return spread.half(1 - alpha) + _z_power() * spread.se <= far

    prompts_needed = _least(lambda n: shows(_with_prompts(found, n)), found.n_prompts, MOST_PROMPTS)
    seeds_needed = _least(lambda n: shows(_with_seeds(found, n)), found.n_seeds, MOST_SEEDS)
    return Needs(prompts=prompts_needed, seeds=seeds_needed, detectable=detectable)


def _with_prompts(found: Spread, n: int) -> Spread:
    """Returns what to expect of more prompts: the seeds' own variance stays."""
    share = found.n_prompts / n
    residual = found.v_residual * share
    return found._replace(
        v_seeds=found.v_between + residual, v_prompts=found.v_prompts * share, v_residual=residual, n_prompts=n
    )


def _with_seeds(found: Spread, n: int) -> Spread:
    """Returns what to expect of more seeds: what is the prompts' own stays."""
    share = found.n_seeds / n
    residual = found.v_residual * share
    prompts = max(0.0, found.v_prompts - found.v_residual) + residual
    seeds = found.v_between * share + residual
    return found._replace(v_seeds=seeds, v_prompts=prompts, v_residual=residual, n_seeds=n)


def _least(is_enough: Callable[[int], bool], low: int, most: int) -> int | None:
    """Returns the smallest number in low..most that is enough, which more always are; None where none is."""
    if not is_enough(most):
        return None
    high = most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle + 1, high)
    return low


def _z(alpha: float) -> float:
    return float(special.ndtri(1 - alpha / 2))


def _z_power() -> float:
    return float(special.ndtri(POWER))
