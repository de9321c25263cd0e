"""Best of n beside the trained arms: its line in the table, and how often it beats each of them."""

from collections.abc import Iterator, Sequence

import numpy as np
from pydantic import Field

from workbench.compare.arms import Arm
from workbench.compare.best_of_n import BestOfN, best_of, kl_bound
from workbench.compare.identity import proxy_of
from workbench.compare.results import ComparedArm
from workbench.compare.sampled import Sampled
from workbench.compare.samples import Keys, Samples, stack
from workbench.compare.statistics import FloatArray, mean_interval
from workbench.compare.winrates import WinCell, cell_of_tables
from workbench.domain.estimates import Estimate
from workbench.domain.samples import GOLD, PROXY


class SampledResult(ComparedArm):
    """Best of n's line in the table: an arm that nothing was trained for, at the largest n that every seed can tell of.

    Its figures are expected ones, over all choices of n among the responses that were sampled. They are over the prompts that
    it was sampled on, which may be fewer than the arms answered.
    """

    n: int = Field(description="Of how many responses the reward model chooses.")
    n_prompts: int = Field(description="That it was sampled on.")
    gold: Estimate | None
    proxy: Estimate | None
    kl_bound: float = Field(description="log n - (n - 1) / n nats: no more than this is paid.")
    win_rate: Estimate | None = Field(description="Share of prompts won against the baseline, ties half.")
    gold_gain: Estimate | None = Field(description="Gold above the start model, in s.d. of the start's scores.")
    proxy_gain: Estimate | None = Field(description="Proxy above the start model, in s.d. of the start's scores.")


def results_of_sampled(
    sampled: Sequence[Sampled], cells: Sequence[WinCell], baseline: Arm | None
) -> Iterator[SampledResult]:
    """Returns the line of each best of n.

    Args:
        sampled: what was sampled.
        cells: how they do against the arms.
        baseline: whom win rates are against; None: the start model that was sampled from.
    """
    rates = {(cell.row, cell.column): cell.rate for cell in cells}
    for one in sampled:
        n = one.sizes[-1]
        rival = baseline or one.start
        yield SampledResult(
            **dict(one.listed),
            n=n,
            n_prompts=len({key for seed in one.seeds for key in seed.keys}),
            gold=_mean(one, GOLD, n),
            proxy=_mean(one, PROXY, n),
            kl_bound=kl_bound(n),
            win_rate=rates.get((one.name, rival.name)),
            gold_gain=_gain(one, GOLD, n),
            proxy_gain=_gain(one, PROXY, n),
        )


def wins_of_sampled(sampled: Sequence[Sampled], arms: Sequence[Arm]) -> Iterator[WinCell]:
    """Compares each best of n, as the row, with each arm's last checkpoint."""
    for one in sampled:
        if not one.has(GOLD):
            continue
        for arm in arms:
            found = [
                (seed, samples) for seed in one.seeds if (samples := _last(arm, seed, one.start is arm)) is not None
            ]
            cell = _cell(one, arm, found) if found else None
            if cell is not None:
                yield cell


def _cell(one: Sampled, arm: Arm, found: Sequence[tuple[BestOfN, Samples]]) -> WinCell | None:
    n = one.sizes[-1]
    compared = [_compared(seed, samples, n) for seed, samples in found]
    wins = stack([(keys, won) for keys, won, _ in compared])[1]
    differences = stack([(keys, difference) for keys, _, difference in compared])[1]
    return cell_of_tables(one.name, arm.name, wins, differences)


def _compared(seed: BestOfN, samples: Samples, n: int) -> tuple[Keys, FloatArray, FloatArray]:
    """Returns the prompts of both, and for each the share that the best of n wins and by how much it scores above.

    Every choice of n of the responses meets the other's answer: the mean over all is what one draw is expected to win.
    """
    names, theirs = samples.by_prompt(samples.column(GOLD))
    keys, ours, at = np.intersect1d(seed.keys, names, assume_unique=True, return_indices=True)
    difference = seed.others[GOLD][ours] - theirs[at][:, None]
    proxy = seed.proxy[ours]
    return keys, best_of(proxy, (np.sign(difference) + 1) / 2, n), best_of(proxy, difference, n)


def _last(arm: Arm, seed: BestOfN, is_start: bool) -> Samples | None:
    track = arm.track(seed.job.seed) or (arm.tracks[0] if is_start else None)
    return track.under(proxy_of(seed.job)).last.samples if track is not None else None


def _mean(one: Sampled, column: str, n: int) -> Estimate | None:
    if not one.has(column):
        return None
    return mean_interval(stack([(seed.keys, seed.scores(column, n)) for seed in one.seeds])[1])


def _gain(one: Sampled, column: str, n: int) -> Estimate | None:
    """Returns the gain in the start model's standard deviations; None where its scores do not vary."""
    if not one.has(column):
        return None
    sd = np.array([one.scale(column, seed)[1] for seed in one.seeds])
    return mean_interval(one.gain(column, n) / sd[:, None])
