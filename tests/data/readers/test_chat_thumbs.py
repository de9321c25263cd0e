from workbench.data.reader import renamed
from workbench.data.readers.chat_thumbs import READER
from workbench.domain.pairs import Message


def test_kto_tag_judges_the_last_answer_of_a_conversation():
    values = {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "No."}], "kto_tag": False}
    [row] = READER.read(renamed(values, READER.renames(values)))
    assert (row.prompt, row.rejected) == ((Message("user", "Hi"),), (Message("assistant", "No."),))
    assert (row.chosen, row.metadata) == (None, {})
