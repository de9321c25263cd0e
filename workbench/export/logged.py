"""All that runs logged while they trained, as one table: a line for each step of each run, a column for each metric."""

import os
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from workbench.compare.log_cache import kept_columns
from workbench.compare.log_table import Spent
from workbench.compare.logs import RunLog, read_log
from workbench.compare.naming import as_named
from workbench.compare.statistics import FloatArray
from workbench.domain.errors import NotFound
from workbench.domain.records import Job
from workbench.export.series import as_text
from workbench.storage.files import replacing
from workbench.storage.project import Project, nearest

SUFFIXES = (".csv", ".parquet")
_ABOUT = ("run", "arm", "experiment", "method")
_AT_ONCE = min(8, os.cpu_count() or 1)  # runs turned into text side by side: numbers to text is all the work there is
_ROWS = 4096  # written at once: a quarter of it takes a tenth longer


def write_logged(
    project: Project, out: Path, run_ids: Sequence[str] | None = None, metrics: Collection[str] | None = None
) -> None:
    """Writes what runs measured at every step, as they said it, unsmoothed; resumed steps once.

    Args:
        project: whose runs.
        out: ends in .csv, where a value that was not logged is empty, or in .parquet.
        run_ids: the runs; None for all that logged something, oldest first.
        metrics: those wanted; None for all.

    Raises:
        NotFound: there is no such run, nothing was logged, or no run logged such a metric.
        DiskFull: there is no room for the file.
    """
    every = {job.id: job for job in project.jobs()}
    named = as_named(every, project.manifest())
    jobs = list(named.values()) if run_ids is None else [named[project.job(run_id).id] for run_id in run_ids]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        known = list(pool.map(lambda job: set(_read(project, job, None).values), jobs))
        names = _wanted(sorted(set[str]().union(*known)), metrics)
        schema = _schema(names)
        told = [job for job, logged in zip(jobs, known, strict=True) if logged.intersection(names)]
        tables = (_Table(project, job, metrics, schema) for job in told)
        with replacing(out) as file:
            if out.suffix == ".parquet":
                _write_parquet(tables, schema, file)
            else:
                _write_csv(tables, schema, file, pool)


class _Table:
    """What one run logged, with the columns of all runs."""

    def __init__(self, project: Project, job: Job, metrics: Collection[str] | None, schema: pa.Schema) -> None:
        self._project, self._job, self._metrics, self._schema = project, job, metrics, schema

    def read(self) -> pa.Table:
        """Returns its lines; a metric that it did not log is empty."""
        job, log = self._job, _read(self._project, self._job, self._metrics)
        n = len(log.steps)
        about = (job.id, as_text(job.arm or job.name), as_text(job.experiment or ""), job.method)
        columns = [pa.repeat(text, n) for text in about]
        columns += [pa.repeat(pa.scalar(job.seed, pa.int64()), n), pa.array(log.steps)]
        columns += [_numbers(spent) for spent in np.ascontiguousarray(log.spent.T)]
        for name in self._schema.names[len(columns) :]:
            values = log.values.get(name)
            columns.append(pa.nulls(n, pa.float64()) if values is None else _numbers(values))
        return pa.table(columns, schema=self._schema)

    def as_csv(self) -> pa.Buffer:
        """Returns its lines as text, without a head."""
        content = pa.BufferOutputStream()
        csv.write_csv(self.read(), content, csv.WriteOptions(include_header=False, batch_size=_ROWS))
        return content.getvalue()


def _numbers(values: FloatArray) -> pa.Array:
    """Returns a column, empty where it is NaN; one without NaN is not copied."""
    return pa.array(values, from_pandas=bool(np.isnan(values).any()))


def _read(project: Project, job: Job, metrics: Collection[str] | None) -> RunLog:
    return read_log(project.run_folder(job.id), metrics, kept=kept_columns(project, job.id))


def _wanted(logged: Sequence[str], metrics: Collection[str] | None) -> list[str]:
    if not logged:
        raise NotFound("None of these runs has logged a metric yet.", "Wait until one has trained its first steps.")
    for name in metrics or ():
        if name not in logged:
            raise NotFound(f"None of these runs logged a metric `{name}`.", nearest(name, logged, "metric"))
    return [name for name in logged if metrics is None or name in metrics]


def _schema(names: Sequence[str]) -> pa.Schema:
    texts = [(name, pa.string()) for name in _ABOUT]
    places = [("seed", pa.int64()), ("step", pa.int64())]
    return pa.schema([*texts, *places, *((name, pa.float64()) for name in (*Spent._fields, *names))])


def _write_csv(tables: Iterator[_Table], schema: pa.Schema, file: BinaryIO, pool: ThreadPoolExecutor) -> None:
    csv.write_csv(schema.empty_table(), file)
    waiting = []
    for table in tables:  # in their order, and no more in memory than are worked on
        waiting.append(pool.submit(table.as_csv))
        if len(waiting) > _AT_ONCE:
            file.write(waiting.pop(0).result())
    for rest in waiting:
        file.write(rest.result())


def _write_parquet(tables: Iterator[_Table], schema: pa.Schema, file: BinaryIO) -> None:
    with pq.ParquetWriter(file, schema) as writer:
        for table in tables:
            writer.write_table(table.read())
