from workbench.data.readers.message_preference import READER
from workbench.domain.pairs import Message


def _conversation(answer: str) -> list[dict[str, object]]:
    return [
        {"role": "user", "content": [{"type": "text", "value": "Hi"}], "loss_weight": 0.0},
        {"role": "assistant", "content": [{"type": "text", "value": answer}], "loss_weight": 1.0},
    ]


def test_contents_in_parts_are_joined_and_the_last_answers_are_the_responses():
    [row] = READER.read({"chosen_messages": _conversation("Yes."), "rejected_messages": _conversation("No.")})
    assert row.prompt == (Message("user", "Hi"),)
    assert (row.chosen, row.rejected) == ((Message("assistant", "Yes."),), (Message("assistant", "No."),))
