"""The KL token by token: where in its responses a policy has left the reference."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import special

from workbench.compare.arms import Arm
from workbench.compare.samples import read_columns, sample_files
from workbench.compare.statistics import LEVEL, FloatArray, seed_interval
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.records import Job
from workbench.domain.samples import KL_TOKENS
from workbench.storage.project import Project
from workbench.storage.sources import run_of

FEWEST = 8  # responses that still go on, below which a mean says nothing

_SAMPLING = ("temperature", "max_new_tokens", "stop_strings")  # what the KL at a position depends on


@dataclass(frozen=True)
class Profile:
    """The mean KL at each position of the responses.

    Attributes:
        mean: [t] nats, over the responses that reach the position; with several seeds the mean over these.
        low, high: [t] its 95 % interval, over responses with one seed, else over seeds.
        going: [t] responses of all seeds that reach it.
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    going: NDArray[np.int64]


def kl_profile(arm: Arm, others: Mapping[str, Sequence[Path]]) -> Profile | None:
    """Returns the profile of an arm's last checkpoints; None where one was evaluated before token KLs were kept.

    Args:
        arm: whose checkpoints.
        others: files of samples of the same checkpoints from further evaluations, by those that the arm has.
    """
    seeds = []
    for track in arm.tracks:
        own = track.last.samples.path
        profiles = (read_profile(path) for path in (own, *others.get(str(own), ())))
        if (found := next((one for one in profiles if one is not None), None)) is None:
            return None
        seeds.append(found)
    return profile_of(seeds) if seeds else None


def further_samples(project: Project, arms: Iterable[Arm]) -> dict[str, list[Path]]:
    """Returns the samples that other evaluations drew from the arms' last checkpoints in the same way, newest first."""
    last = {(track.run.id, track.last.step): track for arm in arms for track in arm.tracks if track.run}
    found: dict[str, list[Path]] = {}
    for job in reversed([job for job in project.jobs() if job.method == "evaluate"]):
        for step, path in sample_files(project.run_folder(job.id)):
            track = last.get((run_of(job.inputs.model) or "", step))
            if track is not None and track.evaluation and _sampled_alike(job, track.evaluation):
                found.setdefault(str(track.last.samples.path), []).append(path)
    return found


def _sampled_alike(one: Job, other: Job) -> bool:
    if not (isinstance(one.recipe, EvaluateRecipe) and isinstance(other.recipe, EvaluateRecipe)):
        return False
    return all(getattr(one.recipe, name) == getattr(other.recipe, name) for name in _SAMPLING)


def profile_of(seeds: Sequence[tuple[FloatArray, FloatArray, FloatArray]]) -> Profile | None:
    """Returns the profile over seeds, as far as in each of them enough responses go on.

    Args:
        seeds: sums, sums of squares and counts at each position, [t] each.
    """
    longest = min(int((counts >= FEWEST).sum()) for _, _, counts in seeds)
    if longest == 0:
        return None
    sums, squares, counts = (np.stack([seed[i][:longest] for seed in seeds]) for i in range(3))
    means = sums / counts
    if len(seeds) > 1:
        half = seed_interval(means)
    else:
        variance = np.maximum(squares / counts - means**2, 0.0) / (counts - 1)
        half = np.sqrt(variance[0]) * special.stdtrit(counts[0] - 1, 0.5 + LEVEL / 2)
    mean = means.mean(axis=0)
    return Profile(mean, mean - half, mean + half, counts.sum(axis=0).astype(np.int64))


def read_profile(path: Path) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """Returns sums, sums of squares and counts of the KL at each position; None where the file has no token KLs."""
    seen = path.stat()
    return _profile(path, seen.st_size, seen.st_mtime_ns)


@lru_cache(maxsize=512)
def _profile(path: Path, _size: int, _changed_ns: int) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    table = read_columns(path, [KL_TOKENS])
    if not table.column_names:
        return None
    column = table[KL_TOKENS].combine_chunks()
    lengths = np.diff(column.offsets.to_numpy())
    values = column.values.to_numpy(zero_copy_only=False).astype(np.float64)[column.offsets[0].as_py() :]
    at = np.arange(len(values)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    known = np.isfinite(values)
    sums, squares = (np.bincount(at[known], weights=w[known]).astype(np.float64) for w in (values, values**2))
    return sums, squares, np.bincount(at[known]).astype(np.float64)
