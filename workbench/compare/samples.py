"""The samples of an evaluation as arrays: one row for each response of one checkpoint."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from workbench.compare.statistics import FloatArray
from workbench.domain import samples as columns
from workbench.domain.errors import BadInput

Keys = NDArray[np.str_]
_NUMBERS = {
    columns.PROXY,
    columns.GOLD,
    columns.N_TOKENS,
    columns.KL,
    columns.KL_K1,
    columns.KL_K3,
    columns.ENTROPY,
}


@dataclass(frozen=True)
class Samples:
    """What one checkpoint answered, as numbers; texts stay on disk until asked for.

    Attributes:
        path: the Parquet file.
        step: the checkpoint's training step.
        keys: [b] the prompt of each response.
        numbers: [b] for each numeric column that the file has, NaN where it has no value.
        ended: [b] whether the response ended by itself.
        grouped: what `groups` returns, where many files have the same prompts and share it; None to find it out.
    """

    path: Path
    step: int
    keys: Keys
    numbers: dict[str, FloatArray]
    ended: NDArray[np.bool_]
    grouped: tuple[Keys, NDArray[np.intp]] | None = None

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def groups(self) -> tuple[Keys, NDArray[np.intp]]:
        """The different prompts, sorted, and which of them each response answers: [p] and [b]."""
        return self.grouped or _group(self.keys)

    @cached_property
    def turn(self) -> NDArray[np.int64]:
        """How many earlier responses to the same prompt each response has: [b], all 0 with one response a prompt."""
        order = np.argsort(self.keys, kind="stable")
        ordered = self.keys[order]
        first = np.searchsorted(ordered, ordered, side="left")
        turn = np.empty(len(ordered), np.int64)
        turn[order] = np.arange(len(ordered)) - first
        return turn

    def column(self, name: str) -> FloatArray:
        """Returns [b] values, all NaN where the file has no such column."""
        found = self.numbers.get(name)
        return found if found is not None else np.full(len(self.keys), np.nan)

    def n_missing(self, name: str) -> int:
        """Counts the responses without a value."""
        return int(np.isnan(self.column(name)).sum())

    @cached_property
    def chooses(self) -> NDArray[np.bool_]:
        """Which responses are to test prompts of the half that chooses: [b]. See `domain.samples.chooses`."""
        names, group = self.groups
        return np.array([columns.chooses(str(name)) for name in names], dtype=bool)[group]

    @cached_property
    def reporting_half(self) -> "Samples":
        """The responses to the other half."""
        kept = ~self.chooses
        numbers = {name: values[kept] for name, values in self.numbers.items()}
        keys, grouped = _shared(tuple(self.keys[kept].tolist()))
        return replace(self, keys=keys, numbers=numbers, ended=self.ended[kept], grouped=grouped)

    def by_prompt(self, values: FloatArray) -> tuple[Keys, FloatArray]:
        """Returns the different prompts, sorted, and the mean of [b] `values` for each; NaN where none has a value."""
        names, group = self.groups
        return names, mean_by_group(group, len(names), values)


def mean_by_group(group: NDArray[np.intp], n: int, values: FloatArray) -> FloatArray:
    """Returns [n]: the mean of the known ones of [b] `values` in each of `n` groups; NaN where none is known."""
    if n == len(values):  # each group has one: the usual case, and far faster
        placed = np.empty(n)
        placed[group] = values
        return placed
    known = ~np.isnan(values)
    counts = np.bincount(group[known], minlength=n)
    sums = np.bincount(group[known], weights=values[known], minlength=n)
    with np.errstate(invalid="ignore"):
        means: FloatArray = sums / counts
    return means


def stack(rows: Sequence[tuple[Keys, FloatArray]]) -> tuple[Keys, FloatArray]:
    """Aligns per-prompt values of several seeds: returns the union of prompts and [s x p] values, NaN where absent."""
    if rows and all(names is rows[0][0] or np.array_equal(names, rows[0][0]) for names, _ in rows):
        return rows[0][0], np.array([values for _, values in rows])  # the usual case, and far faster
    keys = np.unique(np.concatenate([names for names, _ in rows])) if rows else np.empty(0, "U1")
    table = np.full((len(rows), len(keys)), np.nan)
    for row, (names, values) in zip(table, rows, strict=True):
        row[np.searchsorted(keys, names)] = values
    return keys, table


def sample_files(run_folder: Path) -> list[tuple[int, Path]]:
    """Returns the checkpoints that an evaluation has sampled so far, by step. Opens nothing."""
    return _numbered(run_folder, "checkpoint")


def round_files(run_folder: Path) -> list[tuple[int, Path]]:
    """Returns the rounds that a best-of-n run has sampled so far, from 1. Opens nothing."""
    return _numbered(run_folder, columns.ROUND)


def _numbered(run_folder: Path, stem: str) -> list[tuple[int, Path]]:
    found = [(path.stem.removeprefix(f"{stem}-"), path) for path in (run_folder / "samples").glob(f"{stem}-*.parquet")]
    return sorted((int(number), path) for number, path in found if number.isdigit())


def read_validation(samples: Path, step: int, gold: str = "") -> Samples | None:
    """Reads what the same checkpoint answered to the prompts that it may be chosen by; None where it was asked none.

    Args:
        samples: the file of what it answered to the test prompts.
        step, gold: as in `read_samples`.

    Raises:
        BadInput: as `read_samples`.
    """
    path = samples.with_name(columns.VALIDATION_SAMPLES.format(step=step))
    return read_samples(path, step, gold) if path.is_file() else None


def read_samples(path: Path, step: int, gold: str = "") -> Samples:
    """Reads the numbers of one checkpoint's samples.

    Args:
        path: the file.
        step: the checkpoint's.
        gold: the judge whose scores the gold column has. An earlier version wrote them under its name once more where it
            is a term of the reward too; they are left out.

    Raises:
        BadInput: it is not a Parquet file, or not one of samples.
    """
    seen = path.stat()
    found = _numbers(path, step, seen.st_size, seen.st_mtime_ns)
    twice = columns.score_column(gold)
    if twice not in found.numbers:
        return found
    return replace(found, numbers={name: values for name, values in found.numbers.items() if name != twice})


@lru_cache(maxsize=4096)
def _numbers(path: Path, step: int, _size: int, _changed_ns: int) -> Samples:
    """Reads a file of samples; one that has not changed since is not read again."""
    names, table = _opened(path)
    for needed in (columns.PROMPT_KEY, columns.GOLD, columns.STOP_REASON):
        if needed not in names:
            raise BadInput(f"{path}: there is no column `{needed}`.", "Evaluate the run again.")
    wanted = [name for name in table.column_names if name not in (columns.PROMPT_KEY, columns.STOP_REASON)]
    keys, grouped = _shared(tuple(table[columns.PROMPT_KEY].to_pylist()))
    return Samples(
        path=path,
        step=step,
        keys=keys,
        grouped=grouped,
        numbers={name: _floats(table[name]) for name in wanted},
        ended=np.asarray([reason != "length" for reason in table[columns.STOP_REASON].to_pylist()], dtype=bool),
    )


@lru_cache(maxsize=256)
def _shared(prompts: tuple[str, ...]) -> tuple[Keys, tuple[Keys, NDArray[np.intp]]]:
    """Returns the keys and their groups, the same objects for every file of these prompts: they need no comparing."""
    keys = np.asarray(prompts, dtype=np.str_)
    return keys, _group(keys)


def _group(keys: Keys) -> tuple[Keys, NDArray[np.intp]]:
    names, group = np.unique(keys, return_inverse=True)
    return names, group


def read_texts(path: Path) -> tuple[list[str], list[str]]:
    """Returns the rendered prompts and the responses of a file of samples, in its order."""
    table = read_columns(path, [columns.PROMPT, columns.RESPONSE])
    return table[columns.PROMPT].to_pylist(), table[columns.RESPONSE].to_pylist()


def read_columns(path: Path, names: Collection[str]) -> pa.Table:
    """Reads those of the columns that a file has.

    On this thread alone: `pq.read_table` loads all that is needed to query folders of files.
    """
    with pq.ParquetFile(path) as file:
        known = [name for name in names if name in file.schema_arrow.names]
        return file.read(known, use_threads=False)


def _opened(path: Path) -> tuple[list[str], pa.Table]:
    """Returns the names of all columns of a file, and those columns that hold numbers, opening it once."""
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            always = {columns.PROMPT_KEY, columns.STOP_REASON, *_NUMBERS}
            wanted = [name for name in names if name in always or name.startswith(columns.SCORE_PREFIX)]
            return names, file.read(columns=wanted, use_threads=False)
    except pa.ArrowInvalid as error:
        raise BadInput(f"{path} is not a Parquet file of samples: {error}.", "Evaluate the run again.") from error


def _floats(column: pa.ChunkedArray) -> FloatArray:
    values = column.cast(pa.float64()).to_numpy()
    return np.where(np.isfinite(values), values, np.nan)
