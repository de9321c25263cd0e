import pytest

from workbench.domain.pairs import Message, Rating, is_plain, majority, plain, prompt_key


def test_text_without_roles_is_told_from_a_chat():
    assert is_plain(plain("Once upon a time"))
    assert not is_plain((Message("user", "Hello"),))
    assert not is_plain((*plain("a"), *plain("b")))
    assert not is_plain(())


def test_a_prompt_is_named_by_sixteen_digits_that_never_change():
    assert prompt_key(plain("Once upon a time")) == prompt_key(plain("Once upon a time"))
    assert len(prompt_key(())) == 16
    assert int(prompt_key(plain("x")), 16) >= 0


@pytest.mark.parametrize(
    "other",
    [
        (Message("user", "ab"), Message("user", "c")),
        (Message("user", "a"), Message("user", "bc")),
        (Message("user", "a"), Message("assistant", "bc")),
        (Message("usera", "bc"),),
        (Message("user", "abc"),),
        (Message("user", "a 1:b"),),
    ],
)
def test_prompts_with_the_same_letters_in_other_turns_have_other_names(other):
    assert prompt_key(other) != prompt_key((Message("user", "ab"), Message("user", "C")))
    assert prompt_key(other) != prompt_key(plain("abc"))


@pytest.mark.parametrize(
    ("votes", "choice"),
    [
        ("c", "chosen"),
        ("ccr", "chosen"),
        ("rrc", "rejected"),
        ("cr", "tie"),
        ("t", "tie"),
        ("ttc", "tie"),
        ("tcc", "chosen"),
        ("ttccr", "chosen"),  # as many ties as votes for one side are not more
        ("", "tie"),
    ],
)
def test_the_majority_is_what_more_raters_chose_than_anything_else(votes, choice):
    names = {"c": "chosen", "r": "rejected", "t": "tie"}
    assert majority(Rating(str(i), names[vote]) for i, vote in enumerate(votes)) == choice
