from pathlib import Path

from workbench.data.importing import import_file
from workbench.data.readers.raters import READER
from workbench.data.store import read_rows
from workbench.domain.pairs import Message, Rating

_RECORD = {"instruction": "Say it.", "input": "", "response1": "One", "response2": True, "idx": 4}


def test_the_majority_chooses_and_every_rater_is_kept():
    [row] = READER.read(_RECORD | {"annotator1": 2, "annotator2": 1, "annotator3": 2})
    assert row.chosen == (Message("assistant", "True"),)
    assert row.ratings == (
        Rating("annotator1", "chosen"),
        Rating("annotator2", "rejected"),
        Rating("annotator3", "chosen"),
    )
    assert row.metadata == {"idx": 4, "chosen_from": "response2"}


def test_raters_who_see_no_difference_make_a_tie():
    [row] = READER.read(_RECORD | {"annotator1": 0, "annotator2": 0, "annotator3": 1})
    assert row.tie
    assert row.chosen == (Message("assistant", "One"),)


def test_agreement_on_the_real_file_is_the_published_one(shared: Path, tmp_path: Path):
    """Fleiss' kappa of the 500 rows is 0.8369; it needs every label and which side it meant."""
    record, _, _ = import_file(shared / "preferences/pandalm/testset-first500.json", tmp_path / "pandalm", "pandalm")
    counts = []
    for row in read_rows(tmp_path / "pandalm"):
        first = row.metadata["chosen_from"] == "response1"
        sides = {"chosen": 0 if first else 1, "rejected": 1 if first else 0, "tie": 2}
        counts.append([sum(sides[rating.choice] == side for rating in row.ratings) for side in range(3)])
    agreement = sum(sum(n * (n - 1) for n in row) / 6 for row in counts) / len(counts)
    chance = sum((sum(row[side] for row in counts) / (3 * len(counts))) ** 2 for side in range(3))
    assert record.n_rows == 500
    assert round((agreement - chance) / (1 - chance), 4) == 0.8369
