import pytest

from workbench.compare import compare_runs, matched_table
from workbench.domain.recipes import DpoRecipe

N = 8
ZERO = [0.0] * N


def at(kl: float, proxy: float = 0.0) -> dict[str, list[float]]:
    return {"kl": [kl] * N, "proxy": [proxy] * N}


def view(runs, by: str):
    return next(found for found in compare_runs(runs.project).matched if found.by == by)


@pytest.fixture
def matched(runs):
    """`far` goes to a KL of 8 in two checkpoints, `near` to one of 2 in one; gold and KL rise together."""
    runs.start(ZERO, **at(0.0))
    runs.arm("far", {10: [4.0] * N, 20: [8.0] * N}, others={10: at(4.0, 1.0), 20: at(8.0, 3.0)})
    runs.arm("near", {40: [1.0] * N}, others={40: at(2.0, 2.0)}, recipe=DpoRecipe(beta=0.5))
    return runs


def test_arms_meet_at_the_largest_level_that_all_reached_between_checkpoints_on_a_straight_line(matched):
    found = view(matched, "kl")
    assert (found.level, found.limited_by) == (2.0, "near, seed 0")
    far, near = found.arms
    assert far.steps == (5.0,), "half way from the start model to its first checkpoint"
    assert (far.gold.mean, far.kl.mean, far.reached) == (2.0, 2.0, 8.0)
    assert (near.steps, near.gold.mean) == ((40.0,), 1.0)


def test_the_win_rate_lies_between_those_of_the_two_checkpoints(matched):
    far, near = view(matched, "kl").arms
    assert far.win_rate.mean == pytest.approx((0.5 + 1.0) / 2)
    assert near.win_rate.mean == 1.0


def test_data_are_the_examples_that_the_arms_own_run_learned_from(matched):
    found = view(matched, "data")
    assert (found.level, found.limited_by) == (8 * 20, "far, seed 0")  # 8 episodes a step
    far, near = found.arms
    assert (far.steps, far.gold.mean) == ((20.0,), 8.0)
    assert (near.steps, near.gold.mean) == ((20.0,), 0.5)


def test_the_proxy_score_is_matched_where_it_was_first_reached(matched):
    found = view(matched, "proxy")
    assert found.level == 2.0
    assert [arm.steps for arm in found.arms] == [(15.0,), (40.0,)]
    assert found.arms[0].gold.mean == 6.0


def test_without_the_models_there_is_no_level_of_compute_and_the_reason_is_said(matched):
    found = view(matched, "compute")
    assert (found.level, found.arms) == (None, ())
    assert found.note == (
        "The size of a model is not known, or the logs do not say how many tokens were seen. Of: far, seed 0, near, seed 0."
    )
    assert matched_table(found).title == "Matched compute"


def test_each_seed_is_read_off_at_the_level_and_the_slowest_decides_it(runs):
    for seed, kl in ((0, 4.0), (1, 2.0)):
        runs.start(ZERO, seed, **at(0.0))
        runs.arm("dpo", {10: [1.0 + seed] * N}, seed=seed, others={10: at(kl)})
    found = view(runs, "kl")
    (dpo,) = found.arms
    assert (found.level, found.limited_by) == (2.0, "dpo, seed 1")
    assert dpo.steps == (5.0, 10.0)
    assert (dpo.gold.mean, dpo.gold.n) == (pytest.approx((0.5 + 2.0) / 2), 2)


def test_at_the_start_model_the_win_rate_is_one_half_by_definition(runs):
    runs.start(ZERO, **at(0.0))
    runs.arm("stuck", {10: ZERO}, others={10: at(0.0)})
    runs.arm("dpo", {10: [1.0] * N}, others={10: at(1.0)}, recipe=DpoRecipe(beta=0.5))
    rates = [arm.win_rate for arm in view(runs, "kl").arms]
    assert [(rate.mean, rate.low, rate.high) for rate in rates] == [(0.5, 0.5, 0.5)] * 2


def test_the_table_names_the_level_with_its_unit_and_who_sets_it(matched):
    table = matched_table(view(matched, "kl"))
    assert (table.title, table.summary) == ("Matched KL: 2 nats", "near, seed 0 reached no more")
    assert [row.cells[0].words for row in table.rows] == ["far", "near"]
