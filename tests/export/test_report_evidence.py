import re

from tests.export.conftest import html_of
from workbench.compare import compare_runs
from workbench.domain.experiments import shown_name
from workbench.export.report_evidence import claims, costs, fairness, matched, optimisation, ranking, seeds, support


def rows(html: str) -> list[list[str]]:
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)]


def test_every_two_arms_are_a_claim_and_every_claim_is_supported(comparison):
    told = rows(html_of(*claims(comparison)))[1:]
    assert [row[0] for row in told] == [
        f"{shown_name(claim.row)} over {shown_name(claim.column)}" for claim in comparison.claims
    ]
    assert {re.sub("<.*?>", "", row[5]) for row in told} <= {"shown", "not shown"}
    page = html_of(*support(comparison))
    assert all(found.label in page for statement in comparison.statements for found in statement.support)


def test_the_ranking_stands_in_its_order(comparison):
    assert comparison.ranking is not None
    told = rows(html_of(*ranking(comparison)))[1:]
    assert [row[0] for row in told] == [shown_name(line.arm) for line in comparison.ranking.lines]


def test_every_seed_of_every_trained_arm_is_listed(comparison):
    told = rows(html_of(*seeds(comparison)))[1:]
    assert [(row[0], row[1]) for row in told] == [
        (arm.name, str(seed)) for arm in comparison.arms if arm.runs for seed in arm.seeds
    ]


def test_each_level_that_arms_are_matched_at_is_told(comparison):
    page = html_of(*matched(comparison))
    assert all(f"{view.label[1:]}: " in page for view in comparison.matched)


def test_costs_stand_stage_by_stage_with_their_sum(comparison):
    told = [re.sub("<.*?>", "", row[0]) for row in rows(html_of(*costs(comparison)))[1:]]
    for bill in comparison.costs.arms:
        assert f"{bill.arm}: in all" in told
    assert told[-1] == "all arms together"


def test_what_was_not_alike_is_bold(runs):
    runs.arm("a", {100: [1.0] * 8})
    runs.arm("b", {100: [1.0] * 8}, evaluation=runs.evaluation.model_copy(update={"temperature": 0.5}))
    told = {row[0]: row[1:] for row in rows(html_of(*fairness(compare_runs(runs.project))))[1:]}
    assert told["start model"][0] == "yes"
    assert told["sampling"][0] == "<b>no</b>"
    assert told["sampling"][2].startswith("<b>temperature 0.5")


def test_checkpoints_above_a_frontier_are_counted_out_of_all(comparison):
    found = comparison.optimisation.dominance
    told = {row[0]: row[1:] for row in rows(html_of(*optimisation(comparison)))}
    assert found
    for one in found:
        above, of = told[f"{one.row} above {one.column}"]
        assert above.startswith(f"{one.above.mean:.0f}<small>")
        assert of == str(one.above.n)
