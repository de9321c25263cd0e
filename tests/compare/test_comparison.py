import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from evaluated_runs import realistic

from workbench.compare import compare_runs
from workbench.compare.rates import wilson
from workbench.domain.errors import BadSetting, NotFound
from workbench.domain.events import Metrics
from workbench.domain.recipes import DpoRecipe
from workbench.domain.views import View


def test_the_json_is_the_public_contract(runs):
    runs.start([0.0] * 256)
    runs.arm("dpo", {100: [1.0] * 158 + [-1.0] * 98}, others={100: {"kl": [2.0] * 256}})
    found = json.loads(json.dumps(compare_runs(runs.project).to_json(), allow_nan=False))
    assert list(found)[:3] == ["arms", "verdict", "warnings"]
    reference, dpo = found["arms"]
    assert list(dpo) == ["name", "method", "seeds", "gold", "proxy", "kl", "win_rate", "length_controlled"]
    assert (dpo["name"], dpo["method"], dpo["seeds"]) == ("dpo", "dpo", [0])
    assert dpo["win_rate"] == wilson(158, 256).model_dump()
    assert dpo["kl"] == {"mean": 2.0, "low": 2.0, "high": 2.0, "n": 256}
    assert dpo["proxy"] is None  # there was no reward model to ask
    assert reference["win_rate"] == {"mean": 0.5, "low": 0.5, "high": 0.5, "n": 256}


def test_figures_are_of_the_last_checkpoint_and_the_best_stands_beside_them(runs):
    runs.start()
    runs.arm("dpo", {50: [2.0] * 8, 100: [1.0] * 8})
    dpo = compare_runs(runs.project).arms[1]
    assert dpo.gold is not None
    assert dpo.best.gold is not None
    assert (dpo.last.steps, dpo.gold.mean) == ((100,), 1)
    assert (dpo.best.steps, dpo.best.gold.mean) == ((50,), 2)


def test_with_several_seeds_every_interval_is_over_seeds(tmp_path):
    comparison = compare_runs(realistic(tmp_path / "p", seeds=(0, 1, 2), n_prompts=60, steps=3))
    assert comparison.interval == "95 % intervals over 3 seeds, 60 prompts each"
    for arm in comparison.arms:
        assert [figure.n for figure in (arm.gold, arm.proxy, arm.kl, arm.win_rate) if figure] == [3, 3, 3, 3]


def test_over_optimisation_and_the_single_seed_reach_the_verdict(tmp_path):
    comparison = compare_runs(realistic(tmp_path / "p", seeds=(0,)))
    assert "PPO: from step" in comparison.verdict
    assert comparison.verdict.endswith("another seed may order the arms differently.")
    assert comparison.arms[0].method == "reference"


def test_every_two_arms_are_found_from_either_side(runs):
    runs.start([0.0] * 8)
    runs.arm("dpo", {100: [1.0] * 6 + [-1.0] * 2})
    comparison = compare_runs(runs.project)
    cell, other = comparison.cell("dpo", "reference"), comparison.cell("reference", "dpo")
    assert cell is not None
    assert other is not None
    assert (cell.rate.mean, other.rate.mean) == (0.75, 0.25)
    assert comparison.cell("dpo", "dpo") is None


def test_the_same_project_gives_the_same_comparison(tmp_path):
    project = realistic(tmp_path / "p", seeds=(0, 1), n_prompts=30, steps=2)
    assert compare_runs(project) == compare_runs(project)


def test_an_arm_whose_start_model_was_not_evaluated_has_no_win_rate_and_says_so(runs):
    runs.arm("dpo", {100: [1.0] * 8})
    comparison = compare_runs(runs.project)
    assert comparison.arms[0].win_rate is None
    assert "The start model of dpo was not evaluated, so there is no win rate against it." in comparison.warnings


def test_nothing_evaluated_is_an_error_that_says_what_to_do(runs):
    runs.arm("dpo", {})
    with pytest.raises(NotFound, match="nothing to compare") as caught:
        compare_runs(runs.project)
    assert "workbench evaluate" in caught.value.hint


def test_unequal_spending_is_among_the_warnings(runs):
    runs.start()
    runs.arm("a", {100: [0.0] * 8})
    runs.arm("b", {200: [0.0] * 8})
    (told,) = compare_runs(runs.project).warnings
    assert told.startswith("By the checkpoints compared, the arms had not used equal amounts: episodes a 800, b 1,600;")


def test_further_judges_stand_beside_the_gold_one_where_they_scored_every_arm(runs):
    runs.start([0.0] * 8)
    runs.arm("a", {50: [1.0] * 8})
    for number, path in enumerate(sorted(runs.project.folder.glob("runs/*/samples/*.parquet"))):
        table = pq.read_table(path)
        lengths = pa.array([float(40 + number)] * len(table))
        pq.write_table(table.append_column("score:length", lengths), path)
    compared = compare_runs(runs.project)
    assert compared.further_judges == ("length",)
    assert {arm.last.scores["length"].mean for arm in compared.arms} == {40.0, 41.0}


def test_a_hidden_arm_leaves_everything_but_keeps_its_place(runs):
    runs.start()
    for name, gold in (("a", 1.0), ("b", 2.0), ("c", 3.0)):
        runs.arm(name, {100: [gold] * 8})
    comparison = compare_runs(runs.project, view=View(hidden=("b",)))
    assert [(arm.name, arm.index) for arm in comparison.arms] == [("reference", 0), ("a", 1), ("c", 3)]
    assert {series.index for panel in comparison.panels for series in panel.series} == {1, 3}
    assert "b" not in {name for cell in comparison.wins for name in (cell.row, cell.column)}
    assert "beats b" not in comparison.verdict
    assert [arm.name for arm in comparison.everyone] == ["reference", "a", "b", "c"]


def test_hiding_the_start_model_leaves_the_win_rates_against_it(runs):
    runs.start()
    runs.arm("a", {100: [1.0] * 8})
    comparison = compare_runs(runs.project, view=View(hidden=("reference",)))
    (arm,) = comparison.arms
    assert arm.win_rate is not None
    assert arm.win_rate.mean == 1.0
    assert "start model" not in comparison.findings[0]


def test_win_rates_are_against_the_baseline_that_is_named(runs):
    runs.start()
    runs.arm("a", {50: [0.0] * 8, 100: [1.0] * 8})
    runs.arm("b", {100: [2.0] * 4 + [0.0] * 4})
    comparison = compare_runs(runs.project, view=View(baseline="a"))
    rates = [arm.win_rate.mean for arm in comparison.arms if arm.win_rate]
    assert rates == [0.0, 0.5, 0.5]
    curve = next(series for series in comparison.panels[2].series if series.arm == "a")
    assert curve.y == (0.0, 0.0, 50.0)  # its checkpoints against its own last one
    with pytest.raises(BadSetting, match="`c` is no arm"):
        compare_runs(runs.project, view=View(baseline="c"))


def test_a_view_that_hides_every_arm_is_refused(runs):
    runs.start()
    with pytest.raises(BadSetting, match="Every arm is hidden"):
        compare_runs(runs.project, view=View(hidden=("reference",)))


def test_what_was_evaluated_since_is_seen(runs):
    runs.start()
    runs.arm("a", {100: [1.0] * 8})
    before = compare_runs(runs.project)
    runs.arm("b", {100: [2.0] * 8})
    assert len(compare_runs(runs.project).arms) == len(before.arms) + 1


def test_a_training_metric_is_drawn_over_kl_without_a_panel_of_kl(runs):
    runs.start()
    logged = [
        Metrics(
            step=step, episodes=step, tokens=step, seconds=step, values={"objective/kl": kl, "objective/entropy": 2.0}
        )
        for step, kl in ((1, 0.5), (2, 1.5))
    ]
    runs.arm("ppo", {100: [1.0] * 8}, method="ppo", events=logged)
    (panel,) = compare_runs(runs.project, view=View(x="kl", panels=("objective/entropy",))).panels
    assert [series.x for series in panel.series] == [(0.5, 1.5)]


def test_another_start_model_than_the_baseline_is_not_even_with_it_by_definition(runs):
    runs.start([0.0] * 8)
    runs.start([1.0] * 8, model="models/other")
    runs.arm("a", {100: [0.0] * 8})
    runs.arm("b", {100: [0.0] * 8}, model="models/other")
    arms = compare_runs(runs.project, view=View(baseline="reference")).arms
    rates = {arm.name: arm.win_rate.mean for arm in arms if arm.win_rate}
    assert (rates["reference"], rates["reference 2"]) == (0.5, 1.0)


def test_a_hidden_arm_that_is_not_there_is_named_and_nothing_else_changes(runs):
    runs.start()
    runs.arm("a", {100: [1.0] * 8})
    found = compare_runs(runs.project, view=View(hidden=("ab",)))
    assert found.warnings == ("The view hides `ab`, which is no arm of this project. Did you mean `a`?",)
    assert [arm.name for arm in found.arms] == ["reference", "a"]


def test_arms_of_one_name_have_lasting_names_of_their_own(runs):
    runs.start()
    runs.arm("a", {100: [1.0] * 8})
    runs.arm("a", {100: [1.0] * 8}, seed=1, recipe=DpoRecipe(beta=0.5))
    found = compare_runs(runs.project, view=View(hidden=("a (stories) 2",)))
    assert [arm.name for arm in found.arms] == ["reference", "a"]
    assert found.view.hidden == ("a (stories) 2",)
