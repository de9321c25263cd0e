from workbench.data.readers.sharegpt_preference import READER
from workbench.domain.pairs import Message

_RECORD = {
    "conversations": [{"from": "human", "value": "Hi"}],
    "chosen": {"from": "gpt", "value": "Hello."},
    "rejected": {"from": "gpt", "value": "No."},
}


def test_humans_and_gpts_become_users_and_assistants():
    [row] = READER.read(_RECORD)
    assert row.prompt == (Message("user", "Hi"),)
    assert (row.chosen, row.rejected) == ((Message("assistant", "Hello."),), (Message("assistant", "No."),))


def test_a_system_column_comes_first_and_other_columns_are_metadata():
    [row] = READER.read(_RECORD | {"system": "Be kind.", "id": 3})
    assert row.prompt[0] == Message("system", "Be kind.")
    assert row.metadata == {"id": 3}
