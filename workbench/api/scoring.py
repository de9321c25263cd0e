"""Scoring on demand: what does this reward model think of these responses?"""

import json
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from workbench.domain.errors import BadInput, NotFound, RunFailure
from workbench.domain.events import Progress
from workbench.domain.recipes import ScoreRecipe
from workbench.domain.records import Inputs, Job
from workbench.jobs.workers import start_worker, worker_command
from workbench.storage.files import replacing, write_record
from workbench.storage.project import Project
from workbench.storage.runlog import JOB, RunFolder
from workbench.storage.sources import RUN_PREFIX

_SCORES = "scores.jsonl"  # what the worker writes into its run's folder
_ROWS_AT_ONCE = 10_000
_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("response", pa.string()),
        ("prompt", pa.string()),
        ("text", pa.string()),
        ("score", pa.float64()),
    ]
)
_POLL_S = 0.1


class ScoreResult(BaseModel):
    """What a scoring left behind: `responses` scores in `out`, with their mean and standard deviation."""

    out: str
    responses: int
    mean: float
    sd: float


def score_responses(
    project: Project,
    reward_run: str,
    source: Path,
    out: Path,
    *,
    on_progress: Callable[[str, int], None] | None = None,
) -> ScoreResult:
    """Scores every response of a file with a reward model of the project, row by row, whatever the file's size.

    It does not wait in the queue, and leaves no run behind; an exception, Ctrl+C too, ends the worker.

    Args:
        project: the project.
        reward_run: a finished reward run.
        source: any file that `import_dataset` reads.
        out: ends in .jsonl or .parquet; is replaced.
        on_progress: called a few times a second with what is going on and how many responses are done.

    Raises:
        BadInput: the run is no reward model, or `out` ends in something else.
        NotFound: no such run or file.
        RunFailure: the worker could not do it.
        DiskFull: there is no room for `out`, which is as it was.
    """
    reward = project.job(reward_run)
    _check(reward, source, out)
    run = RunFolder(project.run_folder(reward_run).with_name(f".score-{secrets.token_hex(4)}"))
    run.folder.mkdir()
    try:
        write_record(run.folder / JOB, _job(reward, run.folder.name, source))
        _work(run, reward.device, on_progress or _say_nothing)
        return _collect(run.folder / _SCORES, out)
    finally:
        shutil.rmtree(run.folder, ignore_errors=True)


def _check(reward: Job, source: Path, out: Path) -> None:
    if reward.method != "reward":
        raise BadInput(f"Run `{reward.id}` is a {reward.method} run, which gives no scores.", "Name a reward run.")
    if not source.is_file():
        raise NotFound(f"There is no file {source}.", "Check the name.")
    if out.suffix not in (".jsonl", ".parquet"):
        raise BadInput(f"{out} ends in {out.suffix or 'nothing'!r}; expected .jsonl or .parquet.", "Rename --out.")
    out.parent.mkdir(parents=True, exist_ok=True)


def _job(reward: Job, run_id: str, source: Path) -> Job:
    return Job(
        id=run_id,
        name=f"score {source.name}",
        method="score",
        recipe=ScoreRecipe(),
        inputs=Inputs(model=f"{RUN_PREFIX}{reward.id}", source=str(source.resolve())),
        device=reward.device,
        trust_remote_code=reward.trust_remote_code,
    )


def _work(run: RunFolder, device: str, on_progress: Callable[[str, int], None]) -> None:
    """Runs the worker to its end.

    Raises:
        RunFailure: it failed, or died without a word.
    """
    worker = start_worker(run, worker_command(run.folder), device, {})
    assert worker is not None  # the folder is new, so nobody else works on it
    try:
        while worker.is_alive():
            said = [event for event in run.last_events() if isinstance(event, Progress)]
            if said:
                on_progress(said[-1].phase, said[-1].step)
            time.sleep(_POLL_S)
    finally:
        worker.end()
    outcome = run.outcome()
    if outcome is None:
        raise RunFailure("The scoring worker died without a last word.", run.log_tail(3))
    if outcome.state != "finished":
        raise RunFailure(outcome.message or f"Scoring ended as {outcome.state}.", outcome.hint)


def _collect(scores: Path, out: Path) -> ScoreResult:
    """Writes the scores to `out`, all of them or none, and sums them up, a part at a time."""
    n, mean, squares = 0, 0.0, 0.0
    with (
        scores.open(encoding="utf-8") as lines,
        replacing(out) as file,
        _writer(file, parquet=out.suffix == ".parquet") as write,
    ):
        rows = map(json.loads, lines)
        while part := list(islice(rows, _ROWS_AT_ONCE)):
            write(part)
            for row in part:  # Welford's running mean and sum of squares
                n += 1
                step = row["score"] - mean
                mean += step / n
                squares += step * (row["score"] - mean)
    return ScoreResult(out=str(out), responses=n, mean=mean, sd=(squares / max(1, n - 1)) ** 0.5)


def _say_nothing(phase: str, n_done: int) -> None:
    """For callers that do not watch."""


@contextmanager
def _writer(file: BinaryIO, *, parquet: bool) -> Iterator[Callable[[list[dict[str, Any]]], None]]:
    """Yields a function that appends rows to a Parquet or JSONL file."""
    if not parquet:
        yield lambda rows: file.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
        return
    with pq.ParquetWriter(file, _SCHEMA) as writer:
        yield lambda rows: writer.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA))
