"""Runs read by us and by TensorBoard's event reader, from logs of the same content: `python tests/benchmarks/event_reader.py`.

Give the number of runs (20), of steps (2,000) and of metrics (30) to try others. The last lines are Markdown.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from evaluated_runs import PaperRuns
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
from tensorboardX import SummaryWriter

from workbench import api
from workbench.compare.log_cache import kept_columns
from workbench.compare.logs import _read_measured, read_log
from workbench.domain.events import Metrics, event_to_line
from workbench.storage.project import Project

ALL = 0  # to TensorBoard: keep every point rather than a sample of 1,000
NAMED = "objective/metric_0"


def build(folder: Path, n_runs: int, n_steps: int, n_metrics: int) -> tuple[Project, Path]:
    """Writes the same numbers as a project's logs and as event files."""
    runs, random = PaperRuns(Project.create(folder / "project", "sweep")), np.random.default_rng(0)
    for seed in range(n_runs):
        job = runs.arm("arm", {}, seed=seed)
        values = random.normal(0, 1, (n_steps, n_metrics)).astype(
            np.float32
        )  # all that an event file holds of a number
        names = [f"objective/metric_{at}" for at in range(n_metrics)]
        with (runs.project.run_folder(job.id) / "events.jsonl").open("ab") as log:
            for step, row in enumerate(values, 1):
                line = Metrics(step=step, seconds=float(step), values=dict(zip(names, map(float, row), strict=True)))
                log.write(event_to_line(line))
        with SummaryWriter(str(folder / "events" / job.id)) as writer:
            for step, row in enumerate(values, 1):
                for name, value in zip(names, row, strict=True):
                    writer.add_scalar(name, float(value), step)
    return runs.project, folder / "events"


def main() -> None:
    """Times the same three things of both, ours without and with the columns that a first look keeps."""
    sizes = [int(text) for text in sys.argv[1:]] + [20, 2_000, 30][len(sys.argv) - 1 :]
    folder = Path(tempfile.mkdtemp())
    try:
        project, events = build(folder, *sizes)
        shutil.rmtree(project.cache_folder("logs"), ignore_errors=True)
        rows = list(measure(project, events))
    finally:
        shutil.rmtree(folder)
    print("\n{} runs of {:,} steps with {} metrics\n".format(*sizes))
    print("| | ours, first | ours, again | TensorBoard's reader | ratio |\n| --- | ---: | ---: | ---: | ---: |")
    for words, first, again, theirs in rows:
        print(
            f"| {words} | {first:.2f} s | {again:.2f} s | {theirs:.2f} s | {theirs / first:.0f} to {theirs / again:.0f} |"
        )


def measure(project: Project, events: Path) -> Iterator[tuple[str, float, float, float]]:
    """Yields what was done and how long it took us the first time, again, and TensorBoard."""
    ids = [job.id for job in project.jobs()]
    yield "runs listed", *(timed(lambda: api.show_project(project)) for _ in range(2)), timed(lambda: listed(events))

    def one() -> list[np.ndarray]:
        return [read_log(project.run_folder(run_id), [NAMED], kept=kept_columns(project, run_id)).values[NAMED]
                for run_id in ids]  # fmt: skip

    def every() -> int:
        logs = (read_log(project.run_folder(run_id), kept=kept_columns(project, run_id)) for run_id in ids)
        return sum(column.size for log in logs for column in log.values.values())

    begin = time.perf_counter()
    theirs = listed(events)
    theirs.Reload()  # reads all there is: it has no way to read one metric alone
    series = {run_id: [event.value for event in theirs.Scalars(run_id, NAMED)] for run_id in ids}
    one_of_theirs = time.perf_counter() - begin
    first = timed(one)
    for run_id, column in zip(ids, one(), strict=True):
        np.testing.assert_array_equal(column, series[run_id])
    _read_measured.cache_clear()  # as another process would find it
    yield "one metric of all runs", first, timed(one), one_of_theirs
    begin = time.perf_counter()
    tags: dict[str, Any] = {run_id: theirs.Runs()[run_id]["scalars"] for run_id in ids}
    n_theirs = sum(len(theirs.Scalars(run_id, tag)) for run_id in ids for tag in tags[run_id])
    all_of_theirs = one_of_theirs + time.perf_counter() - begin
    shutil.rmtree(project.cache_folder("logs"))
    first = timed(every)
    assert every() == n_theirs
    yield "all metrics of all runs", first, timed(every), all_of_theirs


def listed(events: Path) -> EventMultiplexer:
    """Finds the runs below a folder."""
    return EventMultiplexer(size_guidance={"scalars": ALL}).AddRunsFromDirectory(str(events))


def timed(work: Callable[[], object]) -> float:
    """Returns the seconds that something takes by the clock."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
