import numpy as np
import pytest

from workbench.compare import compare_runs
from workbench.compare.claims import make_claims
from workbench.compare.winrates import Pairing, win_cell


def paired(wins: int, losses: int, ties: int = 0, unknown: int = 0):
    """One seed's comparisons of two arms on prompts of their own numbers."""
    difference = np.array([1.0] * wins + [-1.0] * losses + [0.0] * ties + [np.nan] * unknown)
    return Pairing(np.array([f"p{i:05}" for i in range(len(difference))]), difference, unknown)


def cell(row: str, column: str, *counts: int):
    found = win_cell(row, column, [paired(*counts)], in_full=False)
    assert found is not None
    return found


def test_the_arm_that_won_more_is_the_row_and_trained_arms_come_first():
    claims = make_claims([cell("a", "start", 60, 40), cell("b", "a", 20, 80)], {"a": "start", "b": "start"})
    assert [(claim.row, claim.column) for claim in claims] == [("a", "b"), ("a", "start")]
    assert claims[0].rate.mean == 0.8
    assert (claims[0].wins, claims[0].losses) == (80, 20)


def test_p_values_are_adjusted_for_all_claims_at_once():
    claims = make_claims([cell("a", "b", 40, 25), cell("a", "c", 90, 10), cell("b", "c", 50, 50)], {})
    assert [claim.p_value for claim in claims] == pytest.approx([0.0817, 0, 1], abs=5e-5)
    assert [claim.adjusted for claim in claims] == pytest.approx([0.1634, 0, 1], abs=1e-4)
    assert [claim.is_shown for claim in claims] == [False, True, False]


def test_only_what_is_not_shown_says_what_would_decide_it():
    shown, near, even = make_claims([cell("a", "b", 90, 10), cell("a", "c", 55, 45), cell("b", "c", 50, 50)], {})
    assert (shown.needs, shown.decided_by) == (None, "")
    assert near.needs is not None
    assert near.needs.prompts is not None
    assert near.needs.prompts > 100
    assert near.decided_by == f"{near.needs.prompts:,} prompts"
    assert even.decided_by == "out of reach"


def test_ties_and_what_was_left_out_are_counted():
    (claim,) = make_claims([cell("a", "b", 5, 3, 4, 2)], {})
    assert (claim.wins, claim.ties, claim.losses, claim.missing) == (5, 4, 3, 2)
    assert claim.rate.mean == 7 / 12


def test_a_comparison_holds_its_claims_and_they_are_in_its_json(runs):
    runs.start([0.0] * 256)
    runs.arm("dpo", {100: [1.0] * 158 + [-1.0] * 98})
    runs.arm("ppo", {100: [1.0] * 146 + [-1.0] * 110}, method="ppo")
    comparison = compare_runs(runs.project)
    assert len(comparison.claims) == 3
    assert [claim["row"] for claim in comparison.to_json()["claims"]] == [claim.row for claim in comparison.claims]
    assert comparison.verdict == " ".join(one.sentence for one in comparison.statements)
