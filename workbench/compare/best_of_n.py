"""Best of n: the third road, which trains nothing. Sample n answers and keep the one that the reward model likes best.

From N samples of a prompt every n up to N is estimated at once, without bias, by averaging over all subsets of n (Nakano et
al. 2112.09332, appendix on best of n; Gao et al. 2210.10760): sorted by proxy, the i-th of them, counted
from 1, is the best of C(i - 1, n - 1) of the C(N, n) subsets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from workbench.compare.identity import gold_of
from workbench.compare.samples import Keys, Samples, read_samples, round_files
from workbench.compare.statistics import FloatArray
from workbench.domain.records import Job
from workbench.domain.samples import GOLD, PROXY, SCORE_PREFIX
from workbench.storage.project import Project

BEST_OF_N = "best of n"  # its name in charts and tables


@dataclass(frozen=True)
class BestOfN:
    """What was sampled from one start model under one seed.

    Attributes:
        job: the run that sampled.
        keys: [p] the prompts.
        proxy: [p x N] the reward model's score of every response.
        others: [p x N] for the gold judge and each further one, by column; NaN where there is no score.
    """

    job: Job
    keys: Keys
    proxy: FloatArray
    others: dict[str, FloatArray]

    @property
    def most(self) -> int:
        """N, the responses of each prompt."""
        return int(self.proxy.shape[1])

    def scores(self, column: str, n: int) -> FloatArray:
        """Returns [p]: the score that the best of `n` is expected to have on each prompt."""
        return best_of(self.proxy, self.proxy if column == PROXY else self.others[column], n)

    def columns(self) -> list[str]:
        """The columns that have scores, proxy first."""
        return [PROXY, *self.others]


def kl_bound(n: int) -> float:
    """Returns the most KL in nats that choosing the best of n has: log n - (n - 1) / n; .6363 for 4, 1.8351 for 16.

    Exact where no two responses score alike (Beirami et al. 2401.01879 prove that it is a bound); equal responses lower it.
    """
    return float(np.log(n) - (n - 1) / n)


def subset_weights(most: int, n: int) -> FloatArray:
    """Returns [N]: the share of the subsets of n of which the i-th lowest of N samples is the best; C(i-1, n-1) / C(N, n)."""
    rank = np.arange(1, most + 1)
    weights: FloatArray = np.exp(
        special.gammaln(np.maximum(rank, n)) - special.gammaln(np.maximum(rank, n) - n + 1) - special.gammaln(n)
        - (special.gammaln(most + 1) - special.gammaln(n + 1) - special.gammaln(most - n + 1))
    )  # fmt: skip
    return np.where(rank >= n, weights, 0.0)


def best_of(proxy: FloatArray, score: FloatArray, n: int) -> FloatArray:
    """Returns [p]: the mean `score` of the response with the highest proxy among n, over all subsets of n of the samples.

    Responses with the same proxy are chosen equally often. A prompt with a score missing has none.

    Args:
        proxy, score: [p x N] of the same responses.
        n: from 1 to N.
    """
    order = np.argsort(proxy, axis=1, kind="stable")
    ranked, scores = np.take_along_axis(proxy, order, axis=1), np.take_along_axis(score, order, axis=1)
    new = np.ones(ranked.shape, dtype=np.intp)
    new[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    tie = (np.cumsum(new, axis=1) - 1) + np.arange(len(proxy))[:, None] * proxy.shape[1]
    sums = np.bincount(tie.ravel(), weights=scores.ravel(), minlength=proxy.size)
    counts = np.bincount(tie.ravel(), minlength=proxy.size)
    found: FloatArray = (sums[tie] / counts[tie]) @ subset_weights(proxy.shape[1], n)
    return found


def sizes(most: int) -> list[int]:
    """Returns the n that are shown of N samples: the powers of two, and N itself."""
    powers = [2**i for i in range(most.bit_length()) if 2**i <= most]
    return powers if powers[-1] == most else [*powers, most]


def read_best_of_n(project: Project, job: Job) -> BestOfN | None:
    """Returns what a run has sampled so far; None where it is less than two rounds or has no reward model's scores."""
    files, gold = round_files(project.run_folder(job.id)), gold_of(job)
    rounds = [read_samples(path, number, gold) for number, path in files]
    if len(rounds) < 2 or any(np.isnan(one.column(PROXY)).all() for one in rounds):
        return None
    keys = rounds[0].groups[0]
    names = [name for name in rounds[0].numbers if name == GOLD or name.startswith(SCORE_PREFIX)]
    tables = {name: _table(rounds, name) for name in (PROXY, *names)}
    known = ~np.isnan(tables[PROXY]).any(axis=1)
    others = {name: table[known] for name, table in tables.items() if name != PROXY}
    return BestOfN(job, keys[known], tables[PROXY][known], others)


def _table(rounds: Sequence[Samples], name: str) -> FloatArray:
    return np.stack([one.by_prompt(one.column(name))[1] for one in rounds], axis=1)
