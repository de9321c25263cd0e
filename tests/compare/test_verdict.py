from workbench.compare.length_control import LengthControlled
from workbench.compare.overoptimisation import Turn
from workbench.compare.power import prompts_for_rate
from workbench.compare.statistics import Spread
from workbench.compare.verdict import Evidence, write_verdict
from workbench.compare.winrates import WinCell
from workbench.domain.estimates import Estimate

RULE = (
    "A difference counts as shown where its p-value, adjusted by Holm for all 3 comparisons of two arms, is below 0.05: "
    "stricter than a single interval."
)
INTERVAL = "95 % intervals over 3 seeds, 512 prompts each"


def cell(row: str, column: str, rate: float, p_value: float, gold: float = 0.3) -> WinCell:
    wins = Estimate(mean=rate, low=rate - 0.04, high=rate + 0.04, n=3)
    return WinCell(row=row, column=column, rate=wins, bootstrap=wins, wins=0, ties=0, losses=0, missing=0,
                   gold_difference=Estimate(mean=gold, low=gold - 0.1, high=gold + 0.1, n=3), p_value=p_value)  # fmt: skip


def verdict(*cells: WinCell, turns=None, n_seeds=None, unfair=(), trained=("ppo", "dpo")) -> list[str]:
    references, seeds = dict.fromkeys(trained, "reference"), dict.fromkeys(trained, 3) | (n_seeds or {})
    told = write_verdict(Evidence("vader", trained, references, cells, turns or {}, seeds, INTERVAL, unfair))
    return [statement.sentence for statement in told]


def test_the_winner_is_named_with_its_evidence():
    sentences = verdict(
        cell("ppo", "reference", 0.75, 1e-6), cell("dpo", "reference", 0.65, 1e-6), cell("dpo", "ppo", 0.4, 0.01, -0.2)
    )
    assert sentences == [
        "ppo won by the gold judge (vader): it beats dpo (60.0 % of prompts, 56.0 to 64.0; gold +0.2, +0.1 to +0.3).",
        "ppo (75.0 % of prompts, 71.0 to 79.0; gold +0.3, +0.2 to +0.4) and dpo (65.0 % of prompts, 61.0 to 69.0; gold +0.3, "
        "+0.2 to +0.4) beat the start model.",
        f"{INTERVAL}.",
        RULE,
    ]


def test_no_difference_is_said_where_none_is_shown():
    sentences = verdict(
        cell("ppo", "reference", 0.52, 0.4), cell("dpo", "reference", 0.51, 0.6), cell("dpo", "ppo", 0.49, 0.7)
    )
    assert sentences[:2] == [
        "No difference between the arms was shown by the gold judge (vader): ppo against dpo (51.0 % of prompts, 47.0 to 55.0).",
        "No difference to the start model was shown for ppo (52.0 % of prompts, 48.0 to 56.0) and dpo (51.0 % of prompts, "
        "47.0 to 55.0).",
    ]


def test_a_claim_must_hold_among_all_claims_made_at_once():
    # Each p is below 0.05, but the smallest of three must be below 0.05 / 3.
    sentences = verdict(
        cell("ppo", "reference", 0.55, 0.04), cell("dpo", "reference", 0.55, 0.04), cell("dpo", "ppo", 0.45, 0.04)
    )
    assert sentences[0].startswith("No difference between the arms was shown")


def test_a_winner_over_all_arms_beats_each_in_one_list():
    cells = (cell("a", "b", 0.7, 1e-5), cell("a", "c", 0.8, 1e-5), cell("b", "c", 0.5, 0.9))
    assert verdict(*cells, trained=("a", "b", "c"))[0] == (
        "a won by the gold judge (vader): it beats b (70.0 % of prompts, 66.0 to 74.0; gold +0.3, +0.2 to +0.4) and c "
        "(80.0 % of prompts, 76.0 to 84.0; gold +0.3, +0.2 to +0.4)."
    )


def test_an_arm_that_is_level_with_the_second_has_not_won_and_that_is_said_first():
    cells = (cell("b", "a", 0.3, 1e-5), cell("c", "a", 0.48, 0.5), cell("c", "b", 0.66, 1e-5))
    assert verdict(*cells, trained=("c", "b", "a"))[0] == (
        "No difference was shown between c and a by the gold judge (vader): a, whose mean win rate is the highest, against c "
        "(52.0 % of prompts, 48.0 to 56.0); it beats b (70.0 % of prompts, 66.0 to 74.0; gold -0.3, -0.4 to -0.2)."
    )


def test_an_arm_that_beats_the_second_but_not_all_has_not_won():
    cells = (cell("a", "b", 0.6, 1e-5), cell("a", "c", 0.65, 0.5), cell("b", "c", 0.55, 0.9))
    first = verdict(*cells, trained=("a", "b", "c"))[0]
    assert first.startswith(
        "a has the highest mean win rate in pairs with the other arms by the gold judge (vader): it beats b (60.0"
    )
    assert first.endswith("; no difference was shown to c (65.0 % of prompts, 61.0 to 69.0).")


def test_an_arm_that_loses_to_one_has_not_won_however_far_it_beats_the_rest():
    cells = (cell("a", "b", 0.9, 1e-5), cell("a", "c", 0.45, 1e-5, -0.1), cell("c", "b", 0.52, 0.5))
    first = verdict(*cells, trained=("a", "b", "c"))[0]
    assert first.startswith("a has the highest mean win rate in pairs with the other arms")
    assert first.endswith("; it loses to c (45.0 % of prompts, 41.0 to 49.0; gold -0.1, -0.2 to +0).")
    assert "won" not in first


def test_worse_than_the_start_model_is_said():
    assert verdict(cell("dpo", "reference", 0.3, 1e-9, -0.5), trained=("dpo",))[0] == (
        "dpo (30.0 % of prompts, 26.0 to 34.0; gold -0.5, -0.6 to -0.4) did worse than the start model."
    )


def test_a_proxy_that_rises_while_gold_falls_is_said():
    turn = Turn(120, 9.4, Estimate(mean=-0.3, low=-0.4, high=-0.2, n=3), Estimate(mean=0.8, low=0.7, high=0.9, n=3))
    assert (
        "ppo: from step 120 (KL 9.4 nats) to its last checkpoint the proxy rose (+0.8, +0.7 to +0.9) while gold fell (-0.3, "
        "-0.4 to -0.2), which is what over-optimising a reward model looks like."
    ) in verdict(turns={"ppo": turn})


def test_one_seed_is_said_last():
    last = verdict(n_seeds={"ppo": 1, "dpo": 1})[-1]
    assert last == "Only one seed was run: another seed may order the arms differently."


def test_two_seeds_are_said_to_give_wide_intervals():
    wide = (
        "an interval is wide by design, since two say little of how seeds differ (Student's factor: 12.7; with three seeds "
        "4.3): a third narrows it most."
    )
    assert verdict(n_seeds={"ppo": 2, "dpo": 2})[-1] == f"With two seeds {wide}"
    assert verdict(n_seeds={"ppo": 2, "dpo": 1})[-2:] == [
        f"With two seeds of ppo {wide}",
        "Only one seed of dpo was run: another seed may order the arms differently.",
    ]
    assert not any("two seeds" in sentence for sentence in verdict())


def test_of_several_arms_those_with_one_seed_are_named():
    last = verdict(n_seeds={"dpo": 1})[-1]
    assert last == "Only one seed of dpo was run: another seed may order the arms differently."
    assert verdict()[-1] == f"{INTERVAL}."


def test_arms_that_were_not_treated_alike_are_not_comparable():
    assert verdict(unfair=["The arms were judged differently: a: x; b: y."])[0] == (
        "Not comparable as it stands, because the arms were judged differently: a: x; b: y."
    )


def with_lengths(claim: WinCell, controlled: float) -> WinCell:
    equal = Estimate(mean=controlled, low=controlled - 0.05, high=controlled + 0.05, n=3)
    return claim.model_copy(
        update={"length_controlled": LengthControlled(rate=equal, p_value=0.5, length_effect=2.0, longer=31.0)}
    )


def test_a_lead_that_goes_with_length_is_said():
    told = verdict(
        with_lengths(cell("ppo", "reference", 0.75, 1e-6), 0.52), cell("dpo", "reference", 0.65, 1e-6),
        cell("dpo", "ppo", 0.4, 0.01, -0.2),
    )  # fmt: skip
    assert told[2] == (
        "With length held equal no lead is shown of ppo over the start model (52.0 % of prompts, 47.0 to 57.0): answers "
        "differ in length too."
    )
    stays = with_lengths(cell("ppo", "reference", 0.75, 1e-6), 0.7)
    assert not any("length" in sentence for sentence in verdict(stays, trained=("ppo",)))


def test_what_would_decide_the_nearest_open_claim_is_said():
    found = Spread(0.52, 0.0, 0.25 / 500, 0.0, 1, 500)
    undecided = cell("dpo", "ppo", 0.52, 0.4).model_copy(update={"spread": found})
    told = verdict(undecided)
    assert told[1] == (
        "If the rate measured is the true one, it takes 4,904 prompts in all to show that dpo beats ppo; as it is, the "
        "smallest lead it would show 8 times in 10 is 6.3 points."
    )
    assert prompts_for_rate(0.52) == 4904  # McNemar's number where nothing ties


def test_every_sentence_about_arms_shows_its_figures():
    cells = (cell("dpo", "ppo", 0.4, 0.001, -0.2), cell("ppo", "reference", 0.75, 1e-6))
    told = write_verdict(
        Evidence("vader", ("ppo", "dpo"), {"ppo": "reference"}, cells, {}, {"ppo": 3, "dpo": 3}, INTERVAL)
    )
    between, start, *_ = told
    assert (between.rule, start.rule) == ("arms", "start")
    assert between.support[0].arms == ("ppo", "dpo")
    assert between.evidence == (
        "ppo over dpo, win rate: 60.0 % (56.0 to 64.0), n = 3; 0 wins, 0 ties, 0 losses, 0 left out; p = 0.001, by Holm 0.001\n"
        "ppo over dpo, gold: +0.2 (+0.1 to +0.3), n = 3"
    )
    assert start.support[0].label == "ppo over the start model, win rate"


def test_a_start_model_alone_is_said_to_be_alone():
    assert verdict(trained=())[0] == "Only the start model was evaluated, so there is nothing to compare it with yet."


def test_of_many_arms_the_strongest_are_named_and_the_rest_counted():
    names = tuple(f"arm {i}" for i in range(50))
    cells = [cell("arm 0", name, 0.6 + i / 200, 1e-9) for i, name in enumerate(names[1:])]
    cells += [cell(name, "reference", 0.9 - i / 200, 1e-9) for i, name in enumerate(names)]
    sentences = verdict(*cells, trained=names, n_seeds=dict.fromkeys(names[:9], 1))
    gold = "gold +0.3, +0.2 to +0.4"
    assert sentences[0] == (
        f"arm 0 won by the gold judge (vader): it beats arm 1 (60.0 % of prompts, 56.0 to 64.0; {gold}), arm 2 (60.5 % of "
        f"prompts, 56.5 to 64.5; {gold}), arm 3 (61.0 % of prompts, 57.0 to 65.0; {gold}) and 46 others (61.5 to 84.0 % of "
        "prompts)."
    )
    assert sentences[1].startswith("arm 0 (90.0 % of prompts")
    assert sentences[1].endswith(" and 47 others (65.5 to 88.5 % of prompts) beat the start model.")
    assert sentences[-1] == (
        "Only one seed of arm 0, arm 1, arm 2 and 6 others was run: another seed may order the arms differently."
    )


def test_of_many_arms_that_turned_those_whose_gold_fell_most_are_told():
    rose = Estimate(mean=0.8, low=0.7, high=0.9, n=3)
    turns = {f"arm {i}": Turn(9, 2.0, Estimate(mean=-i, low=-i - 0.1, high=-i + 0.1, n=3), rose) for i in range(1, 9)}
    told = [sentence for sentence in verdict(turns=turns) if "proxy rose" in sentence]
    assert [sentence.partition(":")[0] for sentence in told[:3]] == ["arm 8", "arm 7", "arm 6"]
    assert told[3:] == ["Of 5 other arms too the proxy rose while gold fell, by less."]


def test_a_sentence_about_many_arms_shows_as_many_figures_as_can_be_read():
    names = tuple(f"arm {i}" for i in range(20))
    cells = [cell("arm 0", name, 0.8, 1e-9) for name in names[1:]]
    told = write_verdict(Evidence("vader", names, {}, cells, {}, dict.fromkeys(names, 3), INTERVAL, ()))[0]
    assert len(told.support) == 38
    lines = told.evidence.splitlines()
    assert len(lines) == 16
    assert lines[-1] == "and 23 more figures: the tab Claims lists them"


def test_another_judge_than_the_gold_one_is_called_by_its_name():
    cells = [cell("ppo", "dpo", 0.8, 1e-9)]
    turn = Turn(9, 2.0, Estimate(mean=-0.3, low=-0.4, high=-0.2, n=3), Estimate(mean=0.8, low=0.7, high=0.9, n=3))
    evidence = Evidence(
        "length", ("ppo", "dpo"), {}, cells, {"ppo": turn}, {"ppo": 3, "dpo": 3}, INTERVAL, is_gold=False
    )
    won, turned, *_ = (statement.sentence for statement in write_verdict(evidence))
    assert won.startswith("ppo won by the judge (length): it beats dpo (80.0 % of prompts, 76.0 to 84.0; length +0.3")
    assert turned.endswith("the proxy rose (+0.8, +0.7 to +0.9) while length fell (-0.3, -0.4 to -0.2).")


def test_what_no_lead_could_show_is_said_so():
    few = cell("ppo", "dpo", 0.55, 0.9).model_copy(update={"spread": Spread(0.55, 0.2, 0.001, 0.0001, 2, 50)})
    assert any("not even winning every prompt would be shown 8 times in 10" in sentence for sentence in verdict(few))
