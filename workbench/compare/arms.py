"""Runs grouped into what is compared: one arm for each method with its settings, one track for each of its seeds.

A track is a training run with the evaluation of its checkpoints. The start model is an arm too, named `reference`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np

from workbench.compare.identity import describe_model, gold_of, identity, proxy_of, start_of
from workbench.compare.log_cache import kept_columns
from workbench.compare.log_table import NOTHING_SPENT, Spent
from workbench.compare.logs import LENGTH, RunLog, mean_metric, read_log
from workbench.compare.naming import as_named, every_name
from workbench.compare.samples import read_samples, read_validation, sample_files
from workbench.compare.tracks import Point, Stage, Track
from workbench.domain.errors import NotFound
from workbench.domain.records import Job
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder
from workbench.storage.sources import run_of

REFERENCE = "reference"
_TRAINED = ("ppo", "dpo")


@dataclass(frozen=True)
class Arm:
    """One method with its settings, over its seeds.

    Attributes:
        name: how charts and tables call it; unique in a comparison.
        method: ppo, dpo, or reference for the start model.
        start: names the start model by what it is, so that arms of one start have the same value.
        tracks: by seed; those without an evaluation stand in `waiting` instead.
        waiting: seeds that have nothing to compare yet.
        place: among the arms compared, 0 for the first; colours go by it, whichever arms are shown.
        called: its lasting name, by which views keep it, then every other that it has or had.
    """

    name: str
    method: str
    start: str
    tracks: tuple[Track, ...]
    waiting: tuple[Track, ...] = ()
    place: int = 0
    called: tuple[str, ...] = ()

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that were evaluated."""
        return tuple(track.seed for track in self.tracks)

    @property
    def jobs(self) -> list[Job]:
        """Its training runs; of the start model the evaluations."""
        jobs = [track.run or track.evaluation for track in (*self.tracks, *self.waiting)]
        return [job for job in jobs if job is not None]

    @property
    def is_to_be_seen(self) -> bool:
        """Says whether it was evaluated, or has an evaluation that may still come."""
        return bool(self.tracks) or any(track.evaluation is not None for track in self.waiting)

    @property
    def experiment(self) -> str | None:
        """The experiment that its runs belong to, as far as one is known."""
        return next((job.experiment for job in self.jobs if job.experiment), None)

    @property
    def is_reference(self) -> bool:
        """Says whether this is the start model."""
        return self.method == REFERENCE

    def track(self, seed: int) -> Track | None:
        """Returns the track of a seed."""
        return next((track for track in self.tracks if track.seed == seed), None)


def gather_arms(
    project: Project,
    run_ids: Sequence[str] | None = None,
    *,
    experiment: str | None = None,
    metrics: Collection[str] = (),
) -> list[Arm]:
    """Groups a project's runs into arms, start models first, then in the order in which they were planned.

    Args:
        project: whose runs.
        run_ids: training runs, or evaluations of them; the start models that belong to them come along, and stages that
            arms share are passed over. None takes all.
        experiment: takes the runs and evaluations of this experiment only, under the names that it gives them.
        metrics: of training, that are read along from the logs.

    Raises:
        NotFound: there is no such run or experiment.
    """
    everything = {job.id: job for job in project.jobs()}
    manifest = project.manifest()
    jobs = as_named(everything, manifest, experiment)
    trained = _selected(jobs, run_ids)
    reader = _Reader(project, jobs, metrics)
    groups: dict[str, dict[int, Job]] = {}
    for job in trained:  # the newer of two runs of one arm and seed counts
        groups.setdefault(identity(job, jobs), {})[job.seed] = job
    arms = [reader.trained_arm(list(group.values())) for group in groups.values()]
    starts = dict.fromkeys(arm.start for arm in arms) if arms else reader.evaluated_starts()
    references = [arm for start in starts if (arm := reader.reference_arm(start)) is not None]
    names = {run_id: every_name(everything[run_id], manifest) for run_id in jobs}
    return _with_unique_names(_with_lasting_names([*references, *arms], names))


def _selected(jobs: dict[str, Job], run_ids: Sequence[str] | None) -> list[Job]:
    if run_ids is None:
        return [job for job in jobs.values() if job.method in _TRAINED]
    wanted = set()
    for run_id in run_ids:
        if run_id not in jobs:
            raise NotFound(f"There is no run {run_id} in this project.", "`workbench show` lists its runs.")
        job = jobs[run_id]
        wanted.add(run_of(job.inputs.model) if job.method == "evaluate" else run_id)
    return [job for job in jobs.values() if job.id in wanted and job.method in _TRAINED]


class _Reader:
    """Finds each run's evaluation and reads both."""

    def __init__(self, project: Project, jobs: dict[str, Job], metrics: Collection[str]) -> None:
        self._project = project
        self._metrics = metrics
        self._jobs = jobs
        self._evaluations: dict[str, list[Job]] = {}
        for job in jobs.values():
            if job.method == "evaluate":
                self._evaluations.setdefault(run_of(job.inputs.model) or job.inputs.model, []).append(job)

    def trained_arm(self, runs: list[Job]) -> Arm:
        tracks = [self._track(run, self._evaluations.get(run.id, [])) for run in sorted(runs, key=lambda run: run.seed)]
        return Arm(
            name=runs[0].arm or runs[0].name,
            method=runs[0].method,
            start=start_of(runs[0], self._jobs),
            tracks=tuple(track for track in tracks if track.points),
            waiting=tuple(track for track in tracks if not track.points),
        )

    def reference_arm(self, start: str) -> Arm | None:
        by_seed: dict[int, list[Job]] = {}
        for job in self._start_evaluations():
            if describe_model(job.inputs.model, self._jobs) == start:
                by_seed.setdefault(job.seed, []).append(job)
        tracks = [self._start_track(seed, by_seed[seed]) for seed in sorted(by_seed)]
        if not tracks:
            return None
        return Arm(
            name=REFERENCE,
            method=REFERENCE,
            start=start,
            tracks=tuple(track for track in tracks if track.points),
            waiting=tuple(track for track in tracks if not track.points),
        )

    def evaluated_starts(self) -> Iterable[str]:
        return dict.fromkeys(describe_model(job.inputs.model, self._jobs) for job in self._start_evaluations())

    def _start_evaluations(self) -> list[Job]:
        targets = {job.id for job in self._jobs.values() if job.method in _TRAINED}
        return [job for target, jobs in self._evaluations.items() if target not in targets for job in jobs]

    def _track(self, run: Job, evaluations: list[Job]) -> Track:
        folder = self._project.run_folder(run.id)
        log = self._log(run.id, self._metrics)
        evaluation = self._fullest(evaluations)
        gold = gold_of(evaluation)
        points = [
            Point(
                read_samples(path, step, gold),
                log.saved.get(step, Spent(np.nan, np.nan, np.nan)),
                read_validation(path, step, gold),
            )
            for step, path in self._files(evaluation)
        ]
        outcome = RunFolder(folder).outcome()
        length = mean_metric(folder, LENGTH) if run.method == "ppo" else 0.0
        return Track(run.seed, run, evaluation, tuple(points), log, outcome, self._stages(run), length)

    def _stages(self, run: Job) -> tuple[Stage, ...]:
        needed, waiting = set[str](), list(run.needs)
        while waiting:
            if (stage := self._jobs.get(waiting.pop())) is not None and stage.id not in needed:
                needed.add(stage.id)
                waiting += stage.needs
        found = [self._jobs[stage] for stage in needed]
        return tuple(Stage(job, self._log(job.id)) for job in sorted(found, key=lambda job: (job.created, job.id)))

    def _start_track(self, seed: int, evaluations: list[Job]) -> Track:
        by_proxy: dict[str, list[Job]] = {}
        for job in evaluations:
            by_proxy.setdefault(proxy_of(job), []).append(job)
        tracks = [self._proxy_track(seed, alike) for alike in by_proxy.values()]
        main = max(tracks, key=lambda track: (len(track.points), track.evaluation.created if track.evaluation else 0))
        return replace(main, others=tuple(track for track in tracks if track is not main and track.points))

    def _proxy_track(self, seed: int, evaluations: list[Job]) -> Track:
        evaluation = self._fullest(evaluations)
        files, gold = self._files(evaluation)[:1], gold_of(evaluation)
        points = [Point(read_samples(path, 0, gold), NOTHING_SPENT) for _, path in files]
        run_id = evaluations[0].id
        outcome = RunFolder(self._project.run_folder(run_id)).outcome()
        return Track(seed, None, evaluation, tuple(points), self._log(run_id), outcome)

    def _log(self, run_id: str, metrics: Collection[str] = ()) -> RunLog:
        return read_log(self._project.run_folder(run_id), metrics, kept=kept_columns(self._project, run_id))

    def _fullest(self, evaluations: list[Job]) -> Job | None:
        """Of several evaluations of one run the one with most checkpoints, the newest of those."""
        return max(evaluations, key=lambda job: (len(self._files(job)), job.created), default=None)

    def _files(self, evaluation: Job | None) -> list[tuple[int, Path]]:
        return sample_files(self._project.run_folder(evaluation.id)) if evaluation else []


def _with_lasting_names(arms: Sequence[Arm], names: Mapping[str, tuple[str, ...]]) -> list[Arm]:
    """Arms are known by all names of their runs, the oldest run's first; where arms share that one they are counted."""
    taken: set[str] = set()
    named = []
    for arm in arms:
        known = [name for job in sorted(arm.jobs, key=lambda job: job.created) for name in names[job.id]]
        lasting = _not_in(taken, known[0])
        taken.add(lasting)
        named.append(replace(arm, called=tuple(dict.fromkeys([lasting, *known]))))
    return named


def _not_in(taken: Collection[str], wanted: str) -> str:
    return next(name for i in count(1) if (name := wanted if i == 1 else f"{wanted} {i}") not in taken)


def _with_unique_names(arms: list[Arm]) -> list[Arm]:
    """Arms of one name say of which experiment they are, where that tells them apart; else they are counted."""
    experiments: dict[str, set[str | None]] = {}
    for arm in arms:
        if arm.tracks:  # one that was never evaluated is in no chart, and takes no name from those that are
            experiments.setdefault(arm.name, set()).add(arm.experiment)
    taken: set[str] = set()
    named: dict[int, Arm] = {}
    for place, arm in sorted(enumerate(arms), key=lambda item: not item[1].tracks):
        is_told_apart = len(experiments.get(arm.name, ())) > 1 and arm.experiment
        wanted = f"{arm.name} ({arm.experiment})" if is_told_apart else arm.name
        name = _not_in(taken, wanted)
        taken.add(name)
        named[place] = replace(arm, name=name)
    return _placed([named[place] for place in sorted(named)])


def _placed(arms: Sequence[Arm]) -> list[Arm]:
    """Gives arms their places: one that waits for its evaluation keeps its own, or the others change colour when it comes."""
    order = sorted(range(len(arms)), key=lambda at: not arms[at].is_to_be_seen)
    return [replace(arm, place=order.index(at)) for at, arm in enumerate(arms)]
