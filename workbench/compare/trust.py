"""How far the reward models behind the proxy can be trusted: how they rank pairs that they did not learn from."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from workbench.compare.arms import Arm
from workbench.compare.log_cache import kept_columns
from workbench.compare.logs import read_log
from workbench.compare.rates import wilson
from workbench.compare.statements import Statement, Support
from workbench.data.store import content_folder, count_preferences
from workbench.domain.errors import NotFound
from workbench.domain.estimates import Estimate
from workbench.domain.recipes.training import VALIDATION_ROWS
from workbench.domain.records import DataInput, Job
from workbench.storage.project import Project
from workbench.storage.sources import run_of

_ACCURACY = "eval_accuracy"
_COIN = 0.5
_LIKE_A_COIN = "That is not told apart from tossing a coin: neither the proxy nor what PPO learned from it says much."


def trust_in_rewards(project: Project, arms: Sequence[Arm]) -> Iterator[Statement]:
    """Yields a sentence for each dataset whose pairs taught the reward models that score these arms.

    Reward models of several seeds hold out the same pairs, so their mean is given with Wilson's interval over the pairs of
    one: more seeds do not make it narrower.
    """
    by_data: dict[DataInput, dict[str, float]] = {}
    for job in _reward_runs(project, arms):
        accuracy = _last_accuracy(project, job)
        if job.inputs.validation is not None and np.isfinite(accuracy):
            by_data.setdefault(job.inputs.validation, {})[job.id] = accuracy
    for data, accuracies in by_data.items():
        if n_pairs := _n_pairs(project, data):
            yield _told(data.name, {run: wilson(share * n_pairs, n_pairs) for run, share in accuracies.items()})


def _told(dataset: str, by_run: dict[str, Estimate]) -> Statement:
    n_pairs = next(iter(by_run.values())).n
    mean = wilson(n_pairs * float(np.mean([found.mean for found in by_run.values()])), n_pairs)
    share = f"{100 * mean.mean:.1f} % of the {n_pairs:,} pairs held out of {dataset} rightly"
    ranges = f"({100 * mean.low:.1f} to {100 * mean.high:.1f})"
    who, mean_of = "The reward model behind the proxy ranks", ""
    if (n := len(by_run)) > 1:
        who, mean_of = f"The {n} reward models behind the proxy rank", " in the mean"
    sentence = f"{who} {share}{mean_of} {ranges}."
    if mean.low <= _COIN:
        sentence += f" {_LIKE_A_COIN}"
    support = tuple(
        Support(label=f"{run}, accuracy on pairs held out of {dataset}", value=found, unit="%")
        for run, found in by_run.items()
    )
    return Statement(sentence=sentence, rule="reward", support=support)


def _reward_runs(project: Project, arms: Sequence[Arm]) -> list[Job]:
    """Returns the runs that trained the reward models whose scores are these arms' proxy, each once."""
    evaluations = [track.evaluation for arm in arms for track in arm.tracks if track.evaluation is not None]
    named = dict.fromkeys(run_of(name) for job in evaluations for name in job.inputs.rewards)
    jobs = {job.id: job for job in project.jobs()} if any(named) else {}
    return [jobs[run] for run in named if run in jobs]


def _last_accuracy(project: Project, job: Job) -> float:
    """Returns a reward run's last share of held-out pairs ranked rightly; NaN where it measured none."""
    log = read_log(project.run_folder(job.id), {_ACCURACY}, kept=kept_columns(project, job.id))
    known = log.values.get(_ACCURACY, np.empty(0))
    known = known[np.isfinite(known)]
    return float(known[-1]) if known.size else float("nan")


def _n_pairs(project: Project, data: DataInput) -> int:
    """Returns how many pairs a reward model was measured on; 0 where their dataset was deleted since."""
    try:
        return _count(content_folder(project.data_folder(data), data.sha256), data)
    except NotFound:
        return 0


@lru_cache(maxsize=256)
def _count(folder: Path, data: DataInput) -> int:
    """Counts once what cannot change: `data` names the content."""
    return count_preferences(folder, data.split, VALIDATION_ROWS)
