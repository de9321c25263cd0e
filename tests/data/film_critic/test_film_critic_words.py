"""The film critic's language is read back as it was written."""

from workbench.data.film_critic.words import Note, Sentence, read_note, read_review, read_sentence, write_note

NOTE = Note("slow", "drama", {"lead": "brilliant", "ending": "weak"})


def test_a_note_survives_being_written_and_read() -> None:
    assert write_note(NOTE) == "a slow drama with a brilliant lead and a weak ending ."
    assert read_note(write_note(NOTE)) == NOTE


def test_what_is_no_note_is_not_read_as_one() -> None:
    assert read_note("") is None
    assert read_note("once upon a time there was a dog .") is None
    assert read_note("a slow drama with a brilliant dog .") is None


def test_the_verdict_follows_the_balance_of_the_facts() -> None:
    assert NOTE.verdict == "rent"
    assert NOTE._replace(facts={"lead": "bold"}).verdict == "see"
    assert NOTE._replace(facts={"lead": "flat", "plot": "dull"}).verdict == "skip"


def test_hedges_are_counted_and_do_not_hide_the_statement() -> None:
    hedged = read_sentence("perhaps the lead is sort of brilliant in the rain scene .")
    plain = "the lead is brilliant in the rain scene ."
    assert hedged == Sentence("statement", 2, plain, "lead", "brilliant", "rain")


def test_a_review_is_read_sentence_by_sentence() -> None:
    review = "this is a slow drama . time will tell . skip it . the the . go see"
    assert [s.kind for s in read_review(review)] == ["opening", "padding", "verdict", "unclear", "unclear"]
