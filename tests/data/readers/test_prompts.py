from workbench.data.readers.prompts import READER
from workbench.domain.pairs import Message, plain


def test_a_prompt_is_text_or_a_chat():
    [text] = READER.read({"prompt": "Once", "topic": "cats"})
    [chat] = READER.read({"prompt": [{"role": "user", "content": "Hi"}]})
    assert (text.prompt, text.metadata) == (plain("Once"), {"topic": "cats"})
    assert (chat.prompt, chat.chosen) == ((Message("user", "Hi"),), None)
