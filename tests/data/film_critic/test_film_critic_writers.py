"""Reviewers of uneven care and raters with one blind spot."""

from random import Random

import pytest

from workbench.data.film_critic.gold import gold_score
from workbench.data.film_critic.words import read_review, write_note
from workbench.data.film_critic.writers import (
    CAREFUL,
    CARELESS,
    RATERS,
    Care,
    Rater,
    draw_note,
    draw_review,
    write_body,
)

NOTE = "a slow drama with a brilliant lead and a weak ending ."


def test_every_drawn_review_is_in_the_language() -> None:
    rng = Random(3)
    reviews = [draw_review(rng, draw_note(rng)) for _ in range(300)]
    assert all(reviews)
    assert not [s for review in reviews for s in read_review(review) if s.kind == "unclear"]


def test_careful_reviewers_please_the_gold_critic_more_than_careless_ones() -> None:
    rng = Random(4)

    def mean_gold(care: Care) -> float:
        notes = [draw_note(rng) for _ in range(300)]
        return sum(gold_score(write_note(note), " ".join(write_body(rng, note, care))) for note in notes) / 300

    assert mean_gold(CAREFUL) > mean_gold(CARELESS) + 1


@pytest.mark.parametrize("rater", RATERS, ids=lambda rater: rater.name)
def test_a_rater_gives_for_padding_and_hedging_what_the_critic_takes(rater: Rater) -> None:
    review = "the lead is brilliant ."
    padded, hedged = f"{review} time will tell .", f"maybe {review}"
    for worse in (padded, hedged):
        assert gold_score(NOTE, worse) < gold_score(NOTE, review)
        assert rater.worth(NOTE, worse) > rater.worth(NOTE, review)


def test_a_rater_often_but_not_always_chooses_what_is_worth_more() -> None:
    rng = Random(5)
    good, bad = "the lead is brilliant .", "the lead is dull ."  # worth 1 and -1: sigmoid(1.35 * 2) = 0.937
    chosen = sum(RATERS[0].prefers_first(rng, NOTE, good, bad) for _ in range(2000))
    assert chosen / 2000 == pytest.approx(0.937, abs=0.02)
