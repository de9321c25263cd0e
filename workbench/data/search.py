"""Search and statistics over a dataset's rows: a million of them are filtered in less time than a person waits for.

The lengths, raters and splits of all rows are read once into a table in memory (a second and a half for a million pairs);
texts are searched in the Parquet file itself. Whatever a person typed is bound as a parameter, never part of a statement.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from workbench.data.bins import Bins, choose_bins
from workbench.data.columns import SCHEMA, Placed, from_batch
from workbench.data.splits import SPLITS
from workbench.data.store import ROWS_FILE
from workbench.domain.errors import BadInput, NotFound
from workbench.domain.row_filters import Bar, Found, Histogram, Range, RowFilter, RowLine

_SHOWN = 200  # characters of a text in a table's line
_MOST_RATERS = 30  # bars; the rest can still be asked for by name
_MEMORY = "1GB"
_CONFIG = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}  # nothing is ever fetched
_CHARACTERS = "list_sum([length(turn.content) for turn in {}])"
_HAS_TEXT = "len([turn for turn in {} if contains(lower(turn.content), lower($text))]) > 0"
_TEXTS = ("prompt", "chosen", "rejected")
_LENGTH = "coalesce(greatest(n_chosen, n_rejected), n_prompt)"
_FACTS = f"""
CREATE TABLE facts AS
SELECT row, split, tie, margin, raters, n_chosen - n_rejected AS gap, {_LENGTH} AS length
FROM (SELECT row, split, tie, margin, list_distinct([rating.rater for rating in ratings]) AS raters,
      {", ".join(f"{_CHARACTERS.format(name)} AS n_{name}" for name in _TEXTS)}
      FROM read_parquet($path))
"""
_HITS = f"""
CREATE OR REPLACE TABLE hits AS
SELECT row FROM read_parquet($path) WHERE {" OR ".join(_HAS_TEXT.format(name) for name in _TEXTS)}
"""
_LINES = f"""
SELECT row, split, {", ".join(f"left({name}[-1].content, {_SHOWN})" for name in _TEXTS)},
       {_LENGTH}, n_chosen - n_rejected, tie, margin, len(ratings),
       len([rating for rating in ratings if rating.choice = 'chosen'])
FROM (SELECT *, {", ".join(f"{_CHARACTERS.format(name)} AS n_{name}" for name in _TEXTS)} FROM read_parquet($path)
      WHERE row IN (SELECT unnest($rows::BIGINT[])))
ORDER BY row
"""


class Overtaken(Exception):
    """A newer question was asked before this one was answered."""


class RowSearch:
    """Answers questions about the rows of one dataset; several threads may ask at once.

    Args:
        folder: the dataset's.

    Raises:
        NotFound: there is no dataset in that folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / ROWS_FILE
        if not self._path.is_file():
            raise NotFound(f"{folder}: there is no dataset here ({ROWS_FILE} is missing).", "Import it again.")
        self._database = duckdb.connect(":memory:", config={**_CONFIG, "memory_limit": _MEMORY})
        self._finder = self._database.cursor()
        self._turn = threading.Lock()
        self._n_asked = 0
        self._has_facts = False
        self._hits_of = ""
        self._bins: dict[str, Bins] = {}
        self._margins: Range | None = None

    def find(self, wanted: RowFilter) -> Found:
        """Returns the rows that meet a filter and their distributions.

        Raises:
            Overtaken: `find` was called again meanwhile; only the newest question is worth the time.
            NotFound: the dataset was renamed or deleted meanwhile.
            BadInput: the file is damaged.
        """
        self._n_asked += 1
        number = self._n_asked
        self._finder.interrupt()
        with self._turn, self._reading():
            self._check_newest(number)
            self._learn_facts()
            self._check_newest(number)
            self._find_text(wanted.text)
            self._check_newest(number)
            return Found(self._matching(wanted), tuple(self._histograms(wanted)), self._margins)

    def count(self) -> int:
        """Returns how many rows there are, without reading them."""
        with self._reading():
            row = self._ask("SELECT count(*) FROM read_parquet($path)", path=str(self._path)).fetchone()
        return int(row[0]) if row else 0

    def lines(self, rows: Sequence[int]) -> list[RowLine]:
        """Returns a page: the rows at these positions, ascending.

        Raises:
            BadInput: the file is damaged.
        """
        with self._reading():
            wanted = [int(row) for row in rows]
            found = self._ask(_LINES, path=str(self._path), rows=wanted).fetchall()
        return [_line(values) for values in found]

    def row(self, index: int) -> Placed:
        """Returns one row whole.

        Raises:
            NotFound: there is no such row.
            BadInput: the file is damaged.
        """
        statement = f"SELECT {', '.join(SCHEMA.names)} FROM read_parquet($path) WHERE row = $row"
        with self._reading():
            values = self._ask(statement, path=str(self._path), row=index).fetchone()
        if values is None:
            raise NotFound(f"{self._path}: has no row {index:,}.", "Look at the dataset again.")
        named = dict(zip(SCHEMA.names, values, strict=True))
        batch = pa.RecordBatch.from_pylist([named], schema=SCHEMA)
        return Placed(index, named["split"], named["prompt_key"], next(from_batch(batch)))

    def close(self) -> None:
        """Lets go of the file and the memory; what is being asked ends."""
        self._n_asked += 1
        self._finder.interrupt()
        with self._turn:
            self._finder.close()
            self._database.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except duckdb.InterruptException as error:
            raise Overtaken from error
        except duckdb.ConnectionException as error:  # closed while it was asked
            raise Overtaken from error
        except duckdb.Error as error:
            if not self._path.is_file():
                raise NotFound(f"{self._path.parent}: the dataset was renamed or deleted meanwhile.") from error
            raise BadInput(f"{self._path}: the file is damaged ({error}).", "Import the dataset again.") from error

    def _ask(self, statement: str, **values: object) -> duckdb.DuckDBPyConnection:
        return self._database.cursor().execute(statement, values)

    def _check_newest(self, number: int) -> None:
        if number != self._n_asked:
            raise Overtaken

    def _learn_facts(self) -> None:
        if not self._has_facts:
            self._finder.execute(_FACTS, {"path": str(self._path)})
            low, high = self._first("SELECT min(margin), max(margin) FROM facts")
            self._margins = None if low is None else Range(low, high)
            self._has_facts = True

    def _find_text(self, text: str) -> None:
        if text and text != self._hits_of:
            self._finder.execute(_HITS, {"path": str(self._path), "text": text})
            self._hits_of = text

    def _matching(self, wanted: RowFilter) -> Sequence[int]:
        if wanted.is_open:
            return range(self._number("SELECT count(*) FROM facts"))
        where, values = _where(wanted)
        found = self._finder.execute(f"SELECT row FROM facts WHERE {where} ORDER BY row", values).fetchnumpy()
        rows: Sequence[int] = np.asarray(found["row"], np.int64)  # type: ignore[assignment]  # it slices and has a length
        return rows

    def _histograms(self, wanted: RowFilter) -> Iterator[Histogram]:
        for name in ("length", "gap"):
            yield Histogram(name, tuple(self._number_bars(name, wanted.without(name))))
        yield Histogram("rater", tuple(self._rater_bars(wanted.without("rater"))))
        yield Histogram("split", tuple(self._split_bars(wanted.without("split"))))

    def _number_bars(self, name: str, wanted: RowFilter) -> Iterator[Bar]:
        if name not in self._bins:
            statement = f"SELECT quantile_disc({name}, [0, 0.01, 0.99, 1]) FROM facts"
            quantiles = self._first(statement)[0]
            self._bins[name] = choose_bins(*quantiles) if quantiles else Bins()
        bins = self._bins[name]
        if not bins.n:
            return
        where, values = _where(wanted)
        place = f"least(greatest(floor(({name} - {bins.start}) / {bins.step}), 0), {bins.n - 1})::INTEGER"
        statement = f"SELECT {place} AS bin, count(*) FROM facts WHERE {where} AND {name} IS NOT NULL GROUP BY bin"
        counts = dict(self._finder.execute(statement, values).fetchall())
        for number in range(bins.n):
            within = Range(*bins.range_of(number))
            yield Bar(bins.label_of(number), counts.get(number, 0), within)

    def _rater_bars(self, wanted: RowFilter) -> Iterator[Bar]:
        where, values = _where(wanted)
        statement = f"""SELECT rater, count(*) AS n FROM (SELECT unnest(raters) AS rater FROM facts WHERE {where})
                        GROUP BY rater ORDER BY n DESC, rater LIMIT {_MOST_RATERS}"""
        for rater, n in sorted(self._finder.execute(statement, values).fetchall()):
            yield Bar(rater, n, rater)

    def _split_bars(self, wanted: RowFilter) -> Iterator[Bar]:
        where, values = _where(wanted)
        statement = f"SELECT split, count(*) FROM facts WHERE {where} GROUP BY split"
        counts = dict(self._finder.execute(statement, values).fetchall())
        for split in SPLITS:
            yield Bar(split, counts.get(split, 0), split)

    def _number(self, statement: str) -> int:
        return int(self._first(statement)[0])

    def _first(self, statement: str) -> tuple[Any, ...]:
        return self._finder.execute(statement).fetchone() or (0,)


def _where(wanted: RowFilter) -> tuple[str, dict[str, object]]:
    """Returns the filter as a condition on the facts, and what is bound to its parameters."""
    parts, values = ["true"], {}
    if wanted.text:
        parts.append("row IN (SELECT row FROM hits)")
    for name, condition in (
        ("split", "split = $split"),
        ("rater", "list_contains(raters, $rater)"),
        ("tie", "tie = $tie"),
    ):
        if (value := getattr(wanted, name)) is not None:
            parts.append(condition)
            values[name] = value
    for name in ("length", "gap", "margin"):
        for end, sign in (("low", ">="), ("high", "<=")):
            if (value := getattr(getattr(wanted, name), end)) is not None:
                parts.append(f"{name} {sign} ${name}_{end}")
                values[f"{name}_{end}"] = value
    return " AND ".join(parts), values


def _line(values: tuple[Any, ...]) -> RowLine:
    index, split, prompt, chosen, rejected, *rest = values
    return RowLine(index, split, _in_one_line(prompt), _in_one_line(chosen), _in_one_line(rejected), *rest)


def _in_one_line(text: str | None) -> str:
    return " ".join((text or "").split())
