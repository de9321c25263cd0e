"""Watching runs: which experiment they belong to, what they say from a moment on, what they were asked to do."""

from math import isnan
from typing import Any

import numpy as np
from pydantic import BaseModel

from workbench.compare.samples import read_samples, read_texts, sample_files
from workbench.compare.smoothing import smooth
from workbench.compare.statistics import FloatArray
from workbench.domain import samples as columns
from workbench.domain.events import Event, Metrics, Sample
from workbench.domain.records import Job, Outcome, RunState
from workbench.domain.settings import Settings
from workbench.jobs import launch
from workbench.jobs.queue import read_queue
from workbench.jobs.states import StateReader, vanished
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder
from workbench.storage.sources import run_of
from workbench.storage.tags import read_tags

_LOG_LINES, _LOG_BYTES = 5_000, 600_000  # more of a worker's output than anybody reads in a window
_READ_AT_ONCE = 400_000  # bytes of a log: what a window takes in without a stutter


class ExperimentRuns(BaseModel):
    """The runs of one experiment in the order of their work.

    Attributes:
        name: of the experiment; empty for runs without one.
        run_ids: what works or is over first, then what is queued, in the order of the queue.
        arms: what the experiment calls each run; the shared stages have their own names.
        places: where the queued ones stand in the whole queue, from 1.
        tags: the experiment's own.
    """

    name: str
    run_ids: list[str]
    arms: dict[str, str]
    places: dict[str, int]
    tags: tuple[str, ...] = ()


class RunNews(BaseModel):
    """What a run said since the last look.

    Attributes:
        events: in the order in which they were said; empty where there is nothing new.
        offset: what to ask from next time.
        began_anew: the log is another one than before: what was known of it is void.
        more: there is more to read at once.
    """

    events: list[Event]
    offset: int
    began_anew: bool = False
    more: bool = False


class StoredSetting(BaseModel):
    """One setting of a run as it was frozen, beside what it would be by default.

    Attributes:
        derived: what the run used where the setting was left open; None until it has said so.
    """

    name: str
    label: str
    help: str
    unit: str
    value: Any
    default: Any
    advanced: bool
    derived: float | None = None

    @property
    def is_changed(self) -> bool:
        """Says whether it differs from the default."""
        return bool(self.value != self.default)


def show_experiments(project: Project) -> list[ExperimentRuns]:
    """Returns the project's experiments, the newest first, each with its runs in the order of their work."""
    places = {run_id: place for place, run_id in enumerate(read_queue(project).run_ids, 1)}
    jobs = {job.id: job for job in project.jobs()}
    grouped, tags = _grouped(project, jobs), read_tags(project).experiments
    return [
        ExperimentRuns(
            name=name,
            run_ids=sorted(arms, key=lambda run_id: places.get(run_id, 0)),
            arms=arms,
            places={run_id: places[run_id] for run_id in arms if run_id in places},
            tags=tags.get(name, ()),
        )
        for name, arms in reversed(grouped.items())
        if arms
    ]


def order_queue(project: Project, run_ids: list[str]) -> list[str]:
    """Puts the queue into this order; runs that are not queued any more are passed over. Returns the order before."""
    return launch.order_queue(project, run_ids)


def read_run(project: Project, run_id: str, offset: int = 0) -> RunNews:
    """Returns what a run has said since `offset`: 0, or what the last look returned.

    Raises:
        NotFound: the project has no such run.
    """
    run = project.run(run_id)
    began_anew = run.log_size() < offset
    events, after = run.events(0 if began_anew else offset, most=_READ_AT_ONCE)
    return RunNews(events=events, offset=after, began_anew=began_anew, more=bool(events) and after < run.log_size())


def run_log(project: Project, run_id: str) -> str:
    """Returns the end of what the run's worker printed, as much of it as a person may want to search.

    Raises:
        NotFound: the project has no such run.
    """
    return project.run(run_id).log_tail(_LOG_LINES, _LOG_BYTES)


def run_recipe(project: Project, run_id: str) -> list[StoredSetting]:
    """Returns the settings that the run was frozen with, in the order of their declaration, then those unknown by now.

    Raises:
        NotFound: the project has no such run.
    """
    recipe = project.job(run_id).recipe
    stored = [_stored(recipe, name) for name in type(recipe).model_fields]
    known = [_with_derived(one, project.run(run_id)) if one.value is None else one for one in stored]
    return known + [_forgotten(name, value) for name, value in recipe.all_unknown().items()]


def run_outcome(project: Project, run_id: str) -> Outcome | None:
    """Returns how the run ended; None while it has not.

    Of a worker that is gone without a word, and whose end nobody has written down yet, it tells what is known.

    Raises:
        NotFound: the project has no such run.
    """
    run = project.run(run_id)
    outcome = run.outcome()
    if outcome is None and StateReader(project).state(run_id) is RunState.VANISHED:
        return run.outcome() or vanished(run)
    return outcome


def run_samples(project: Project, run_id: str, n_prompts: int = 6) -> list[Sample]:
    """Returns what the run's checkpoints answered to the first few prompts of its evaluation, by step.

    Args:
        project: the project.
        run_id: an evaluation, or a training run that was evaluated; another gives an empty list.
        n_prompts: how many of the test prompts.

    Raises:
        NotFound: the project has no such run.
    """
    job = project.job(run_id)
    found: list[Sample] = []
    for evaluation in [job] if job.method == "evaluate" else _evaluations(project, run_id):
        for step, path in sample_files(project.run_folder(evaluation.id)):
            numbers, (prompts, responses) = read_samples(path, step), read_texts(path)
            gold, proxy = numbers.column(columns.GOLD), numbers.column(columns.PROXY)
            for row in range(min(n_prompts, len(prompts))):
                scores = {"gold": float(gold[row]), "proxy": float(proxy[row])}
                known = {name: value for name, value in scores.items() if not isnan(value)}
                found.append(Sample(step=step, prompt=prompts[row], response=responses[row], scores=known))
    return found


def _grouped(project: Project, jobs: dict[str, Job]) -> dict[str, dict[str, str]]:
    """Returns the runs of each experiment with their names, the oldest experiment first."""
    named = project.manifest().runs
    grouped: dict[str, dict[str, str]] = {}
    for job in jobs.values():
        if not any(job.id in runs for runs in named.values()):
            grouped.setdefault(job.experiment or "", {})[job.id] = job.arm or job.name
    for name, runs in named.items():
        known = {run_id: arm or jobs[run_id].name for run_id, arm in runs.items() if run_id in jobs}
        grouped[name] = known | grouped.pop(name, {})
    return grouped


def _evaluations(project: Project, run_id: str) -> list[Job]:
    return [job for job in project.jobs() if job.method == "evaluate" and run_of(job.inputs.model) == run_id]


def _with_derived(setting: StoredSetting, run: RunFolder) -> StoredSetting:
    """Returns the setting with the highest value that the run logged under its name: schedules only go below their peak."""
    if setting.name != "learning_rate":
        return setting
    logged = [
        event.values[setting.name]
        for event in run.events()[0]
        if isinstance(event, Metrics) and setting.name in event.values
    ]
    return setting.model_copy(update={"derived": max(logged, default=None)})


def _stored(recipe: Settings, name: str) -> StoredSetting:
    info = type(recipe).model_fields[name]
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return StoredSetting(
        name=name,
        label=info.title or name,
        help=info.description or "",
        unit=str(extra.get("unit", "")),
        value=getattr(recipe, name),
        default=info.default,
        advanced=bool(extra.get("advanced", False)),
    )


def _forgotten(name: str, value: object) -> StoredSetting:
    told = "An earlier version planned the run with it; this one has no such setting. It is kept as it was."
    return StoredSetting(name=name, label=name, help=told, unit="", value=value, default=None, advanced=False)


def smooth_metric(steps: FloatArray, values: FloatArray, percent: float) -> FloatArray:
    """Returns a metric smoothed as a comparison smooths its curves.

    Args:
        steps: [t] the training steps, rising.
        values: [t] the metric; NaN is left out, and stays NaN.
        percent: the half-life, of the steps that the curve spans; 0 smooths nothing.
    """
    half_life = percent / 100 * float(np.ptp(steps)) if len(steps) else 0.0
    return smooth(steps, values, half_life)
