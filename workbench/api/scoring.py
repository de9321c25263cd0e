"""Scoring on demand: what does this reward model think of these responses?"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from workbench.api.runs import RunView, follow_runs
from workbench.domain.errors import BadInput, NotFound, RunFailure
from workbench.domain.recipes import ScoreRecipe
from workbench.domain.records import Inputs, Job, RunState
from workbench.jobs import launch
from workbench.storage.project import Project

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
_NEXT = 1000  # before everything that waits: a person waits for the answer


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
    on_progress: Callable[[RunView], None] | None = None,
) -> ScoreResult:
    """Scores every response of a file with a reward model of the project, row by row, whatever the file's size.

    Args:
        project: the project.
        reward_run: a finished reward run.
        source: any file that `import_dataset` reads.
        out: ends in .jsonl or .parquet; is replaced.
        on_progress: called a few times a second.

    Raises:
        BadInput: the run is no reward model, or `out` ends in something else.
        NotFound: no such run or file.
        RunFailure: the worker could not do it.
    """
    _check(project, reward_run, source, out)
    job = Job(
        id=f"score-{secrets.token_hex(4)}",
        name=f"score {source.name}",
        method="score",
        recipe=ScoreRecipe(),
        inputs=Inputs(model=f"run:{reward_run}", source=str(source.resolve())),
    )
    launch.enqueue(project, [job], priority=_NEXT)
    view = _follow(project, job.id, on_progress)
    if view.state is not RunState.FINISHED:
        raise RunFailure(view.message or f"Scoring ended as {view.state}.", view.hint)
    return _collect(project, job.id, out)


def _check(project: Project, reward_run: str, source: Path, out: Path) -> None:
    job = project.job(reward_run)
    if job.method != "reward":
        raise BadInput(f"Run `{reward_run}` is a {job.method} run, which gives no scores.", "Name a reward run.")
    if not source.is_file():
        raise NotFound(f"There is no file {source}.", "Check the name.")
    if out.suffix not in (".jsonl", ".parquet"):
        raise BadInput(f"{out} ends in {out.suffix or 'nothing'!r}; expected .jsonl or .parquet.", "Rename --out.")
    out.parent.mkdir(parents=True, exist_ok=True)


def _follow(project: Project, run_id: str, on_progress: Callable[[RunView], None] | None) -> RunView:
    view = None
    for (view,) in follow_runs(project, [run_id]):
        if on_progress is not None:
            on_progress(view)
    assert view is not None
    return view


def _collect(project: Project, run_id: str, out: Path) -> ScoreResult:
    """Writes the run's scores to `out` and sums them up, a part at a time."""
    n, mean, squares = 0, 0.0, 0.0
    temporary = out.with_name(f".{out.name}.tmp")
    with (project.run_folder(run_id) / _SCORES).open(encoding="utf-8") as lines:
        rows = map(json.loads, lines)
        with _writer(temporary, parquet=out.suffix == ".parquet") as write:
            while part := list(islice(rows, _ROWS_AT_ONCE)):
                write(part)
                for row in part:  # Welford's running mean and sum of squares
                    n += 1
                    step = row["score"] - mean
                    mean += step / n
                    squares += step * (row["score"] - mean)
    temporary.replace(out)
    return ScoreResult(out=str(out), responses=n, mean=mean, sd=(squares / max(1, n - 1)) ** 0.5)


@contextmanager
def _writer(path: Path, *, parquet: bool) -> Iterator[Callable[[list[dict[str, Any]]], None]]:
    """Yields a function that appends rows to a Parquet or JSONL file."""
    if not parquet:
        with path.open("w", encoding="utf-8") as file:
            yield lambda rows: file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return
    with pq.ParquetWriter(path, _SCHEMA) as writer:
        yield lambda rows: writer.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA))
