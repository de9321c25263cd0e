"""Alpaca's way of writing a prompt: an instruction, an input to it, and maybe a system message and earlier turns."""

from workbench.data.chats import with_system
from workbench.data.fields import FieldError, Values, kind_of, optional_text, text
from workbench.domain.pairs import Message, Turns

INSTRUCTION_COLUMNS = ("instruction", "input", "system", "history")


def instruction_prompt(values: Values) -> Turns:
    """Returns the prompt as a chat: what the person asks is the instruction, a line break and the input.

    Raises:
        FieldError: a column holds something else.
    """
    instruction, further = text(values, "instruction"), optional_text(values, "input")
    asked = "\n".join(part for part in (instruction, further) if part)
    return with_system(optional_text(values, "system"), (*_history(values), Message("user", asked)))


def answer(said: str) -> Turns:
    """Returns a response as the assistant's turn."""
    return (Message("assistant", said),)


def _history(values: Values) -> Turns:
    """Returns earlier turns from `history`, a list of [asked, answered]."""
    rounds = values.get("history") or []
    turns: list[Message] = []
    for pair in rounds if isinstance(rounds, list) else [rounds]:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(said, str) for said in pair)):
            raise FieldError("history", f"holds {kind_of(pair)}", "a list of [asked, answered]", "Correct the row.")
        turns += [Message("user", pair[0]), Message("assistant", pair[1])]
    return tuple(turns)
