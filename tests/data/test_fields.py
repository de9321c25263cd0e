import pytest

from workbench.data.fields import FieldError, decoded, flag, label, missing, number, required, spoken, text, votes


def test_a_missing_column_names_the_nearest_one_and_the_remedy():
    error = missing("rejected", ["prompt", "chosen", "rejectd"])
    assert error.problem == "is missing"
    assert error.hint == "Did you mean `rejectd`? Then add --map rejected=rejectd."


def test_a_longer_name_that_holds_the_one_sought_is_proposed():
    assert "--map chosen=chosen_response" in missing("chosen", ["prompt", "chosen_response"]).hint


def test_another_word_for_the_prompt_is_proposed():
    assert "--map prompt=question" in missing("prompt", ["question", "chosen"]).hint


def test_a_null_is_not_a_missing_column():
    with pytest.raises(FieldError, match="chosen is null"):
        required({"chosen": None}, "chosen")


def test_numbers_are_text_only_where_a_program_made_them_of_text():
    assert spoken({"response1": True}, "response1") == "True"
    with pytest.raises(FieldError, match="response1 is true or false"):
        text({"response1": True}, "response1")


@pytest.mark.parametrize(("written", "read"), [("0.5", 0.5), (2, 2.0), ("", None), (None, None)])
def test_numbers_may_be_written_as_text_and_may_be_absent(written: object, read: float | None):
    assert number({"margin": written}, "margin") == read


@pytest.mark.parametrize("written", ["much", True, float("nan"), "inf", [1]])
def test_what_is_not_a_finite_number_is_refused(written: object):
    with pytest.raises(FieldError, match="margin is"):
        number({"margin": written}, "margin")


def test_flags_in_words_and_numbers():
    assert [flag({"label": word}, "label") for word in (True, "yes", 1, "False", 0, "")] == [
        True, True, True, False, False, None,
    ]  # fmt: skip


def test_labels_may_be_whole_floats_as_in_tables_with_gaps():
    assert label({"label": 2.0}, "label", {"1": "chosen", "2": "rejected"}) == "rejected"


def test_votes_are_an_object_a_list_or_either_as_json():
    meanings = {"a": "first", "b": "second"}
    expected = [("anna", "first"), ("ben", "second")]
    assert votes({"anna": "a", "ben": "b"}, "ratings", meanings) == expected
    assert votes([{"rater": "anna", "choice": "a"}, {"rater": "ben", "choice": "b"}], "ratings", meanings) == expected
    assert votes('{"anna": "a", "ben": "b"}', "ratings", meanings) == expected


def test_an_unknown_vote_names_its_rater():
    with pytest.raises(FieldError) as caught:
        votes({"anna": "c"}, "ratings", {"a": "first"})
    assert caught.value.field == "ratings.anna"


def test_a_cell_that_should_be_json_and_is_not_is_refused():
    with pytest.raises(FieldError, match="metadata is not valid JSON"):
        decoded("{oops", "metadata")
