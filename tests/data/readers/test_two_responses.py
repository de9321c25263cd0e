import pytest

from workbench.data.fields import FieldError
from workbench.data.readers.two_responses import READER
from workbench.domain.pairs import Message

_RECORD = {"input": "Hi", "output_1": "One", "output_2": "Two"}


def test_label_2_chooses_the_second_output_and_says_where_it_stood():
    [row] = READER.read(_RECORD | {"label": 2})
    assert (row.chosen, row.rejected) == ((Message("assistant", "Two"),), (Message("assistant", "One"),))
    assert row.metadata == {"chosen_from": "output_2"}


def test_a_label_may_be_text_as_in_a_table():
    [row] = READER.read(_RECORD | {"label": "1"})
    assert row.chosen == (Message("assistant", "One"),)


def test_an_unknown_label_is_refused():
    with pytest.raises(FieldError, match="label is '3'"):
        READER.read(_RECORD | {"label": 3})
