from tests.export.conftest import html_of
from workbench.compare import compare_runs
from workbench.compare.side_by_side import Answer
from workbench.export.report_tables import best, head_to_head, results, scores


def test_results_show_each_figure_with_its_interval(runs):
    runs.start([0.0] * 256)
    runs.arm("dpo", {100: [1.0] * 158 + [-1.0] * 98}, others={100: {"kl": [2.0] * 256}})
    told = html_of(*results(compare_runs(runs.project)))
    assert "<td>61.7 %<small>55.6 to 67.5</small></td>" in told
    assert "<td>2.00<small>2.00 to 2.00</small></td>" in told
    assert '<th scope="row">start model</th><td>start model</td><td>0</td><td>0</td>' in told


def test_the_best_checkpoints_are_shown_where_they_are_not_the_last(runs):
    runs.start()
    runs.arm("dpo", {50: [0.0] * 8, 100: [1.0] * 8})
    assert best(compare_runs(runs.project)) == ()
    runs.arm("ppo", {50: [1.0] * 8, 100: [0.5] * 8}, method="ppo")
    told = html_of(*best(compare_runs(runs.project)))
    assert '<th scope="row">ppo</th><td>ppo</td><td>0</td><td>50</td>' in told


def test_head_to_head_is_bold_where_one_half_is_left_out_and_counts_what_is_missing(runs):
    runs.start([0.0] * 40)
    runs.arm("dpo", {100: [1.0] * 39 + [None]})
    told = html_of(*head_to_head(compare_runs(runs.project)))
    assert "<td><b>100.0 %<small>91.0 to 100.0</small></b></td>" in told
    assert "1 comparisons without a response or a score on one side are left out." in told


def test_scores_leave_out_what_is_missing_and_say_when_a_response_was_cut():
    answer = Answer(arm="dpo", index=1, seed=0, step=50, response="x", gold=-0.5, proxy=None, n_tokens=48, was_cut=True)
    assert scores(answer) == "gold −0.50 · 48 tokens, cut"
