from evaluated_runs import PROMPTS

from workbench.compare.arms import gather_arms
from workbench.compare.fairness import incomplete, oddities, uneven
from workbench.compare.pins import pin_down
from workbench.domain.events import Warned
from workbench.domain.recipes import EvaluateRecipe, PpoRecipe
from workbench.domain.records import DataInput, Outcome

FLAT = [0.0] * 8


def arms(runs):
    return gather_arms(runs.project)


def unfair(arms):
    return [pin.sentence for pin in pin_down(arms) if not pin.is_same]


def test_arms_that_were_treated_alike_raise_nothing(runs):
    runs.start()
    runs.arm("a", {100: FLAT})
    runs.arm("b", {100: FLAT})
    assert unfair(arms(runs)) == []
    assert incomplete(arms(runs)) == []
    assert oddities(arms(runs)) == []


def test_an_arm_that_still_waits_for_its_evaluation_is_no_oddity(runs):
    runs.start()
    runs.arm("a", {100: FLAT})
    runs.arm("b", {}, outcome=None)
    assert oddities(arms(runs)) == []


def test_a_judge_whose_score_was_rewarded_is_no_independent_measure(runs):
    runs.start()
    runs.arm("a", {100: FLAT}, method="ppo", recipe=PpoRecipe(rewards=("model", "0.5*vader")))
    runs.arm("b", {100: FLAT})
    told = "The judge `vader` is a term of the reward of a, and so no independent measure of it."
    assert oddities(arms(runs)) == [told]
    assert told not in oddities(arms(runs), "length")


def test_other_prompts_are_named(runs):
    runs.start()
    runs.arm("a", {100: FLAT}, prompts=DataInput(name="easy", sha256="ab" * 32, split="test"))
    assert unfair(arms(runs)) == [
        f"The arms were answered on different prompts: start model: prompts {PROMPTS.sha256[:8]}; a: easy (test) abababab."
    ]


def test_other_sampling_and_other_judges_are_named(runs):
    runs.start()
    runs.arm("a", {100: FLAT}, evaluation=EvaluateRecipe(judges=("length",), temperature=0.7))
    assert unfair(arms(runs)) == [
        "The arms were sampled differently: start model: temperature 1, at most 48 tokens; a: temperature 0.7, at most 48 "
        "tokens.",
        "The arms were judged differently: start model: vader; a: length.",
    ]


def test_another_stopping_rule_is_named(runs):
    runs.start()
    runs.arm("a", {100: FLAT}, evaluation=EvaluateRecipe(judges=("vader",), stop_strings=("\n",)))
    assert unfair(arms(runs)) == [
        "The arms were sampled differently: start model: temperature 1, at most 48 tokens; a: temperature 1, at most 48 "
        "tokens, ending at '\\n'."
    ]


def test_other_start_models_are_named(runs):
    runs.start()
    runs.arm("a", {100: FLAT})
    runs.arm("b", {100: FLAT}, model="models/other")
    assert unfair(arms(runs)) == [
        "The arms begin at different start models: start model, a: models/base; b: models/other."
    ]


def test_arms_that_used_unequal_amounts_are_told_with_what_they_used(runs):
    runs.start()
    runs.arm("a", {100: FLAT})  # 8 episodes, 80 tokens and half a second a step
    runs.arm("b", {100: FLAT, 126: FLAT})
    assert uneven(arms(runs)) == [
        "By the checkpoints compared, the arms had not used equal amounts: episodes a 800, b 1,008; tokens a 8,000, b "
        "10,080; seconds a 50, b 63."
    ]


def test_amounts_within_a_quarter_of_each_other_count_as_equal(runs):
    runs.start()
    runs.arm("a", {100: FLAT})
    runs.arm("b", {125: FLAT})
    assert uneven(arms(runs)) == []


def test_runs_that_are_running_failed_or_not_evaluated_are_named(runs):
    runs.start()
    runs.arm("a", {50: FLAT}, outcome=None)
    runs.arm("b", {50: FLAT}, outcome=Outcome(state="failed", step=60, message="The loss became NaN."))
    runs.arm("c", {})
    assert incomplete(arms(runs)) == [
        "a, seed 0 is still running; evaluated up to step 50.",
        "b, seed 0 failed at step 60 (The loss became NaN); evaluated up to step 50.",
        "Left out, not evaluated yet: c, seed 0.",
    ]


def test_arms_with_other_seeds_are_named(runs):
    runs.arm("a", {50: FLAT}, seed=0)
    runs.arm("a", {50: FLAT}, seed=1)
    runs.arm("b", {50: FLAT}, seed=0)
    assert incomplete(arms(runs)) == [
        "The arms have different seeds: a 0, 1; b 0. Arms are compared on the seeds that both have."
    ]


def test_the_share_of_cut_responses_is_told_for_all_arms_where_one_has_many(runs):
    runs.start(stop_reason=["eos"] * 8)
    runs.arm("a", {100: FLAT}, others={100: {"stop_reason": ["length"] * 2 + ["eos"] * 6}})
    assert oddities(arms(runs)) == [
        "Responses that reached the length limit and were cut there: start model 0 %, a 25 %."
    ]


def test_missing_gold_scores_are_counted(runs):
    runs.arm("a", {100: [1.0, None, *[0.0] * 6]})
    assert oddities(arms(runs)) == [
        "a: 1 of 8 responses have no gold score; they are counted here and left out of every mean."
    ]


def test_a_negative_single_sample_kl_is_explained(runs):
    runs.arm("a", {100: FLAT}, others={100: {"kl_k1": [-0.5] * 8, "kl": [0.25] * 8}})
    (told,) = oddities(arms(runs))
    assert told.startswith("a, seed 0, step 100: the single-sample estimate of KL (k1) is -0.500.")
    assert "the exact figure used everywhere here is 0.250 nats" in told


def test_what_several_runs_say_alike_is_told_once(runs):
    said = Warned(code="template", message="No chat template: plain text is used.")
    runs.arm("a", {100: FLAT}, events=[said, said])
    runs.arm("b", {100: FLAT}, events=[said])
    assert oddities(arms(runs)) == ["a, b: No chat template: plain text is used."]
