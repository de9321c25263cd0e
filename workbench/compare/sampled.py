"""Best of n over its seeds, as something that is drawn and counted like an arm."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.compare.arms import Arm
from workbench.compare.best_of_n import BEST_OF_N, BestOfN, kl_bound, read_best_of_n, sizes
from workbench.compare.curves import EMPTY, Curve
from workbench.compare.identity import proxy_of, start_of
from workbench.compare.naming import without_folders
from workbench.compare.results import ComparedArm
from workbench.compare.samples import Samples, stack
from workbench.compare.statistics import FloatArray, mean_interval
from workbench.domain.samples import GOLD, PROXY, SCORE_PREFIX
from workbench.storage.project import Project


@dataclass(frozen=True)
class Sampled:
    """Best of n from one start model, over its seeds, as something to be drawn like an arm.

    Attributes:
        name: unique among the arms.
        index: its place after all arms.
        start: the start model that it samples from.
        seeds: what was sampled under each seed.
    """

    name: str
    index: int
    start: Arm
    seeds: tuple[BestOfN, ...]

    @property
    def sizes(self) -> list[int]:
        """The n that every seed can tell of."""
        return sizes(min(seed.most for seed in self.seeds))

    @property
    def listed(self) -> ComparedArm:
        """How it stands among the arms."""
        return ComparedArm(
            name=self.name,
            method="best_of_n",
            seeds=tuple(seed.job.seed for seed in self.seeds),
            called=(self.name,),
            index=self.index,
            runs=tuple(seed.job.id for seed in self.seeds),
            evaluations=(),
        )

    def judged_by(self, judge: str) -> "Sampled":
        """Returns it with a judge's scores in place of the gold ones; with none where that judge was not asked."""
        return replace(self, seeds=tuple(_judged(seed, judge) for seed in self.seeds))

    def gain(self, column: str, n: int) -> FloatArray:
        """Returns [s x p]: by how much the best of `n` scores above a single sample, on each prompt."""
        rows = [(seed.keys, seed.scores(column, n) - seed.scores(column, 1)) for seed in self.seeds]
        return stack(rows)[1]

    def has(self, column: str) -> bool:
        """Says whether every seed has such scores."""
        return all(column in seed.columns() for seed in self.seeds)

    def scale(self, column: str, seed: BestOfN) -> tuple[float, float]:
        """Returns the mean and standard deviation of the start model's scores in its evaluation under a seed."""
        track = self.start.track(seed.job.seed) or self.start.tracks[0]
        return scale_of(track.under(proxy_of(seed.job)).last.samples, column)

    def curve(self, column: str, *, standardised: bool) -> Curve:
        """Returns a score over the KL bound, n = 1 being the start model."""
        if not self.has(column):
            return EMPTY
        scales = np.array([self.scale(column, seed) for seed in self.seeds])
        shift = 0.0 if standardised else float(scales[:, 0].mean())
        over = scales[:, 1:] if standardised else 1.0
        found = [mean_interval(self.gain(column, n) / over) for n in self.sizes]
        known = [(kl_bound(n), one) for n, one in zip(self.sizes, found, strict=True) if one is not None]
        x, y = np.array([at for at, _ in known]), np.array([(one.mean, one.low, one.high) for _, one in known])
        y = y.reshape(-1, 3) + shift
        return Curve(x, y[:, 0], y[:, 1], y[:, 2], known[-1][1].n if known else 0)


def gather_best_of_n(project: Project, arms: Sequence[Arm], experiment: str | None = None) -> list[Sampled]:
    """Returns what was sampled from the arms' start models; of several runs under one seed that with most responses."""
    jobs = {job.id: job for job in project.jobs()}
    wanted = [job for job in jobs.values() if job.method == "best_of_n"]
    if not wanted:
        return []
    members = project.manifest().runs
    found: list[Sampled] = []
    for start in (arm for arm in arms if arm.is_reference and arm.tracks):
        by_seed: dict[int, BestOfN] = {}
        for job in wanted:
            belongs = experiment is None or job.id in members.get(experiment, ()) or job.experiment == experiment
            read = read_best_of_n(project, job) if belongs and start_of(job, jobs) == start.start else None
            if read is not None and (job.seed not in by_seed or read.most >= by_seed[job.seed].most):
                by_seed[job.seed] = read
        if by_seed:
            name = BEST_OF_N if len(arms) == 1 or not found else f"{BEST_OF_N} {len(found) + 1}"
            found.append(Sampled(name, len(arms) + len(found), start, tuple(by_seed[seed] for seed in sorted(by_seed))))
    return found


def _judged(sampled: BestOfN, judge: str) -> BestOfN:
    names = {without_folders(name.removeprefix(SCORE_PREFIX)): name for name in sampled.others if name != GOLD}
    others = {name: table for name, table in sampled.others.items() if name != GOLD}
    if judge == PROXY:
        others[GOLD] = sampled.proxy
    elif judge in names:
        others[GOLD] = others.pop(names[judge])
    return replace(sampled, others=others)


def scale_of(samples: Samples, column: str) -> tuple[float, float]:
    """Returns mean and standard deviation of a score; NaN where it is unknown or does not vary."""
    scores = samples.column(column)
    known = scores[~np.isnan(scores)]
    sd = float(known.std(ddof=1)) if len(known) > 1 else np.nan
    return (float(known.mean()) if len(known) else np.nan), sd if sd > 0 else np.nan
