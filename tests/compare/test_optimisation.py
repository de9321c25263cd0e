import numpy as np
import pytest
from evaluated_runs import over_optimised

from workbench.compare.comparison import compare_runs
from workbench.domain.samples import KL, KL_K1, KL_K3, KL_TOKENS, PROXY
from workbench.domain.views import View

N = 8


@pytest.fixture
def turning(runs):
    """A project whose PPO follows Gao's form with alpha 2 and beta 1, which turns at √KL = e."""
    over_optimised(runs)
    return runs


def test_a_known_turning_point_is_found_in_a_project(turning):
    (turn,) = compare_runs(turning.project).optimisation.turning_points
    assert turn.why_not == ""
    assert turn.is_measured
    assert turn.kl.low < np.e**2 < turn.kl.high
    assert turn.kl.mean == pytest.approx(np.e**2, rel=0.1)
    assert turn.height.mean == pytest.approx(np.e, rel=0.05)


def test_the_panel_has_the_form_and_its_turn_over_the_root_of_the_kl(turning):
    (panel,) = compare_runs(turning.project, view=View(panels=("overoptimisation",))).panels
    roles = {series.role: series for series in panel.series}
    assert set(roles) == {"gold", "proxy", "fit"}
    assert panel.x.label == "√KL"
    assert roles["gold"].x[1] == pytest.approx(0.7)
    assert roles["gold"].steps[1] == (10,)
    (span,) = panel.spans
    assert span.low < np.e < span.high
    fitted = dict(zip(roles["fit"].x, roles["fit"].y, strict=True))
    assert max(fitted.values()) == pytest.approx(np.e, rel=0.05)
    (over_kl,) = compare_runs(turning.project, view=View(x="kl", panels=("overoptimisation",))).panels
    assert over_kl.spans[0].at == pytest.approx(span.at**2)


def test_kl_is_given_at_every_checkpoint_with_its_standard_error(runs):
    runs.start([0.0] * N)
    kl = [1.0, 3.0] * (N // 2)
    runs.arm("dpo", {100: [0.0] * N}, others={100: {KL: kl, KL_K1: [2.0] * N, KL_K3: [2.0] * N}})
    (row,) = compare_runs(runs.project).optimisation.kl
    assert (row.arm, row.steps, row.kl.mean, row.k1, row.k3) == ("dpo", (100,), 2.0, 2.0, 2.0)
    assert row.se == pytest.approx(np.std(kl, ddof=1) / np.sqrt(N))
    assert row.per_token == pytest.approx(0.2)  # ten tokens each


def test_a_k1_below_zero_is_explained(runs):
    runs.start([0.0] * N)
    runs.arm("dpo", {100: [0.0] * N}, others={100: {KL: [0.01] * N, KL_K1: [-0.5, 0.3] * (N // 2)}})
    (note,) = compare_runs(runs.project).optimisation.notes
    assert "k1 of dpo at step 100 came out as -0.100" in note
    assert "by chance" in note
    assert "exact one there is 0.010" in note


def test_who_lies_above_whose_frontier_is_counted_both_ways(runs):
    runs.start([0.0] * N)
    kl = {step: {KL: [float(step)] * N} for step in (1, 2)}
    runs.arm("better", {1: [2.0] * N, 2: [3.0] * N}, others=kl)
    runs.arm("worse", {1: [1.0] * N, 2: [2.0] * N}, others=kl)
    counted = {(one.row, one.column): one.above for one in compare_runs(runs.project).optimisation.dominance}
    assert (counted["better", "worse"].mean, counted["better", "worse"].n) == (2, 2)
    assert counted["worse", "better"].mean == 0


def test_best_of_n_stands_in_frontier_and_over_optimisation_at_its_bound(runs):
    random = np.random.default_rng(0)
    runs.start([0.0, 1.0] * (N // 2), **{PROXY: [0.0, 1.0] * (N // 2)})
    runs.arm("dpo", {1: [1.0] * N}, others={1: {KL: [1.0] * N, PROXY: [1.0] * N}})
    proxy = random.normal(size=(N, 4))
    runs.best_of_n(proxy, proxy)
    found = compare_runs(runs.project, view=View(panels=("frontier", "overoptimisation", "best_of_n")))
    frontier, over, best = found.panels
    (drawn,) = [series for series in frontier.series if series.arm == "best of n"]
    assert drawn.x == pytest.approx((0, 0.1931, 0.6363), abs=1e-4)
    assert drawn.index == 2
    assert "bound" in frontier.caption
    assert [series.x[-1] for series in over.series if series.arm == "best of n"] == pytest.approx(
        [0.6363**0.5] * 2, abs=1e-4
    )
    assert best.series[0].x == (1, 2, 4)
    assert [row.n for row in found.optimisation.best_of_n] == [1, 2, 4]
    assert found.optimisation.best_of_n[2].gold.mean == pytest.approx(found.optimisation.best_of_n[2].proxy.mean)
    hidden = compare_runs(runs.project, view=View(panels=("frontier",), hidden=("best of n",)))
    assert "best of n" not in {series.arm for series in hidden.panels[0].series}


def test_without_samples_the_panels_say_what_would_bring_them(runs):
    runs.start([0.0] * N)
    runs.arm("dpo", {1: [1.0] * N})
    best, profile = compare_runs(runs.project, view=View(panels=("best_of_n", "kl_profile"))).panels
    assert best.series == profile.series == ()
    assert "workbench best-of-n" in best.caption
    assert "dpo; `workbench evaluate RUN --checkpoints last`" in profile.caption


def test_the_profile_tells_how_many_responses_go_on(runs):
    runs.start([0.0] * N)
    values = [np.asarray([0.5, 0.25], np.float16)] * N
    runs.arm("dpo", {1: [1.0] * N}, others={1: {KL_TOKENS: values}})
    (panel,) = compare_runs(runs.project, view=View(panels=("kl_profile",))).panels
    (series,) = panel.series
    assert (series.x, series.y, series.counts) == ((1, 2), (0.5, 0.25), (N, N))


def test_the_comparison_as_json_has_all_of_it(turning):
    told = compare_runs(turning.project).to_json()["optimisation"]
    assert told["turning_points"][0]["kl"]["mean"] == pytest.approx(np.e**2, rel=0.1)
    assert {"kl", "dominance", "best_of_n", "notes"} < set(told)
