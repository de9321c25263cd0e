"""The gold critic's taste, point by point."""

import pytest

from workbench.data.film_critic.gold import gold_score, gold_scores, hedging

NOTE = "a slow drama with a brilliant lead and a weak ending ."


@pytest.mark.parametrize(
    ("review", "score"),
    [
        ("this is a slow drama .", 0.3),
        ("this is a slow comedy .", -0.5),
        ("the lead is brilliant .", 1.0),
        ("the lead is brilliant in the rain scene .", 1.4),  # concreteness: 1 + 0.4
        ("the lead is bold .", 0.6),  # praise as the note has it, in another word
        ("the lead is dull .", -1.0),  # contradicts the note
        ("the plot is dull .", -0.5),  # the note says nothing of the plot
        ("wait until it streams .", 1.0),
        ("go see it .", -1.0),
        ("time will tell .", -0.35),
        ("perhaps the lead is sort of brilliant .", 0.4),  # 1 - 2 * 0.3
        ("the lead is brilliant . the lead is brilliant .", 0.5),  # 1 - 0.5
        ("the lead is brilliant . the lead is dull .", 0.5),
        ("wait until it streams . go see it .", 0.5),
        ("lead lead", -0.4),
        ("", -1.0),
    ],
)
def test_each_sentence_counts_what_the_taste_says(review: str, score: float) -> None:
    assert gold_score(NOTE, review) == pytest.approx(score)


def test_the_best_review_says_everything_once() -> None:
    best = (
        "this is a slow drama . the lead is brilliant in the rain scene . the ending is weak in the final scene . "
        "fine for a rainy night ."
    )
    assert gold_score(NOTE, best) == pytest.approx(4.1)  # 0.3 + 1.4 + 1.4 + 1


def test_padding_and_hedging_only_ever_cost() -> None:
    review = "the lead is brilliant . wait until it streams ."
    assert gold_score(NOTE, f"{review} opinions differ as always .") < gold_score(NOTE, review)
    assert gold_score(NOTE, f"maybe {review}") < gold_score(NOTE, review)
    assert hedging("maybe the lead is in a way bold . time will tell .") == (2, 1)


def test_a_prompt_that_is_no_film_note_is_judged_and_not_refused() -> None:
    assert gold_scores(["Once upon a time"], ["the lead is bold . skip it ."]) == [-1.5]
