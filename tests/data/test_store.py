from pathlib import Path

import pytest

from workbench.data.splits import SPLITS, Splitter, default_fractions
from workbench.data.store import ROWS_FILE, RowWriter, StoredRows, check_content, read_prompts, read_rows
from workbench.domain.errors import BadInput, NotFound
from workbench.domain.pairs import DatasetKind, Row, plain, prompt_key

_ROWS = [Row(plain(f"prompt {i // 2}"), plain(f" yes {i}"), plain(" no")) for i in range(40)]


@pytest.fixture
def dataset(tmp_path: Path) -> tuple[Path, str]:
    with RowWriter(tmp_path, Splitter(0, default_fractions(DatasetKind.PREFERENCE))) as writer:
        for row in _ROWS:
            writer.add(row)
        return tmp_path, writer.finish()


def test_rows_are_read_in_order(dataset: tuple[Path, str]):
    assert list(read_rows(dataset[0])) == _ROWS


def test_the_splits_are_disjoint_by_prompt_and_complete(dataset: tuple[Path, str]):
    parts = {split: list(read_rows(dataset[0], split)) for split in SPLITS}
    keys = [{prompt_key(row.prompt) for row in rows} for rows in parts.values()]
    assert sum(len(rows) for rows in parts.values()) == 40
    assert [len(part) for part in keys] == [18, 1, 1]
    assert len(set.union(*keys)) == 20


def test_prompts_come_once_each_in_the_order_of_their_first_row(dataset: tuple[Path, str]):
    assert read_prompts(dataset[0]) == [plain(f"prompt {i}") for i in range(20)]
    assert read_prompts(dataset[0], "test") == list(dict.fromkeys(row.prompt for row in read_rows(dataset[0], "test")))


def test_content_that_is_unchanged_passes_and_other_content_does_not(dataset: tuple[Path, str]):
    folder, sha256 = dataset
    check_content(folder, sha256)
    with pytest.raises(BadInput, match="not those that the run was made for"):
        check_content(folder, "0" * 64)


def test_a_damaged_file_is_named(dataset: tuple[Path, str]):
    path = dataset[0] / ROWS_FILE
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadInput, match="damaged"):
        list(read_rows(dataset[0]))


def test_a_folder_without_a_dataset_is_not_found(tmp_path: Path):
    with pytest.raises(NotFound, match="no dataset here"):
        list(read_rows(tmp_path / "nothing"))


def test_stored_rows_can_be_read_twice(dataset: tuple[Path, str]):
    rows = StoredRows(dataset[0], "train")
    assert list(rows) == list(rows)
