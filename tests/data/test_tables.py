import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from workbench.data.tables import look_at, read_source
from workbench.domain.errors import BadInput, BadRow, NotFound

_ROWS = [{"prompt": "p", "chosen": "a, b", "rejected": "c"}, {"prompt": "q", "chosen": "é", "rejected": 'd"'}]


def _write(folder: Path, container: str) -> Path:
    path = folder / f"rows.{container}"
    table = pa.Table.from_pylist(_ROWS)
    match container:
        case "jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in _ROWS), encoding="utf-8")
        case "json":
            path.write_text(json.dumps(_ROWS, indent=2), encoding="utf-8")
        case "csv":
            path.write_text('prompt,chosen,rejected\np,"a, b",c\nq,é,"d"""\n', encoding="utf-8")
        case "tsv":
            path.write_text('prompt\tchosen\trejected\np\ta, b\tc\nq\té\t"d"""\n', encoding="utf-8")
        case "parquet":
            pq.write_table(table, path)
        case "feather":
            feather.write_feather(table, path)
        case _:
            with pa.ipc.new_stream(path, table.schema) as writer:
                writer.write_table(table)
    return path


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("container", ["jsonl", "json", "csv", "tsv", "parquet", "arrow", "feather"])
def test_every_container_gives_the_same_records_gzipped_or_not(tmp_path: Path, container: str, gzipped: bool):
    path = _write(tmp_path, container)
    if gzipped:
        packed = tmp_path / f"{path.name}.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        path = packed
    reading = read_source(look_at(path))
    assert [record.values for record in reading if hasattr(record, "values")] == _ROWS
    reading.close()


def test_json_lines_are_known_under_the_name_json(tmp_path: Path):
    path = tmp_path / "rows.json"
    path.write_text('{"prompt": "p"}\n{"prompt": "q"}\n')
    assert look_at(path).container == "jsonl"


@pytest.mark.parametrize("indent", [None, 2])
def test_one_object_is_not_a_dataset(tmp_path: Path, indent: int | None):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(_ROWS[0], indent=indent))
    with pytest.raises(BadRow, match="holds one object; expected many"):
        look_at(path)


def test_a_folder_is_refused_with_the_files_in_it(tmp_path: Path):
    (tmp_path / "a.jsonl").touch()
    with pytest.raises(BadInput, match=r"is a folder.*a\.jsonl"):
        look_at(tmp_path)


def test_a_missing_file_is_refused_with_the_nearest_one(tmp_path: Path):
    (tmp_path / "pairs.jsonl").touch()
    with pytest.raises(NotFound, match=r"no such file\. Did you mean .*pairs\.jsonl"):
        look_at(tmp_path / "pair.jsonl")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "is empty"), (b" \n\n", "is empty"), (b"PK\x03\x04abc", "is a zip archive"), (b"a\x00b", "is not text"),
     (b"hello", "cannot tell"), (b"\x1f\x8b\x08\x00", "cut short"), (b"\x1f\x8b\x08" + b"\x01" * 30, "damaged")],
)  # fmt: skip
def test_what_cannot_be_read_is_called_what_it_is(tmp_path: Path, content: bytes, sentence: str):
    path = tmp_path / "rows.data"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=sentence):
        look_at(path)


def test_the_total_is_estimated_from_the_share_of_bytes_read(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n' * 400_000)
    reading = read_source(look_at(path))
    for _ in range(1000):
        next(iter(reading))
    assert reading.estimate_total(1000) == pytest.approx(3433, abs=1)  # 1000 rows while one MiB of 3.6 MB was read
    reading.close()
