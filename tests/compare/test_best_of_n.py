from itertools import combinations

import numpy as np
import pytest

from workbench.compare import compare_runs
from workbench.compare.arms import gather_arms
from workbench.compare.best_of_n import best_of, kl_bound, sizes, subset_weights
from workbench.compare.sampled import gather_best_of_n
from workbench.domain.views import View


@pytest.mark.parametrize(("n", "bound"), [(1, 0.0), (4, 0.6363), (16, 1.8351), (128, 3.8598), (1000, 5.9088)])
def test_the_kl_of_choosing_is_bounded(n, bound):
    assert kl_bound(n) == pytest.approx(bound, abs=5e-5)


def test_of_three_samples_the_best_of_two_is_the_highest_twice_in_three():
    assert subset_weights(3, 2) == pytest.approx([0, 1 / 3, 2 / 3])
    assert subset_weights(1000, 16).sum() == pytest.approx(1)


def test_every_n_is_the_mean_over_all_subsets_ties_shared():
    random = np.random.default_rng(0)
    proxy, gold = random.integers(0, 4, (3, 6)).astype(float), random.normal(size=(3, 6))
    for n in range(1, 7):
        expected = []
        for row, scores in zip(proxy, gold, strict=True):
            picked = [[i for i in subset if row[i] == row[list(subset)].max()] for subset in combinations(range(6), n)]
            expected.append(np.mean([scores[best].mean() for best in picked]))
        assert best_of(proxy, gold, n) == pytest.approx(np.array(expected))


def test_a_prompt_with_a_missing_score_has_none():
    found = best_of(np.array([[1.0, 2.0], [1.0, 2.0]]), np.array([[np.nan, 1.0], [0.0, 1.0]]), 1)
    assert np.isnan(found[0])
    assert found[1] == 0.5


@pytest.mark.parametrize(("most", "shown"), [(2, [1, 2]), (16, [1, 2, 4, 8, 16]), (24, [1, 2, 4, 8, 16, 24])])
def test_powers_of_two_are_shown_and_the_most(most, shown):
    assert sizes(most) == shown


def test_the_gain_over_one_sample_is_covered_by_its_interval(runs):
    """Gold is half the proxy and half noise: the best of 8 normal scores is expected 1.4236 above the mean."""
    random, n_covered, n = np.random.default_rng(0), 0, 150
    proxy = random.normal(size=(n, 64, 8))
    gold = 0.5 * proxy + random.normal(size=(n, 64, 8))
    runs.start([0.0, 1.0] * 32, proxy=[0.0, 1.0] * 32)
    runs.best_of_n(proxy[0], gold[0])
    (sampled,) = gather_best_of_n(runs.project, gather_arms(runs.project))
    assert sampled.sizes == [1, 2, 4, 8]
    for i in range(n):
        gain = best_of(proxy[i], gold[i], 8) - best_of(proxy[i], gold[i], 1)
        half = 1.998 * gain.std(ddof=1) / 8  # t with 63 degrees of freedom
        n_covered += abs(gain.mean() - 0.5 * 1.4236) <= half
    assert 0.90 <= n_covered / n <= 0.99
    first = sampled.gain("gold", 8)[0]
    assert sorted(first) == pytest.approx(sorted(best_of(proxy[0], gold[0], 8) - best_of(proxy[0], gold[0], 1)))


def test_it_starts_at_the_start_models_own_scores(runs):
    runs.start([1.0, 3.0] * 4, proxy=[0.0, 1.0] * 4)
    random = np.random.default_rng(0)
    runs.best_of_n(random.normal(size=(8, 4)), random.normal(size=(8, 4)))
    (sampled,) = gather_best_of_n(runs.project, gather_arms(runs.project))
    curve = sampled.curve("gold", standardised=False)
    assert (curve.x[0], curve.y[0]) == (0.0, 2.0)
    assert sampled.curve("gold", standardised=True).y[0] == 0.0


def test_nothing_is_made_of_a_single_round_or_of_another_start_model(runs):
    runs.start([0.0, 1.0] * 4)
    runs.best_of_n(np.zeros((8, 1)), np.zeros((8, 1)))
    runs.best_of_n(np.ones((8, 4)), np.ones((8, 4)), seed=1, model="models/other")
    assert gather_best_of_n(runs.project, gather_arms(runs.project)) == []


def test_its_line_and_its_wins_are_the_means_over_all_choices(runs):
    """Two samples a prompt, the proxy always likes the second: best of 2 is the second, whose gold is 1 above the first."""
    gold = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0]])
    proxy = np.array([[0.0, 1.0]] * 4)
    runs.start([0.0, 3.0, 5.0, 9.0], proxy=[0.0, 1.0] * 2)
    runs.arm("dpo", {10: [9.0] * 4})
    runs.best_of_n(proxy, gold)
    found = compare_runs(runs.project)
    (line,) = found.sampled_shown
    assert (line.name, line.n, line.n_prompts, line.gold.mean, line.proxy.mean) == ("best of n", 2, 4, 4.0, 1.0)
    assert line.kl_bound == pytest.approx(0.1931, abs=1e-4)
    assert line.win_rate.mean == 0.5  # a win, a tie, a tie, a loss against the start model
    cell = found.cell("dpo", "best of n")
    assert (cell.rate.mean, cell.wins, cell.losses, cell.gold_difference.mean) == (1.0, 4, 0, 5.0)
    assert found.to_json()["best_of_n"][0]["win_rate"]["mean"] == 0.5
    assert "best of n" not in found.verdict


def test_a_hidden_best_of_n_has_no_line(runs):
    runs.start([0.0, 1.0] * 2)
    runs.best_of_n(np.array([[0.0, 1.0]] * 4), np.array([[0.0, 1.0]] * 4))
    assert compare_runs(runs.project, view=View(hidden=("best of n",))).sampled_shown == ()
