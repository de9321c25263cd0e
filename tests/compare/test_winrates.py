import numpy as np
import pytest
from evaluated_runs import write_samples

from workbench.compare.arms import gather_arms
from workbench.compare.rates import mcnemar, wilson
from workbench.compare.samples import read_samples
from workbench.compare.winrates import compare_arms, pair, win_matrix, win_table


def samples(folder, name, gold, **others):
    path = folder / name / "checkpoint-1.parquet"
    write_samples(path, gold, **others)
    return read_samples(path, 1)


def test_the_higher_score_wins_and_equal_scores_tie(tmp_path):
    found = pair(samples(tmp_path, "a", [2.0, 1.0, 0.0]), samples(tmp_path, "b", [1.0, 1.0, 1.0]))
    assert sorted(found.outcome.tolist()) == [0.0, 0.5, 1.0]
    assert found.missing == 0


def test_only_prompts_that_both_answered_are_compared_and_the_others_counted(tmp_path):
    first = samples(tmp_path, "a", [1.0, 1.0], prompt_key=["p", "q"])
    second = samples(tmp_path, "b", [0.0, 0.0, 0.0], prompt_key=["q", "r", "s"])
    found = pair(first, second)
    assert found.keys.tolist() == ["q"]
    assert found.outcome.tolist() == [1.0]
    assert found.missing == 3


def test_a_missing_score_is_counted_and_never_guessed(tmp_path):
    found = pair(samples(tmp_path, "a", [1.0, None, 1.0]), samples(tmp_path, "b", [0.0, 0.0, float("nan")]))
    assert found.missing == 2
    assert np.nansum(found.outcome) == 1
    assert np.isnan(found.outcome).sum() == 2


def test_several_responses_to_a_prompt_count_as_one_prompt(tmp_path):
    first = samples(tmp_path, "a", [1.0, 0.0, 1.0], prompt_key=["p", "p", "q"])
    second = samples(tmp_path, "b", [0.0, 1.0, 0.0], prompt_key=["p", "p", "q"])
    assert win_table([pair(first, second)]).tolist() == [[0.5, 1.0]]


def test_one_seed_gives_wilsons_interval_over_prompts(runs):
    runs.start([0.0] * 256)
    runs.arm("dpo", {100: [1.0] * 158 + [-1.0] * 98})
    cell = compare_arms(*reversed(gather_arms(runs.project)))
    assert cell is not None
    assert (cell.row, cell.column) == ("dpo", "reference")
    assert (cell.wins, cell.ties, cell.losses, cell.missing) == (158, 0, 98, 0)
    assert cell.rate == wilson(158, 256)
    assert cell.p_value == mcnemar(158, 98)[0]
    assert cell.bootstrap.low == pytest.approx(cell.rate.low, abs=0.01)
    assert cell.gold_difference.mean == pytest.approx(60 / 256)
    assert cell.gold_bootstrap.low == pytest.approx(cell.gold_difference.low, abs=0.02)


def test_several_seeds_give_an_interval_over_seeds(runs):
    for seed, wins in enumerate((6, 5, 7)):
        runs.start(seed=seed)
        runs.arm("dpo", {100: [1.0] * wins + [-1.0] * (8 - wins)}, seed=seed)
    reference, dpo = gather_arms(runs.project)
    cell = compare_arms(dpo, reference)
    assert cell is not None
    assert cell.rate.mean == pytest.approx(18 / 24)
    assert cell.rate.n == 3
    assert (cell.bootstrap, cell.gold_bootstrap) == (None, None)  # resampling three seeds covers too little


def test_the_other_side_of_a_comparison_mirrors_it(runs):
    runs.start([0.0] * 4)
    runs.arm("dpo", {100: [1.0, 1.0, 0.0, -1.0]})
    reference, dpo = gather_arms(runs.project)
    cell, other = compare_arms(dpo, reference), compare_arms(reference, dpo)
    assert cell is not None
    assert other is not None
    mirrored = cell.swapped()
    assert (mirrored.row, mirrored.wins, mirrored.ties, mirrored.losses) == ("reference", 1, 1, 2)
    assert mirrored.rate.mean == other.rate.mean == 0.375
    assert mirrored.rate.low == pytest.approx(other.rate.low)
    assert mirrored.gold_difference == other.gold_difference


def test_identical_answers_are_one_half(runs):
    runs.start([0.3] * 8)
    runs.arm("dpo", {100: [0.3] * 8})
    cell = win_matrix(gather_arms(runs.project))[0]
    assert cell.rate.mean == 0.5
    assert cell.p_value == 1


def test_arms_without_a_common_seed_are_not_compared_but_each_meets_the_start_model(runs):
    runs.start()
    runs.arm("a", {100: [1.0] * 8}, seed=0)
    runs.arm("b", {100: [1.0] * 8}, seed=1)
    assert [(cell.row, cell.column) for cell in win_matrix(gather_arms(runs.project))] == [
        ("a", "reference"),
        ("b", "reference"),
    ]
