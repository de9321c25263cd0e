from workbench.data.readers.ratings import READER
from workbench.domain.pairs import Rating, plain

_RECORD = {"prompt": "p", "response_a": " A", "response_b": " B", "gold_a": -0.5, "gold_b": 0.25}


def test_the_majority_chooses_and_scores_and_choices_follow_the_response():
    [row] = READER.read(_RECORD | {"ratings": {"anna": "b", "ben": "a", "cleo": "b"}, "cut_b": True})
    assert (row.chosen, row.gold_chosen, row.gold_rejected) == (plain(" B"), 0.25, -0.5)
    assert row.ratings == (Rating("anna", "chosen"), Rating("ben", "rejected"), Rating("cleo", "chosen"))
    assert (row.chosen_cut, row.rejected_cut) == (True, False)
    assert row.metadata == {"chosen_from": "response_b"}


def test_a_draw_is_a_tie():
    [row] = READER.read(_RECORD | {"ratings": {"anna": "b", "ben": "a"}})
    assert (row.tie, row.chosen) == (True, plain(" A"))
