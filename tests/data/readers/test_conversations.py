import pytest

from workbench.data.fields import FieldError
from workbench.data.readers.conversations import READER
from workbench.domain.pairs import Message


def test_the_last_answer_is_the_demonstration():
    [row] = READER.read({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]})
    assert (row.prompt, row.chosen) == ((Message("user", "Hi"),), (Message("assistant", "Hello."),))


def test_a_conversation_that_the_user_ends_is_refused():
    with pytest.raises(FieldError, match="does not end with an answer"):
        READER.read({"messages": [{"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Hello."}]})
