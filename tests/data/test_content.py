from workbench.data.columns import Placed, to_batch
from workbench.data.content import ContentHash
from workbench.domain.pairs import Row, plain

_ROWS = [Row(plain(f"prompt {i}"), plain(f" yes {i}"), None if i % 2 else plain(" no"), margin=i / 4) for i in range(7)]


def _hash(rows: list[Row], *cuts: int, split: str = "train") -> str:
    content = ContentHash()
    placed = [Placed(i, split, f"{i:016x}", row) for i, row in enumerate(rows)]  # type: ignore[arg-type]
    for start, stop in zip((0, *cuts), (*cuts, len(rows)), strict=True):
        content.update(to_batch(placed[start:stop]))
    return content.hexdigest()


def test_the_checksum_does_not_depend_on_how_rows_are_packed():
    assert _hash(_ROWS) == _hash(_ROWS, 1, 4) == _hash(_ROWS, 1, 2, 3, 4, 5, 6)


def test_a_slice_of_a_batch_counts_as_its_rows():
    placed = [Placed(i, "train", f"{i:016x}", row) for i, row in enumerate(_ROWS)]
    content = ContentHash()
    content.update(to_batch(placed).slice(2, 3))
    assert content.hexdigest() == _hash(_ROWS[2:5])


def test_text_that_moves_between_neighbouring_cells_changes_it():
    assert _hash([Row(plain("ab"), plain("c"))]) != _hash([Row(plain("a"), plain("bc"))])
    assert _hash([Row(plain("ab")), Row(plain("c"))]) != _hash([Row(plain("a")), Row(plain("bc"))])


def test_null_and_empty_differ():
    assert _hash([Row(plain("p"), chosen=())]) != _hash([Row(plain("p"), chosen=None)])
    assert _hash([Row(plain("p"), margin=0.0)]) != _hash([Row(plain("p"), margin=None)])


def test_order_and_splits_are_part_of_the_content():
    assert _hash(_ROWS) != _hash(_ROWS[::-1])
    assert _hash(_ROWS) != _hash(_ROWS, split="test")
