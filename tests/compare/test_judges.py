"""Every judge's view of the arms: scores, verdicts of a language model, people."""

from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from evaluated_runs import keys

from workbench.compare import compare_runs
from workbench.compare.judges import compare_judges
from workbench.domain import samples
from workbench.domain.endpoints import PairwiseQuestion
from workbench.domain.errors import BadSetting
from workbench.domain.labels import BlindLabel, SampleRef, Withdrawal
from workbench.domain.recipes import EvaluateRecipe, JudgeRecipe
from workbench.domain.records import Inputs, Job
from workbench.domain.views import View
from workbench.storage.labels import add_label, read_labels

N = 8
UP, DOWN, LEVEL = [1.0] * N, [-1.0] * N, [0.0] * N


@pytest.fixture
def project(runs):
    """By gold `good` wins and `bad` loses; the second judge says the opposite, the proxy nothing of `bad`."""
    runs.evaluation = EvaluateRecipe(judges=("vader", "length"))
    score = samples.score_column("length")
    runs.start(LEVEL, **{score: LEVEL, samples.PROXY: LEVEL})
    runs.arm("good", {10: UP}, others={10: {score: DOWN, samples.PROXY: UP}})
    runs.arm("bad", {10: DOWN}, others={10: {score: UP}})
    return runs.project


def add_verdicts(project, arm, verdicts, judge="jury", *, model="m", url="", created=0.0):
    """Writes a judging run; `verdicts` has both orders' letters for each prompt, as "AB", "A?" or "=" for equal answers."""
    recipe = JudgeRecipe(endpoint=judge, url=url, question=PairwiseQuestion(model=model))
    inputs = Inputs(model=f"run:{arm}-s0", answers=f"eval-{arm}-s0", rivals="eval-reference-s0")
    run_id = f"{arm}-{judge}-{created:.0f}"
    job = Job(id=run_id, name=arm, method="judge", recipe=recipe, inputs=inputs, created=created)
    project.add_job(job)
    said = {"A": "A", "B": "B", "T": "tie", "?": "unparsed"}
    rows = [
        {"prompt_key": key, "turn": 0, "order": order, "verdict": said.get(letter, "tie"), "reply": letter.strip("=")}
        for key, both in zip(keys(N), verdicts, strict=True)
        for order, letter in zip(("policy first", "rival first"), both if both != "=" else "==", strict=True)
    ]
    path = project.run_folder(job.id) / "verdicts" / "checkpoint-10.parquet"
    path.parent.mkdir()
    pq.write_table(pa.Table.from_pylist(rows), path)


def figures(project, judge):
    return next(one for one in compare_judges(project).judges if one.judge == judge)


def test_every_judge_says_how_often_an_arm_beats_the_start_model(project):
    said = {one.judge: {arm: rate.mean for arm, rate in one.rates.items()} for one in compare_judges(project).judges}
    assert said == {"vader": {"good": 1, "bad": 0}, "proxy": {"good": 1}, "length": {"good": 0, "bad": 1}}


def test_win_rates_and_verdict_go_by_the_judge_of_the_view(project):
    found = compare_runs(project, view=View(judge="length"))
    assert found.judge == "length"
    assert found.cell("bad", "good").rate.mean == 1
    assert "length" in found.verdict
    assert found.judges == ("vader", "proxy", "length")
    assert found.further_judges == ("vader",)


def test_a_judge_that_is_not_there_is_named_with_the_nearest(project):
    with pytest.raises(BadSetting, match=r"No judge `lenght`.*`length`"):
        compare_runs(project, view=View(judge="lenght"))


def test_a_language_model_counts_where_both_orders_agree_and_its_habits_are_told(project):
    add_verdicts(project, "good", ["AB", "AB", "AB", "BA", "AA", "TT", "A?", "="])
    found = figures(project, "llm:jury")
    # 3 wins, 1 loss, 3 ties (orders that disagree, a tie, equal answers); one reply was not understood.
    assert found.rates["good"].mean == pytest.approx((3 + 3 * 0.5) / 7)
    assert found.rates["good"].n == 7
    assert (found.n_asked, found.n_same) == (14, 1)
    assert found.unparsed == 1 / 14
    assert found.swap_consistency == 5 / 6
    assert found.first_position == 7 / 11
    assert "bad" not in found.rates


def test_win_rates_may_go_by_a_language_model(project):
    add_verdicts(project, "good", ["AB"] * N)
    add_verdicts(project, "bad", ["AB"] * 4 + ["BA"] * 4)
    found = compare_runs(project, view=View(judge="llm:jury"))
    assert found.cell("good", "reference").rate.mean == 1
    assert found.cell("bad", "reference").rate.mean == 0.5
    assert any("start model only" in warning for warning in found.warnings)


def label(project, rater, verdict, *, prompt=0, first="good", second="bad", **changes):
    def ref(arm):
        evaluation = "eval-reference-s0" if arm == "reference" else f"eval-{arm}-s0"
        text = sha256(f" response {prompt}".encode()).hexdigest()
        return SampleRef(evaluation=evaluation, step=0 if arm == "reference" else 10, sha256=text)

    made = BlindLabel(id=f"{rater}{prompt}{first}{verdict}", rater=rater, prompt_key=keys(N)[prompt], verdict=verdict,
                      first=ref(first), second=ref(second))  # fmt: skip
    add_label(project, made.model_copy(update=changes))
    return made.model_copy(update=changes)


def test_people_are_a_judge_whichever_answer_stood_first(project):
    label(project, "ann", "first", prompt=0)
    label(project, "ann", "second", prompt=1, first="bad", second="good")
    label(project, "ann", "tie", prompt=2)
    label(project, "ann", "skip", prompt=3)
    people = compare_judges(project).people
    assert people.n_labels == 3
    assert people.n_skipped == 1
    cell = people.cells[0]
    assert (cell.row, cell.column, cell.wins, cell.ties, cell.losses) == ("bad", "good", 0, 1, 2)
    assert cell.rate.mean == pytest.approx(1 / 6)


def test_people_against_the_start_model_stand_beside_the_other_judges(project):
    label(project, "ann", "second", first="reference", second="good")
    assert figures(project, "people").rates["good"].mean == 1


def test_the_proxy_is_held_against_what_people_preferred(project):
    for prompt in range(3):
        label(project, "ann", "second", prompt=prompt, first="reference", second="good")
    label(project, "ann", "first", prompt=3, first="reference", second="good")
    label(project, "ann", "tie", prompt=4, first="reference", second="good")
    people = compare_judges(project).people
    assert people.proxy_agrees.mean == 3 / 4
    assert people.proxy_agrees.n == 4


def test_two_raters_agree_by_kappa_and_more_by_alpha(project):
    for prompt, (ann, bob) in enumerate(
        [("first", "first"), ("first", "first"), ("second", "second"), ("second", "first")]
    ):
        label(project, "ann", ann, prompt=prompt)
        swapped = {"first": "second", "second": "first"}[bob]
        label(project, "bob", swapped, prompt=prompt, first="bad", second="good")
    people = compare_judges(project).people
    assert people.measure == "Cohen's kappa"
    assert people.agreement == pytest.approx(0.5)  # 3 of 4 alike, 2 of 4 by chance
    label(project, "cyd", "first", prompt=0)
    assert compare_judges(project).people.measure == "Krippendorff's alpha"


def test_the_last_word_of_a_rater_counts_and_a_label_that_was_taken_back_does_not(project):
    label(project, "ann", "first", prompt=0)
    label(project, "ann", "second", prompt=0)
    taken = label(project, "ann", "first", prompt=1)
    add_label(project, Withdrawal(label=taken.id))
    people = compare_judges(project).people
    assert people.n_labels == 1
    assert people.cells[0].wins == 1


def test_a_label_on_a_text_that_is_another_now_is_left_out(project):
    label(project, "ann", "first", prompt=0, first="good")
    stale = SampleRef(evaluation="eval-good-s0", step=10, sha256="0" * 64)
    label(project, "bob", "first", prompt=1, first="good")
    add_label(project, read_labels(project)[-1].model_copy(update={"id": "stale", "rater": "cyd", "first": stale}))
    assert compare_judges(project).people.raters == ("ann", "bob")


def test_a_torn_line_loses_itself_only(project):
    label(project, "ann", "first", prompt=0)
    with (project.folder / "comparisons" / "labels.jsonl").open("ab") as file:
        file.write(b'{"kind":"label","id":"half')
    label(project, "bob", "first", prompt=0)
    assert [one.rater for one in read_labels(project)] == ["ann", "bob"]


def test_nobody_said_anything_yet(project):
    assert compare_judges(project).people is None


def test_a_verdict_by_the_proxy_is_not_called_gold_and_is_warned_of(project):
    found = compare_runs(project, view=View(judge="proxy", hidden=("bad",)))
    assert "gold" not in found.verdict
    assert any(warning.startswith("The proxy decides here") for warning in found.warnings)
    assert not any(warning.startswith("The proxy decides here") for warning in compare_runs(project).warnings)


def test_the_checkpoints_that_the_proxy_chose_are_said_to_be_chosen_by_it(project, runs):
    runs.arm("long", {10: LEVEL, 20: UP}, others={10: {samples.PROXY: UP}, 20: {samples.PROXY: DOWN}})
    said = compare_runs(project, view=View(judge="proxy")).selection
    assert "chosen by mean proxy score" in said
    assert "Training reward" not in said
    assert "mean gold score" in (by_gold := compare_runs(project).selection)
    assert by_gold.endswith("Training reward chooses nothing.")


def test_two_models_of_one_endpoint_are_two_judges_and_the_last_one_bears_its_name(project):
    add_verdicts(project, "good", ["AB"] * N, model="small", created=1.0)
    add_verdicts(project, "good", ["BA"] * N, model="large", created=2.0)
    said = {one.judge: one.rates["good"].mean for one in compare_judges(project).judges if one.kind == "pairs"}
    assert said == {"llm:jury": 0, "llm:jury (small)": 1}


def test_one_model_at_two_addresses_is_two_judges(project):
    add_verdicts(project, "good", ["AB"] * N, created=1.0)
    add_verdicts(project, "good", ["BA"] * N, url="http://localhost:8000/v1", created=2.0)
    add_verdicts(project, "good", ["TT"] * N, url="http://other:8000/v1", created=3.0)
    assert [one.judge for one in compare_judges(project).judges if one.kind == "pairs"] == [
        "llm:jury (m, address not kept)",
        "llm:jury (m, at localhost:8000)",
        "llm:jury",
    ]
    other = compare_runs(project, view=View(judge="llm:jury (m, at localhost:8000)"))
    assert {arm.name: arm.win_rate.mean for arm in other.arms if arm.win_rate}["good"] == 0


def test_under_another_judge_everything_bears_its_name(project):
    found = compare_runs(project, view=View(judge="length", panels=("reward", "win", "frontier", "overoptimisation")))
    assert found.score == "length"
    told = [text for panel in found.panels for text in (panel.subtitle, panel.caption, panel.y.label)]
    told += [series.name for panel in found.panels for series in panel.series]
    told += [found.verdict, *(support.words for statement in found.statements for support in statement.support)]
    assert not [text for text in told if "gold" in text.lower()]
    assert "solid: length, dashed: proxy" in told
    assert "score by length" in told
    assert compare_runs(project).score == "gold"


def test_where_the_proxy_decides_it_is_drawn_once(runs):
    spread = np.linspace(-1, 1, N)
    runs.start(LEVEL, **{samples.PROXY: spread.tolist()})
    runs.arm("good", {10: UP}, others={10: {samples.PROXY: (spread + 1).tolist()}})
    (panel,) = compare_runs(runs.project, view=View(judge="proxy", panels=("reward",))).panels
    assert {series.role for series in panel.series} == {"gold"}
    assert (panel.subtitle, panel.series[0].name) == ("by proxy", "good, proxy")


def test_best_of_n_follows_the_judge_and_stands_among_the_arms(project, runs):
    proxy = np.tile([0.0, 1.0], (N, 1))
    runs.best_of_n(proxy, -proxy)
    gold, by_proxy, by_other = (compare_runs(project, view=View(judge=judge)) for judge in ("", "proxy", "length"))
    assert gold.everyone[-1].name == "best of n"
    assert "best of n" not in [arm.name for arm in gold.evaluated]
    assert [found.optimisation.best_of_n[-1].gold.mean for found in (gold, by_proxy)] == [-0.5, 0.5]
    assert by_other.optimisation.best_of_n[-1].gold is None  # that judge was never asked about these


def test_a_gold_judge_whose_scores_an_earlier_version_wrote_twice_has_one_column(runs):
    runs.start(**{"score:vader": LEVEL, "score:length": UP})
    runs.arm("ppo", {100: UP}, others={100: {"score:vader": UP, "score:length": DOWN}})
    comparison = compare_runs(runs.project)
    assert comparison.further_judges == ("length",)
    by_length = compare_runs(runs.project, view=View(judge="length"))
    assert by_length.further_judges == ("vader",)
