from workbench.data.reader import renamed
from workbench.data.readers.demonstrations import READER
from workbench.domain.pairs import Message, plain


def test_a_completion_of_text_stays_text():
    [row] = READER.read({"prompt": "Once", "completion": " upon", "chosen_cut": True})
    assert (row.prompt, row.chosen, row.chosen_cut) == (plain("Once"), plain(" upon"), True)


def test_response_is_another_name_for_it():
    values = {"prompt": [{"role": "user", "content": "Hi"}], "response": "Hello."}
    [row] = READER.read(renamed(values, READER.renames(values)))
    assert row.chosen == (Message("assistant", "Hello."),)
