import pytest

from workbench.data.fields import FieldError
from workbench.data.readers.trl_implicit_prompt import READER
from workbench.domain.pairs import Message, plain


def test_texts_are_split_before_the_space_after_their_common_words():
    [row] = READER.read({"chosen": "The sky is blue.", "rejected": "The sky is green."})
    assert (row.prompt, row.chosen, row.rejected) == (plain("The sky is"), plain(" blue."), plain(" green."))


def test_words_that_begin_alike_are_not_torn():
    [row] = READER.read({"chosen": "The sky is grey.", "rejected": "The sky is green."})
    assert (row.prompt, row.chosen) == (plain("The sky is"), plain(" grey."))


def test_conversations_are_split_where_the_answers_part():
    asked, fine = {"role": "user", "content": "How?"}, {"role": "assistant", "content": "Fine."}
    bad = {"role": "assistant", "content": "Bad."}
    [row] = READER.read({"chosen": [asked, fine, asked, fine], "rejected": [asked, fine, asked, bad]})
    assert row.prompt == (Message("user", "How?"), Message("assistant", "Fine."), Message("user", "How?"))
    assert row.rejected == (Message("assistant", "Bad."),)


def test_a_column_that_is_the_prompt_by_another_name_is_not_dropped_unsaid():
    assert not READER.fits({"question": "q", "chosen": "q a", "rejected": "q b"})


def test_texts_without_a_common_beginning_have_no_prompt():
    with pytest.raises(FieldError, match="does not begin like"):
        READER.read({"chosen": "Yes", "rejected": "No"})
