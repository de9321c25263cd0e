import pytest

from workbench.data.fields import FieldError
from workbench.data.readers.trl_preference import READER
from workbench.domain.pairs import Message, Rating, plain

_USER = {"role": "user", "content": "Hello?"}
_HI = {"role": "assistant", "content": "Hi."}
_GO = {"role": "assistant", "content": "Go away."}


def test_texts_keep_their_spaces_because_prompt_and_response_are_one_text():
    [row] = READER.read({"prompt": "Once", "chosen": " upon a time", "rejected": " more"})
    assert (row.prompt, row.chosen, row.rejected) == (plain("Once"), plain(" upon a time"), plain(" more"))


def test_chats_keep_system_messages_and_earlier_turns():
    system = {"role": "system", "content": "Be kind."}
    [row] = READER.read({"prompt": [system, _USER, _HI, _USER], "chosen": [_HI], "rejected": [_GO]})
    assert [role for role, _ in row.prompt] == ["system", "user", "assistant", "user"]
    assert row.rejected == (Message("assistant", "Go away."),)


def test_a_text_prompt_beside_whole_conversations_is_their_beginning():
    [row] = READER.read({"prompt": "Hello?", "chosen": [_USER, _HI], "rejected": [_USER, _GO]})
    assert row.prompt == (Message("user", "Hello?"),)
    assert row.chosen == (Message("assistant", "Hi."),)


def test_text_answers_to_a_chat_are_the_assistants():
    [row] = READER.read({"prompt": [_USER], "chosen": "Hi.", "rejected": "Go away."})
    assert row.chosen == (Message("assistant", "Hi."),)


def test_ties_raters_margins_scores_and_cuts_are_read_and_the_rest_is_metadata():
    [row] = READER.read(
        {"prompt": "p", "chosen": "a", "rejected": "b", "tie": True, "ratings": {"anna": "rejected"}, "margin": 2,
         "gold_chosen": 0.5, "gold_rejected": -1, "chosen_cut": 1, "source": "web", "metadata": {"id": 7}}
    )  # fmt: skip
    assert row.tie
    assert row.ratings == (Rating("anna", "rejected"),)
    assert (row.margin, row.gold_chosen, row.gold_rejected) == (2.0, 0.5, -1.0)
    assert (row.chosen_cut, row.rejected_cut) == (True, False)
    assert row.metadata == {"source": "web", "id": 7}


def test_a_number_where_a_response_should_be_is_named():
    with pytest.raises(FieldError) as caught:
        READER.read({"prompt": "p", "chosen": 5, "rejected": "b"})
    assert (caught.value.field, caught.value.problem) == ("chosen", "is a number")
