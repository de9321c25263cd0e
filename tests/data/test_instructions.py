import pytest

from workbench.data.fields import FieldError
from workbench.data.instructions import answer, instruction_prompt
from workbench.domain.pairs import Message


def test_system_and_history_come_before_the_instruction():
    values = {"instruction": "Add.", "input": "1+1", "system": "Be brief.", "history": [["Hi", "Hello."]]}
    assert instruction_prompt(values) == (
        Message("system", "Be brief."),
        Message("user", "Hi"),
        Message("assistant", "Hello."),
        Message("user", "Add.\n1+1"),
    )


def test_history_of_another_shape_is_refused():
    with pytest.raises(FieldError, match="history holds a list"):
        instruction_prompt({"instruction": "Add.", "history": [["Hi"]]})


def test_an_answer_is_the_assistants():
    assert answer("2") == (Message("assistant", "2"),)
