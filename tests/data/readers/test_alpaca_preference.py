from workbench.data.readers.alpaca_preference import READER
from workbench.domain.pairs import Message


def test_instruction_and_input_are_what_the_user_says():
    [row] = READER.read({"instruction": "Add.", "input": "1+1", "chosen": "2", "rejected": "3", "margin": "1.5"})
    assert row.prompt == (Message("user", "Add.\n1+1"),)
    assert (row.chosen, row.margin, row.metadata) == ((Message("assistant", "2"),), 1.5, {})
