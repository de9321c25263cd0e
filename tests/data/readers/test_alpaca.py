from workbench.data.readers.alpaca import READER
from workbench.domain.pairs import Message


def test_the_output_is_a_demonstration():
    [row] = READER.read({"instruction": "Say hi.", "input": "", "output": "Hi.", "topic": "manners"})
    assert (row.prompt, row.chosen) == ((Message("user", "Say hi."),), (Message("assistant", "Hi."),))
    assert (row.rejected, row.metadata) == (None, {"topic": "manners"})
