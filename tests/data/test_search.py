"""Filters, pages and distributions over a few rows that can be counted by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.data.search import RowSearch
from workbench.data.splits import Splitter
from workbench.data.store import ROWS_FILE, RowWriter
from workbench.domain.errors import BadInput, NotFound
from workbench.domain.pairs import Message, Rating, Row, plain
from workbench.domain.row_filters import Range, RowFilter

_ANN, _BOB = Rating("ann", "chosen"), Rating("bob", "rejected")
_ROWS = [
    Row(plain("A cat?"), plain("Yes."), plain("No."), ratings=(_ANN, _BOB), margin=1.5),
    Row(plain("A dog?"), plain("Certainly not"), plain("Woof"), ratings=(_ANN,), gold_chosen=0.5, metadata={"a": 1}),
    Row(
        (Message("user", "Hi"), Message("assistant", "Hello"), Message("user", "100% sure's?")), plain("é"), plain("ab")
    ),
    Row(plain("A cat!"), plain("tie"), plain("eit"), tie=True, margin=0.0),
]


@pytest.fixture
def search(tmp_path: Path) -> Iterator[RowSearch]:
    folder = tmp_path / "with [brackets] and 'quotes' *"
    folder.mkdir()
    with RowWriter(folder, Splitter(0, {"train": 1.0, "validation": 0.0, "test": 0.0})) as writer:
        for row in _ROWS:
            writer.add(row)
        writer.finish()
    made = RowSearch(folder)
    yield made
    made.close()


def _rows(search: RowSearch, **conditions: object) -> list[int]:
    return list(search.find(RowFilter(**conditions)).rows)  # type: ignore[arg-type]


def test_without_conditions_every_row_is_found(search: RowSearch) -> None:
    assert _rows(search) == [0, 1, 2, 3]
    assert search.count() == 4


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"text": "CAT"}, [0, 3]),
        ({"text": "woof"}, [1]),
        ({"text": "hello"}, [2]),
        ({"text": "100% sure's"}, [2]),
        ({"text": "%"}, [2]),
        ({"text": "'; DROP TABLE facts; --"}, []),
        ({"split": "train"}, [0, 1, 2, 3]),
        ({"split": "test"}, []),
        ({"rater": "ann"}, [0, 1]),
        ({"rater": "bob"}, [0]),
        ({"tie": True}, [3]),
        ({"tie": False}, [0, 1, 2]),
        ({"length": Range(4, None)}, [0, 1]),
        ({"length": Range(2, 3)}, [2, 3]),
        ({"gap": Range(None, -1)}, [2]),
        ({"gap": Range(1, 1)}, [0]),
        ({"margin": Range(0.0, 1.0)}, [3]),
        ({"text": "cat", "rater": "ann"}, [0]),
    ],
)
def test_each_condition_finds_its_rows(search: RowSearch, conditions: dict[str, object], expected: list[int]) -> None:
    assert _rows(search, **conditions) == expected


def test_a_second_text_is_not_answered_with_the_first_ones_rows(search: RowSearch) -> None:
    assert [_rows(search, text=text) for text in ("cat", "dog", "cat")] == [[0, 3], [1], [0, 3]]


def test_a_line_shows_the_last_turn_and_who_agreed(search: RowSearch) -> None:
    first, third = search.lines([0, 2])
    assert (first.prompt, first.chosen, first.rejected) == ("A cat?", "Yes.", "No.")
    assert (first.length, first.gap, first.margin, first.n_ratings, first.n_agreeing) == (4, 1, 1.5, 2, 1)
    assert (third.index, third.prompt, third.gap) == (2, "100% sure's?", -1)


def test_a_row_comes_back_as_it_was_stored(search: RowSearch) -> None:
    assert [search.row(index).row for index in range(4)] == _ROWS
    assert search.row(1).split == "train"
    with pytest.raises(NotFound, match="no row 4"):
        search.row(4)


def test_a_distribution_ignores_its_own_condition_and_heeds_the_others(search: RowSearch) -> None:
    found = search.find(RowFilter(text="cat", rater="bob"))
    bars = {
        histogram.condition: {bar.label: bar.n for bar in histogram.bars if bar.n} for histogram in found.histograms
    }
    assert bars["rater"] == {"ann": 1, "bob": 1}
    assert bars["split"] == {"train": 1}
    assert bars["length"] == {"4": 1}
    assert bars["gap"] == {"1": 1}


def test_the_margins_are_those_of_the_whole_dataset(search: RowSearch) -> None:
    assert search.find(RowFilter(text="dog")).margins == Range(0.0, 1.5)


def test_picking_a_bar_finds_as_many_rows_as_it_is_high(search: RowSearch) -> None:
    for histogram in search.find(RowFilter()).histograms:
        for bar in histogram.bars:
            assert len(_rows(search, **{histogram.condition: bar.value})) == bar.n


def test_a_missing_file_and_a_damaged_one_are_named(search: RowSearch, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no dataset here"):
        RowSearch(tmp_path)
    (tmp_path / ROWS_FILE).write_bytes(b"PAR1 and no more")
    with pytest.raises(BadInput, match="damaged"):
        RowSearch(tmp_path).find(RowFilter())
