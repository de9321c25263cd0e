import numpy as np
import pytest
from evaluated_runs import realistic

from workbench.compare import compare_runs
from workbench.compare.ranking import rank_checkpoints
from workbench.compare.rates import wilson
from workbench.compare.strengths import ELO
from workbench.domain.errors import NotFound
from workbench.domain.views import View


def logit(rate: float) -> float:
    return float(np.log(rate / (1 - rate)))


def test_two_arms_stand_as_far_apart_as_their_win_rate_says(runs):
    runs.start([0.0] * 256)
    runs.arm("dpo", {100: [1.0] * 158 + [-1.0] * 98})
    ranking = compare_runs(runs.project).ranking
    assert ranking is not None
    dpo, start = ranking.lines
    assert (dpo.arm, dpo.rank, start.arm, start.rank, ranking.origin) == ("dpo", 1, "reference", 2, "reference")
    assert dpo.elo.mean == pytest.approx(ELO * logit(158.5 / 257))
    rate = wilson(158, 256)
    assert (dpo.elo.low, dpo.elo.high) == pytest.approx((ELO * logit(rate.low), ELO * logit(rate.high)), abs=8)
    assert (start.elo.low, start.elo.mean, start.elo.high) == (0, 0, 0)
    assert "resampling 256 prompts" in ranking.interval


def test_arms_that_are_not_told_apart_share_a_rank(runs):
    runs.start([0.0] * 8)
    runs.arm("a", {100: [1.0] * 5 + [-1.0] * 3})
    ranking = compare_runs(runs.project).ranking
    assert ranking is not None
    assert [line.rank for line in ranking.lines] == [1, 1]


def test_over_several_seeds_the_intervals_are_over_seeds_and_every_checkpoint_has_its_place(tmp_path):
    project = realistic(tmp_path / "p", seeds=(0, 1, 2), n_prompts=60, steps=3)
    last, every = compare_runs(project).ranking, rank_checkpoints(project)
    assert last is not None
    assert "3 seeds and 60 prompts" in last.interval
    assert [line.elo.n for line in last.lines] == [3] * 4
    assert len(every.lines) == 3 * 3 + 1
    ppo = {line.steps: line.elo.mean for line in every.lines if line.arm == "PPO"}
    assert min(ppo, key=lambda steps: ppo[steps]) == (150, 150, 150)  # it over-optimises
    assert sorted(ppo) == [(50,) * 3, (100,) * 3, (150,) * 3]


def test_hidden_arms_are_not_ranked(tmp_path):
    project = realistic(tmp_path / "p", seeds=(0,), n_prompts=30, steps=2)
    view = View(hidden=("PPO",))
    found = rank_checkpoints(project, view=view)
    assert {line.arm for line in found.lines} == {"reference", "DPO β=0.1", "DPO β=0.03"}
    with pytest.raises(NotFound, match="nothing to rank"):
        rank_checkpoints(project, view=View(hidden=("PPO", "reference", "DPO β=0.1", "DPO β=0.03")))


def test_arms_without_a_common_seed_are_placed_by_the_start_model_that_both_met(runs):
    runs.start([0.0] * 8)
    runs.arm("a", {100: [1.0] * 7 + [-1.0]}, seed=0)
    runs.arm("b", {100: [1.0] * 5 + [-1.0] * 3}, seed=1)
    ranking = compare_runs(runs.project).ranking
    assert ranking is not None
    assert [line.arm for line in ranking.lines] == ["a", "b", "reference"]
    assert ranking.lines[0].elo.mean == pytest.approx(ELO * logit(7.5 / 9))


def test_one_who_met_nobody_is_left_out_and_named(runs):
    runs.arm("a", {100: [1.0] * 8}, seed=0)
    runs.arm("b", {100: [0.0] * 8}, seed=0)
    runs.arm("c", {100: [0.0] * 8}, seed=1)
    ranking = compare_runs(runs.project).ranking
    assert ranking is not None
    assert ranking.left_out == ("c",)
    assert [line.arm for line in ranking.lines] == ["a", "b"]


def test_where_nobody_met_anybody_nothing_is_ranked(runs):
    runs.arm("a", {100: [1.0] * 8}, seed=0)
    runs.arm("b", {100: [0.0] * 8}, seed=1)
    ranking = compare_runs(runs.project).ranking
    assert ranking is not None
    assert ranking.lines == ()
    assert ranking.left_out == ("a", "b")
