"""A dataset grows and shrinks by rows; whoever read it before finds what it was."""

import errno
import os
from pathlib import Path

import pytest

from workbench.data import growing
from workbench.data.growing import add_rows, drop_row, drop_versions, make_dataset
from workbench.data.store import find_content, read_rows, read_splits
from workbench.domain.errors import BadInput
from workbench.domain.pairs import DatasetKind, Row, plain, prompt_key
from workbench.domain.records import VERSIONS, DatasetRecord

PAIRS = [Row(plain(f"prompt {i}"), plain(f" yes {i}"), plain(" no")) for i in range(30)]
NEW = Row(plain("a new prompt"), plain(" good"), plain(" bad"), metadata={"kept": "a1"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pairs"


@pytest.fixture
def record(folder: Path) -> DatasetRecord:
    return make_dataset(folder, "pairs", DatasetKind.PREFERENCE, PAIRS, "a test")


def test_a_row_goes_to_the_end_and_the_others_stay_in_their_splits(folder: Path, record: DatasetRecord) -> None:
    before = read_splits(folder)
    grown = add_rows(folder, record, [NEW])
    assert list(read_rows(folder)) == [*PAIRS, NEW]
    assert {key: split for key, split in read_splits(folder).items() if key in before} == before
    assert (grown.n_rows, grown.n_prompts) == (31, 31)
    assert sum(grown.splits.counts.values()) == 31
    assert grown.created == record.created


def test_what_was_read_before_is_found_under_its_hash(folder: Path, record: DatasetRecord) -> None:
    grown = add_rows(folder, record, [NEW])
    assert list(read_rows(find_content(folder, record.content_sha256))) == PAIRS
    assert find_content(folder, grown.content_sha256) == folder


def test_a_dataset_grows_on_a_disk_without_hard_links(
    folder: Path, record: DatasetRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    add_rows(folder, record, [NEW])
    assert list(read_rows(folder)) == [*PAIRS, NEW]
    assert list(read_rows(find_content(folder, record.content_sha256))) == PAIRS


def test_another_pair_of_a_known_prompt_goes_where_the_prompt_is(folder: Path, record: DatasetRecord) -> None:
    before = read_splits(folder)
    for number, prompt in enumerate([row.prompt for row in PAIRS]):
        record = add_rows(folder, record, [Row(prompt, plain(f" better {number}"), plain(" worse"))])
    assert read_splits(folder) == before
    assert record.n_prompts == 30


def test_taking_the_row_out_gives_the_content_back(folder: Path, record: DatasetRecord) -> None:
    grown = add_rows(folder, record, [NEW])
    shrunk = drop_row(folder, grown, "kept", "a1")
    assert shrunk.content_sha256 == record.content_sha256
    assert shrunk.splits == record.splits
    assert list(read_rows(folder)) == PAIRS


def test_a_crash_between_rows_and_record_leaves_the_old_content_whole(
    folder: Path, record: DatasetRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(source: Path, target: Path) -> None:
        if target.name == "dataset.json":
            raise KeyboardInterrupt
        source.replace(target)

    with monkeypatch.context() as patch:
        patch.setattr(growing, "move_over", crash)
        with pytest.raises(KeyboardInterrupt):
            add_rows(folder, record, [NEW])
    stored = DatasetRecord.model_validate_json((folder / "dataset.json").read_text())
    assert list(read_rows(find_content(folder, stored.content_sha256))) == PAIRS
    add_rows(folder, stored, [NEW])
    assert list(read_rows(folder)) == [*PAIRS, NEW]


def test_a_row_that_teaches_nothing_is_refused_and_nothing_changes(folder: Path, record: DatasetRecord) -> None:
    with pytest.raises(BadInput, match="same text as `chosen`"):
        add_rows(folder, record, [Row(plain("p"), plain(" one"), plain(" one"))])
    assert list(read_rows(folder)) == PAIRS
    assert sorted(path.name for path in folder.iterdir()) == ["dataset.json", "pairs.parquet"]


def test_versions_that_nobody_needs_go(folder: Path, record: DatasetRecord) -> None:
    grown = add_rows(folder, record, [NEW])
    add_rows(folder, grown, [Row(plain("another"), plain(" good"), plain(" bad"))])
    drop_versions(folder, {record.content_sha256})
    assert [path.name for path in (folder / VERSIONS).iterdir()] == [record.content_sha256]


def test_a_dataset_of_prompts_tests_with_all_of_them(folder: Path) -> None:
    made = make_dataset(folder, "kept", DatasetKind.PROMPTS, [Row(plain("one"))], "a test")
    add_rows(folder, made, [Row(plain("two"))])
    assert set(read_splits(folder)) == {prompt_key(plain("one")), prompt_key(plain("two"))}
    assert set(read_splits(folder).values()) == {"test"}
