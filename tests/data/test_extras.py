import pytest

from workbench.data.extras import metadata, preference_row, thumb_row
from workbench.data.fields import FieldError
from workbench.domain.pairs import plain


def test_a_metadata_column_is_opened_up_as_object_or_as_json():
    assert metadata({"prompt": "p", "id": 1, "metadata": {"a": 2}}, {"prompt"}) == {"id": 1, "a": 2}
    assert metadata({"prompt": "p", "metadata": '{"a": 2}'}, {"prompt"}) == {"a": 2}


def test_metadata_that_would_overwrite_a_column_stays_closed():
    assert metadata({"id": 1, "metadata": {"id": 2}}, ()) == {"id": 1, "metadata": {"id": 2}}


def test_a_record_of_texts_alone_has_no_extras():
    row = preference_row(
        {"prompt": "p", "chosen": "a", "rejected": "b"}, ("prompt", "chosen", "rejected"), *map(plain, "pab")
    )
    assert (row.tie, row.ratings, row.margin, row.metadata) == (False, (), None, {})


def test_an_extra_of_the_wrong_type_is_named():
    with pytest.raises(FieldError, match="margin is 'much'"):
        preference_row({"chosen": "a", "margin": "much"}, ("chosen",), *map(plain, "pab"))


def test_a_thumb_without_a_label_is_refused():
    with pytest.raises(FieldError, match="label is missing"):
        thumb_row({"prompt": "p"}, ("prompt",), plain("p"), plain("a"))
