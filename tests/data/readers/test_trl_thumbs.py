import pytest

from workbench.data.fields import FieldError
from workbench.data.readers.trl_thumbs import READER
from workbench.domain.pairs import plain


@pytest.mark.parametrize("up", [True, 1, "true"])
def test_a_thumb_up_is_a_chosen_response(up: object):
    [row] = READER.read({"prompt": "p", "completion": "a", "label": up})
    assert (row.chosen, row.rejected) == (plain("a"), None)


def test_a_thumb_down_is_a_rejected_response():
    [row] = READER.read({"prompt": "p", "completion": "a", "label": False})
    assert (row.chosen, row.rejected) == (None, plain("a"))


def test_a_label_that_is_neither_is_refused():
    with pytest.raises(FieldError, match="label is 'maybe'"):
        READER.read({"prompt": "p", "completion": "a", "label": "maybe"})
