import pytest

from workbench.data.chats import as_answer, from_transcript, is_chat, split_conversations, to_turns, with_system
from workbench.data.fields import FieldError
from workbench.domain.pairs import Message, plain

_HI, _HELLO = Message("user", "Hi"), Message("assistant", "Hello.")


def test_both_spellings_of_a_message_and_all_names_of_a_speaker_are_read():
    turns = to_turns(
        [{"role": "developer", "content": "s"}, {"from": "human", "value": "u"}, {"from": "gpt", "value": "a"}], "p"
    )
    assert turns == (Message("system", "s"), Message("user", "u"), Message("assistant", "a"))


def test_an_unknown_speaker_is_refused_with_the_nearest_known_one():
    with pytest.raises(FieldError) as caught:
        to_turns([{"role": "assistent", "content": "a"}], "chosen")
    assert (caught.value.field, caught.value.hint) == ("chosen[0]", "Did you mean `assistant`?")


@pytest.mark.parametrize("value", [5, [], None, [3]])
def test_what_is_neither_text_nor_messages_is_refused(value: object):
    with pytest.raises(FieldError):
        to_turns(value, "prompt")


def test_pictures_in_a_message_are_refused():
    with pytest.raises(FieldError, match="has a part that is not text"):
        to_turns([{"role": "user", "content": [{"type": "image", "url": "x.png"}]}], "prompt")


def test_a_list_of_texts_is_no_chat():
    assert not is_chat(["Hi"])
    assert is_chat([{"role": "user", "content": "Hi"}])


def test_conversations_part_at_their_last_common_assistant_turn():
    bye = Message("assistant", "Bye.")
    assert split_conversations((_HI, _HELLO, _HI, _HELLO), (_HI, _HELLO, _HI, bye)) == (
        (_HI, _HELLO, _HI),
        (_HELLO,),
        (bye,),
    )


def test_equal_conversations_are_split_before_their_last_answer():
    assert split_conversations((_HI, _HELLO), (_HI, _HELLO)) == ((_HI,), (_HELLO,), (_HELLO,))


def test_conversations_with_different_questions_share_no_prompt():
    with pytest.raises(FieldError, match="does not share its beginning"):
        split_conversations((_HI, _HELLO), (Message("user", "Ho"), _HELLO))


def test_transcripts_keep_two_answers_in_a_row():
    assert [role for role, _ in from_transcript("\n\nHuman: a\n\nAssistant: b\n\nAssistant: c", "chosen")] == [
        "user", "assistant", "assistant",
    ]  # fmt: skip


def test_text_answers_only_chats_as_the_assistant():
    assert as_answer((_HI,), plain("Hello.")) == (_HELLO,)
    assert as_answer(plain("Hi"), plain(" there")) == plain(" there")


def test_a_blank_system_message_is_none():
    assert with_system(" ", (_HI,)) == (_HI,)
    assert with_system("Be kind.", (_HI,))[0] == Message("system", "Be kind.")
