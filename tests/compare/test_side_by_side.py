import pytest

from workbench.compare import compare_runs
from workbench.compare.side_by_side import Place, side_by_side
from workbench.domain.errors import NotFound


def test_every_arm_answers_the_same_prompts(runs):
    runs.start([0.0] * 8, response=[f" start {i}" for i in range(8)])
    runs.arm("dpo", {50: [9.0] * 8, 100: [1.0] * 8}, others={100: {
        "response": [f" tuned {i}" for i in range(8)], "proxy": [0.5] * 8, "stop_reason": ["length"] * 8}})  # fmt: skip
    questions = side_by_side(runs.project, compare_runs(runs.project), n=4)
    assert [question.prompt for question in questions] == ["Prompt 0", "Prompt 2", "Prompt 4", "Prompt 6"]
    start, tuned = questions[1].answers
    assert (start.arm, start.index, start.response, start.proxy) == ("reference", 0, " start 2", None)
    assert (tuned.arm, tuned.response, tuned.gold, tuned.proxy, tuned.was_cut) == ("dpo", " tuned 2", 1.0, 0.5, True)


def test_more_prompts_than_there_are_give_all(runs):
    runs.start([0.0] * 3)
    assert len(side_by_side(runs.project, compare_runs(runs.project), n=10)) == 3


def test_an_arm_answers_by_the_checkpoint_that_is_asked_for(runs):
    runs.start([0.0] * 8)
    for seed in (0, 1):
        runs.arm("dpo", {50: [5.0 + seed] * 8, 100: [1.0] * 8}, seed=seed)
    comparison = compare_runs(runs.project)
    answers = side_by_side(runs.project, comparison, 1, {"dpo": Place(1, 50)})[0].answers
    assert [(answer.arm, answer.seed, answer.step, answer.gold) for answer in answers] == [
        ("reference", 0, 0, 0.0), ("dpo", 1, 50, 6.0)]  # fmt: skip
    start = side_by_side(runs.project, comparison, 1, {"dpo": Place(0, 0)})[0].answers[1]
    assert (start.step, start.gold) == (0, 0.0)
    with pytest.raises(NotFound, match="no evaluated checkpoint 70") as caught:
        side_by_side(runs.project, comparison, 1, {"dpo": Place(0, 70)})
    assert "0, 50, 100" in caught.value.hint
