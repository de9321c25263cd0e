from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.data.arrow_rows import READERS, count, records
from workbench.data.records import Flaw, Record
from workbench.domain.errors import BadInput

_TABLE = pa.table({"prompt": ["p", "q"], "n": [1, None]})
_RECORDS = [Record(1, {"prompt": "p", "n": 1}), Record(2, {"prompt": "q", "n": None})]


def test_parquet_rows_are_numbered_from_1_and_counted_in_advance(tmp_path: Path):
    path = tmp_path / "rows.parquet"
    pq.write_table(_TABLE, path)
    assert list(records(path, READERS["parquet"](path))) == _RECORDS
    assert count(path, "parquet") == 2


def test_arrow_comes_as_a_file_and_as_a_stream(tmp_path: Path):
    for new in (pa.ipc.new_file, pa.ipc.new_stream):
        path = tmp_path / f"{new.__name__}.arrow"
        with new(path, _TABLE.schema) as writer:
            writer.write_table(_TABLE)
        assert list(records(path, READERS["arrow"](path))) == _RECORDS


def test_a_row_that_is_not_utf8_is_a_flaw_and_its_neighbours_are_read(tmp_path: Path):
    path = tmp_path / "rows.arrow"
    broken = pa.Array.from_buffers(
        pa.string(), 3, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0"), pa.py_buffer(b"a\xffc")]
    )
    table = pa.table({"prompt": broken})
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)
    first, flaw, third = records(path, READERS["arrow"](path))
    assert (first, third) == (Record(1, {"prompt": "a"}), Record(3, {"prompt": "c"}))
    assert isinstance(flaw, Flaw)
    assert (flaw.line, flaw.error.field) == (2, "prompt")


def test_a_damaged_file_is_named(tmp_path: Path):
    path = tmp_path / "rows.parquet"
    pq.write_table(_TABLE, path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(BadInput, match=r"rows\.parquet: is damaged"):
        list(records(path, READERS["parquet"](path)))
