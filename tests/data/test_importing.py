import gzip
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from workbench.data.importing import RECORD_FILE, import_file, iterate_rows
from workbench.data.store import check_content, read_rows
from workbench.domain.errors import AlreadyExists, BadInput, BadRow, NotFound, WorkbenchError
from workbench.domain.pairs import DatasetKind, Row, plain
from workbench.domain.records import DatasetRecord

_GOOD = {"prompt": "p", "chosen": "a", "rejected": "b"}
Imported = Callable[..., tuple[DatasetRecord, list[Row]]]


def _lines(*rows: dict[str, Any] | bytes) -> bytes:
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


_MANY = _lines(*({"prompt": f"prompt {i * 7919 % 3001}", "chosen": f"a {i * i}", "rejected": "b"} for i in range(3000)))

# name of the file, its content, and what the one error says of place, field and problem
_BAD: list[tuple[str, bytes, str]] = [
    ("cut.jsonl.gz", gzip.compress(_MANY)[:-3000], r"line \d{3,4}: is where the gzip file is cut short or damaged"),
    (
        "utf8.jsonl",
        _lines(_GOOD, b'{"prompt":"p","chosen":"\xff","rejected":"b"}'),
        "line 2: `chosen` is not valid UTF-8",
    ),
    ("utf8.csv", b"prompt,chosen,rejected\np,a,b\np,\xff,b\n", "line 3: `chosen` is not valid UTF-8"),
    ("missing.jsonl", _lines(_GOOD, {"prompt": "p", "chosen": "a"}), "line 2: `rejected` is missing"),
    (
        "misspelt.jsonl",
        _lines({"prompt": "p", "chosen": "a", "rejectd": "b"}),
        "line 1: `rejected` is missing.*`rejectd`",
    ),
    ("empty.jsonl", _lines(_GOOD, {**_GOOD, "chosen": " "}), "line 2: `chosen` is empty; expected text"),
    ("same.jsonl", _lines(_GOOD, {**_GOOD, "chosen": "b"}), "line 2: `rejected` is the same text as `chosen`"),
    ("one.json", json.dumps(_GOOD, indent=1).encode(), "holds one object; expected many"),
    (
        "long.jsonl",
        _lines(_GOOD, {**_GOOD, "chosen": "x" * 50_000_000}),
        "line 2: is too long; expected at most 16 MiB",
    ),
    ("torn.jsonl", _lines(_GOOD, b'{"prompt": "p", "cho'), "line 2: is not valid JSON"),
    ("array.json", json.dumps([_GOOD, {**_GOOD, "rejected": ""}]).encode(), "row 2: `rejected` is empty"),
]


@pytest.mark.parametrize(("name", "content", "sentence"), _BAD, ids=[name for name, _, _ in _BAD])
def test_bad_input_is_one_error_with_place_and_remedy_and_leaves_nothing(
    tmp_path: Path, name: str, content: bytes, sentence: str
):
    source, datasets = tmp_path / name, tmp_path / "datasets"
    source.write_bytes(content)
    with pytest.raises(BadRow, match=sentence) as caught:
        import_file(source, datasets / "x", "x")
    assert str(source) in caught.value.sentence
    assert caught.value.hint
    assert not datasets.exists() or list(datasets.iterdir()) == []


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()], ids=["missing", "folder"])
def test_what_is_no_file_is_one_error(tmp_path: Path, make: Callable[[Path], None]):
    make(tmp_path / "x.jsonl")
    with pytest.raises((NotFound, BadInput), match=r"x\.jsonl"):
        import_file(tmp_path / "x.jsonl", tmp_path / "datasets" / "x", "x")


def test_bad_rows_are_skipped_when_asked_and_kept_with_line_field_and_reason(tmp_path: Path):
    source = tmp_path / "rows.jsonl"
    source.write_bytes(_lines(_GOOD, {**_GOOD, "chosen": ""}, b"{torn", _GOOD, {**_GOOD, "margin": "much"}))
    record, _, rejects = import_file(source, tmp_path / "x", "x", skip_bad=True)
    assert (record.n_rows, record.n_skipped) == (2, 3)
    assert rejects is not None
    entries = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [(entry["line"], entry["field"]) for entry in entries] == [(2, "chosen"), (3, ""), (5, "margin")]
    assert entries[0]["reason"] == "is empty; expected text"
    assert entries[0]["row"] == {**_GOOD, "chosen": ""}
    assert entries[1]["row"] == "{torn"


def test_what_a_file_cut_short_still_holds_is_imported_when_asked(imported: Imported):
    record, _ = imported(gzip.compress(_MANY)[:-3000], "cut.jsonl.gz", skip_bad=True)
    assert record.n_skipped == 1
    assert record.n_rows > 1000


def test_a_file_without_one_usable_row_is_refused_with_the_first_reason(tmp_path: Path):
    source = tmp_path / "rows.jsonl"
    source.write_bytes(_lines({**_GOOD, "chosen": ""}))
    with pytest.raises(BadInput, match=r"not one usable row\. The first problem: .*line 1: `chosen` is empty"):
        import_file(source, tmp_path / "datasets" / "x", "x", skip_bad=True)
    assert list((tmp_path / "datasets").iterdir()) == []


def test_the_record_says_what_was_read(imported: Imported, tmp_path: Path):
    ratings = {"anna": "chosen", "ben": "rejected"}
    content = _lines(_GOOD, {**_GOOD, "tie": True, "ratings": ratings}, {**_GOOD, "prompt": "q"})
    record, rows = imported(content)
    assert (record.kind, record.reader, record.n_rows) == (DatasetKind.PREFERENCE, "trl", 3)
    assert (record.n_prompts, record.n_ties, record.raters) == (2, 1, ("anna", "ben"))
    assert record.source_sha256 == sha256(content).hexdigest()
    assert sum(record.splits.counts.values()) == len(rows) == 3
    written = tmp_path / "datasets" / "rows.jsonl-imported" / RECORD_FILE
    assert DatasetRecord.model_validate_json(written.read_text()) == record


def test_the_same_rows_have_the_same_content_whatever_file_they_came_in(imported: Imported):
    content = _lines(_GOOD, {**_GOOD, "prompt": "q"})
    packed, _ = imported(gzip.compress(content), "packed.gz")
    array, _ = imported(b"[" + content.strip().replace(b"\n", b",") + b"]", "array.json")
    lines, _ = imported(content, "lines.jsonl")
    assert packed.content_sha256 == array.content_sha256 == lines.content_sha256
    assert packed.source_sha256 != lines.source_sha256


def test_another_seed_divides_otherwise_and_is_other_content(imported: Imported):
    one, _ = imported(_MANY, "one.jsonl", seed=0)
    other, _ = imported(_MANY, "other.jsonl", seed=1)
    assert one.splits.checksum != other.splits.checksum
    assert one.content_sha256 != other.content_sha256


def test_named_columns_are_read_under_our_names_and_recorded(imported: Imported):
    columns = {"prompt": "question", "chosen": "good", "rejected": "bad"}
    record, [row] = imported([{"question": "p", "good": "a", "bad": "b", "id": 1}], columns=columns)
    assert (row.prompt, row.chosen, row.rejected, row.metadata) == (plain("p"), plain("a"), plain("b"), {"id": 1})
    assert record.column_map == columns


def test_a_format_that_was_asked_for_is_used(imported: Imported):
    record, _ = imported([_GOOD], format="prompts")
    assert (record.reader, record.kind) == ("prompts", DatasetKind.PROMPTS)


def test_progress_ends_with_all_rows_and_an_exception_cancels_without_a_trace(tmp_path: Path):
    source = tmp_path / "rows.jsonl"
    source.write_bytes(_MANY)
    said: list[tuple[int, int | None]] = []
    import_file(source, tmp_path / "x", "x", progress=lambda done, total: said.append((done, total)))
    assert said[-1] == (3000, 3000)

    class Cancelled(Exception):
        pass

    def cancel(done: int, _total: int | None) -> None:
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        import_file(source, tmp_path / "datasets" / "x", "x", progress=cancel)
    assert list((tmp_path / "datasets").iterdir()) == []


def test_a_dataset_is_never_overwritten(tmp_path: Path):
    with pytest.raises(AlreadyExists):
        import_file(tmp_path / "rows.jsonl", tmp_path, "x")


def test_of_two_imports_under_one_name_the_second_gives_way(tmp_path: Path):
    source, folder = tmp_path / "rows.jsonl", tmp_path / "datasets" / "x"
    source.write_bytes(_lines(_GOOD))

    def import_meanwhile(done: int, _total: int | None) -> None:
        if done == 0 and not folder.exists():
            folder.mkdir()
            (folder / "taken").touch()

    with pytest.raises(AlreadyExists):
        import_file(source, folder, "x", progress=import_meanwhile)
    assert [path.name for path in (tmp_path / "datasets").iterdir()] == ["x"]


def test_rows_can_be_read_without_storing_them(tmp_path: Path):
    source = tmp_path / "rows.jsonl"
    source.write_bytes(_lines({"prompt": "p", "response": "r"}))
    assert list(iterate_rows(source)) == [Row(plain("p"), chosen=plain("r"))]


@pytest.mark.parametrize(
    ("file", "reader", "n_rows"),
    [
        ("stories_sentiment/pairs.train.jsonl", "trl", 4000),
        ("stories_sentiment/pairs.validation.jsonl", "trl", 400),
        ("stories_sentiment/ratings.train.jsonl", "ratings", 4000),
        ("stories_sentiment/ratings.validation.jsonl", "ratings", 400),
        ("stories_sentiment/prompts.test.jsonl", "prompts", 512),
        ("llamafactory/dpo_en_demo.json", "sharegpt", 300),
        ("llamafactory/dpo_zh_demo.json", "sharegpt", 300),
        ("llamafactory/kto_en_demo.json", "kto-conversations", 300),
        ("llamafactory/alpaca_en_demo.json", "alpaca", 999),
        ("llamafactory/v1_dpo_demo.jsonl", "messages", 10),
        ("llmbar/LLMBar_Natural.json", "llmbar", 100),
        ("llmbar/Processed_FairEval.json", "llmbar", 66),
        ("llmbar/Processed_LLMEval2.json", "llmbar", 200),
        ("llmbar/Processed_MT-Bench.json", "llmbar", 200),
    ],
)
def test_every_real_file_imports_with_the_rows_it_is_known_to_have(
    shared: Path, tmp_path: Path, file: str, reader: str, n_rows: int
):
    record, detection, rejects = import_file(shared / "preferences" / file, tmp_path / "x", "x")
    assert (detection.reader, record.n_rows, rejects) == (reader, n_rows, None)
    check_content(tmp_path / "x", record.content_sha256)


def test_the_majority_of_the_real_ratings_is_the_real_pairs(shared: Path, tmp_path: Path):
    folder = shared / "preferences/stories_sentiment"
    for name in ("ratings", "pairs"):
        import_file(folder / f"{name}.validation.jsonl", tmp_path / name, name)
    texts = [
        [(row.prompt, row.chosen, row.rejected) for row in read_rows(tmp_path / name)] for name in ("ratings", "pairs")
    ]
    assert texts[0] == texts[1]


def test_every_error_is_one_that_a_person_can_act_on(tmp_path: Path):
    source = tmp_path / "rows.jsonl"
    source.write_bytes(bytes(range(256)) * 10)
    with pytest.raises(WorkbenchError):
        import_file(source, tmp_path / "x", "x")
