from workbench.data.sides import Side, Vote, majority_vote, sided_row
from workbench.domain.pairs import Rating, plain

_A, _B = Side("response_a", plain("a"), 0.1), Side("response_b", plain("b"), 0.9, cut=True)


def test_more_votes_win_and_a_draw_is_a_tie():
    assert majority_vote([Vote("1", "second"), Vote("2", "first"), Vote("3", "second")]) == "second"
    assert majority_vote([Vote("1", "second"), Vote("2", "first")]) == "tie"
    assert majority_vote([Vote("1", "tie"), Vote("2", "tie"), Vote("3", "first")]) == "tie"


def test_what_belongs_to_a_side_moves_with_it():
    row = sided_row(
        plain("p"), _A, _B, "second", [Vote("x", "second"), Vote("y", "first"), Vote("z", "tie")], {"id": 1}
    )
    assert (row.chosen, row.gold_chosen, row.chosen_cut) == (plain("b"), 0.9, True)
    assert (row.rejected, row.gold_rejected, row.rejected_cut) == (plain("a"), 0.1, False)
    assert row.ratings == (Rating("x", "chosen"), Rating("y", "rejected"), Rating("z", "tie"))
    assert row.metadata == {"id": 1, "chosen_from": "response_b"}


def test_in_a_tie_the_first_side_stands_first():
    row = sided_row(plain("p"), _A, _B, "tie", [], {})
    assert (row.tie, row.chosen) == (True, plain("a"))
