"""Rows back to files that TRL, and everybody who reads its formats, can load: JSONL (gzipped or not) or Parquet.

Preferences become prompt, chosen and rejected, thumbs prompt, completion and label, demonstrations prompt and completion. What
TRL has no column for (ties, raters, gold scores, cuts, metadata) stands in columns beside them; importing the file again gives
the very same rows.
"""

import gzip
import json
import os
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.data.columns import MESSAGE, RATING
from workbench.domain.errors import BadSetting
from workbench.domain.pairs import DatasetKind, Row, Turns, is_plain

_BATCH = 2048
_CUTS: dict[str, Any] = {"chosen_cut": False, "rejected_cut": False}
# What a column says where there is nothing to say; JSONL leaves such columns out.
_SILENT: dict[DatasetKind, dict[str, Any]] = {
    DatasetKind.PREFERENCE: {
        "tie": False, "ratings": [], "margin": None, "gold_chosen": None, "gold_rejected": None, **_CUTS, "metadata": {},
    },
    DatasetKind.THUMBS: {**_CUTS, "metadata": {}},
    DatasetKind.DEMONSTRATION: {"chosen_cut": False, "metadata": {}},
    DatasetKind.PROMPTS: {"metadata": {}},
}  # fmt: skip
_TYPES: dict[str, pa.DataType] = {
    "label": pa.bool_(), "tie": pa.bool_(), "ratings": pa.list_(RATING), "margin": pa.float64(),
    "gold_chosen": pa.float64(), "gold_rejected": pa.float64(), "chosen_cut": pa.bool_(), "rejected_cut": pa.bool_(),
    "metadata": pa.string(),
}  # fmt: skip
Values = dict[str, Any]


def write_rows(rows: Iterable[Row], path: Path, kind: DatasetKind) -> int:
    """Writes rows to a .jsonl, .jsonl.gz or .parquet file, whole or not at all.

    Args:
        rows: what to write; read twice for Parquet, so no iterator that ends (`store.StoredRows` is one that does not).
        path: the file; its name decides the format.
        kind: what the rows hold.

    Returns:
        How many rows were written.

    Raises:
        BadSetting: the name says none of these formats.
    """
    write = _writer(path)
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        n_rows = write(rows, temporary, kind)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return n_rows


def _writer(path: Path) -> Callable[[Iterable[Row], Path, DatasetKind], int]:
    match [suffix.lower() for suffix in path.suffixes[-2:]]:
        case [*_, ".parquet"]:
            return _write_parquet
        case [*_, ".jsonl"] | [*_, ".jsonl", ".gz"]:
            return _write_lines
        case _:
            raise BadSetting(
                f"{path}: rows are written as .jsonl, .jsonl.gz or .parquet.", "Choose one of these names."
            )


def _write_lines(rows: Iterable[Row], path: Path, kind: DatasetKind) -> int:
    silent = _SILENT[kind]
    n_rows = 0
    with gzip.open(path, "wb") if path.suffix == ".gz" else path.open("wb") as file:
        for row in rows:
            values = _values(row, kind)
            said = {name: value for name, value in values.items() if name not in silent or value != silent[name]}
            file.write(_line(said))
            n_rows += 1
    return n_rows


def _line(values: Values) -> bytes:
    try:
        return json.dumps(values, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # metadata may hold half a surrogate pair, which JSON can escape and UTF-8 cannot
        return json.dumps(values).encode() + b"\n"


def _write_parquet(rows: Iterable[Row], path: Path, kind: DatasetKind) -> int:
    turns = pa.string() if all(_is_text(row) for row in rows) else pa.list_(MESSAGE)
    waiting, n_rows = iter(rows), 0
    names = [*_values(Row(()), kind)]
    schema = pa.schema([pa.field(name, _TYPES.get(name, turns)) for name in names])
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        while batch := list(islice(waiting, _BATCH)):
            file.write_table(pa.Table.from_pylist([_for_parquet(row, kind, turns) for row in batch], schema=schema))
            n_rows += len(batch)
    return n_rows


def _is_text(row: Row) -> bool:
    return all(turns is None or is_plain(turns) for turns in (row.prompt, row.chosen, row.rejected))


def _for_parquet(row: Row, kind: DatasetKind, turns: pa.DataType) -> Values:
    values = _values(row, kind, as_chats=pa.types.is_list(turns))
    return values | {"metadata": json.dumps(values["metadata"])}


def _values(row: Row, kind: DatasetKind, *, as_chats: bool = False) -> Values:
    """Returns a row as TRL names it; with `as_chats` texts are messages too, since a Parquet column has one type."""

    def shown(turns: Turns | None) -> Any:
        if turns is None or not turns:
            return None
        if is_plain(turns) and not as_chats:
            return turns[0].content
        return [message._asdict() for message in turns]

    metadata = dict(row.metadata)
    match kind:
        case DatasetKind.PREFERENCE:
            texts = {"prompt": shown(row.prompt), "chosen": shown(row.chosen), "rejected": shown(row.rejected)}
            return texts | _judgement(row) | {"metadata": metadata}
        case DatasetKind.THUMBS:
            said = row.rejected if row.chosen is None else row.chosen
            texts = {"prompt": shown(row.prompt), "completion": shown(said), "label": row.chosen is not None}
            return texts | {"chosen_cut": row.chosen_cut, "rejected_cut": row.rejected_cut, "metadata": metadata}
        case DatasetKind.DEMONSTRATION:
            texts = {"prompt": shown(row.prompt), "completion": shown(row.chosen)}
            return texts | {"chosen_cut": row.chosen_cut, "metadata": metadata}
        case DatasetKind.PROMPTS:
            return {"prompt": shown(row.prompt), "metadata": metadata}


def _judgement(row: Row) -> Values:
    return {
        "tie": row.tie,
        "ratings": [rating._asdict() for rating in row.ratings],
        "margin": row.margin,
        "gold_chosen": row.gold_chosen,
        "gold_rejected": row.gold_rejected,
        "chosen_cut": row.chosen_cut,
        "rejected_cut": row.rejected_cut,
    }
