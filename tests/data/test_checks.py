import pytest

from workbench.data.checks import check_row
from workbench.data.fields import FieldError
from workbench.data.streams import MAX_ROW_BYTES
from workbench.domain.pairs import DatasetKind, Row, plain


def _check(row: Row, *, judged: bool = False) -> Row:
    check_row(row, DatasetKind.PREFERENCE, judged=judged)
    return row


def test_a_blank_response_is_refused_unless_people_judged_it():
    with pytest.raises(FieldError, match="chosen is empty"):
        _check(Row(plain("p"), plain(" \n"), plain("b")))
    assert not _check(Row(plain("p"), plain(" \n"), plain("b")), judged=True).tie


def test_equal_responses_are_refused_unless_people_judged_them_and_then_are_a_tie():
    with pytest.raises(FieldError, match="rejected is the same text as `chosen`"):
        _check(Row(plain("p"), plain("a"), plain("a")))
    assert _check(Row(plain("p"), plain("a"), plain("a")), judged=True).tie


def test_a_tie_may_have_equal_responses():
    _check(Row(plain("p"), plain("a"), plain("a"), tie=True))


def test_an_empty_prompt_is_always_refused():
    with pytest.raises(FieldError, match="prompt is empty"):
        _check(Row(plain(""), plain("a"), plain("b")), judged=True)


def test_a_row_longer_than_a_row_may_be_is_refused():
    with pytest.raises(FieldError, match="is too long"):
        _check(Row(plain("p"), plain("a" * MAX_ROW_BYTES), plain("b")))


@pytest.mark.parametrize(("stray", "what"), [("\udcff", "is not valid UTF-8"), ("\ud83d", "half a character")])
def test_text_that_utf8_cannot_hold_is_refused(stray: str, what: str):
    with pytest.raises(FieldError, match=what):
        _check(Row(plain("p"), plain(f"a{stray}"), plain("b")))
