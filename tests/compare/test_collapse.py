from dataclasses import replace

import pytest

from workbench.compare import compare_runs
from workbench.compare.collapse import Health, distinct_2, why_collapsed
from workbench.domain.records import Outcome
from workbench.domain.samples import ENTROPY, KL, RESPONSE, STOP_REASON

FLAT = [0.0] * 8
SOUND = Health(empty=0.0, repetitive=0.01, same=0.01, unended=0.1, kl=0.1, entropy=1.0)
WORDS = ["the lead carries every scene of it well", "slow to start , yet moving in its way"] * 4
LOOP = "a b a b a b a b a b"


def told(runs) -> list[tuple[str, ...]]:
    return [seed.collapsed for seed in compare_runs(runs.project).seeds[1].seeds]


def test_two_words_over_and_over_have_few_distinct_pairs():
    assert distinct_2("a b a b a b") == pytest.approx(0.4)
    assert distinct_2("the lead carries every scene") == 1
    assert distinct_2("word") == distinct_2("") == 1


def test_a_sound_policy_has_not_collapsed():
    assert why_collapsed(SOUND, SOUND) == ()
    assert why_collapsed(SOUND, None) == ()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"empty": 0.3}, "30 % of responses are empty"),
        ({"repetitive": 0.5}, "50 % of responses are repetitive"),
        ({"same": 0.4}, "40 % of responses are the same one"),
        ({"unended": 1.0}, "100 % of responses never end, the start model's 10 %"),
        ({"kl": 3.0}, "KL is 3.0 nats a token"),
        ({"kl": float("nan")}, "KL is not a number"),
        ({"entropy": 0.05}, "entropy is 0.05 nats a token, the start model's 1.00"),
        ({"entropy": 2.5}, "entropy is 2.50 nats a token, the start model's 1.00"),
    ],
)
def test_each_way_to_collapse_is_said_in_words(changed, why):
    assert why_collapsed(replace(SOUND, **changed), SOUND) == (why,)


def test_what_the_start_model_does_already_is_not_held_against_a_policy():
    start = replace(SOUND, unended=1.0, repetitive=0.6, same=0.5)
    assert why_collapsed(replace(start, repetitive=0.8), start) == ()


def test_every_seed_is_listed_with_why_it_collapsed(runs):
    fine = {RESPONSE: WORDS, KL: [1.0] * 8, ENTROPY: [10.0] * 8}
    for seed in range(4):
        runs.start(FLAT, seed, **fine)
    runs.arm("ppo", {100: FLAT}, method="ppo", seed=0, others={100: fine})
    runs.arm("ppo", {100: FLAT}, method="ppo", seed=1, others={100: fine | {RESPONSE: [LOOP] * 2 + WORDS[:6]}})
    runs.arm("ppo", {100: FLAT}, method="ppo", seed=2, others={100: fine | {RESPONSE: [" "] * 8}})
    failed = Outcome(state="failed", code="nan_loss", step=3, message="The loss became NaN.")
    runs.arm("ppo", {}, method="ppo", seed=3, outcome=failed)
    compared = compare_runs(runs.project)
    ppo = compared.seeds[1]
    assert [seed.collapsed for seed in ppo.seeds] == [
        (),
        ("25 % of responses are repetitive",),
        ("100 % of responses are empty", "100 % of responses are the same one"),
        ("the loss became NaN",),
    ]
    assert [seed.last_step for seed in ppo.seeds] == [100, 100, 100, None]
    assert ppo.share == "3 of 4 (75 %)"
    assert any(
        warning.startswith("ppo: 3 of 4 (75 %) of its seeds collapsed: seed 1, 25 %") for warning in compared.warnings
    )


def test_never_ending_text_counts_where_the_start_model_ends_its_own(runs):
    runs.start(FLAT, **{RESPONSE: WORDS})
    runs.arm("dpo", {50: FLAT}, others={50: {RESPONSE: WORDS, STOP_REASON: ["length"] * 8}})
    assert told(runs) == [("100 % of responses never end, the start model's 0 %",)]
