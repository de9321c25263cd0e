import pytest
from pydantic import ValidationError

from workbench.domain.pairs import Message, plain
from workbench.domain.playground import (
    AskedModel,
    Asking,
    Cancel,
    Question,
    Scored,
    TokenReward,
    event_from_line,
    event_to_line,
    request_from_line,
    request_to_line,
)


@pytest.mark.parametrize("prompt", [plain("Once"), (Message("system", "Be kind."), Message("user", "Hi"))])
def test_a_question_survives_its_line(prompt: tuple[Message, ...]) -> None:
    asked = Question(number=3, prompt=prompt, models=(AskedModel(name="run:a@4", label="a"),), settings=Asking(seed=5))
    line = request_to_line(asked)
    assert line.count(b"\n") == 1
    assert request_from_line(line) == asked
    assert request_from_line(request_to_line(Cancel(number=3))) == Cancel(number=3)


def test_token_rewards_survive_their_line() -> None:
    said = Scored(number=1, model="m", judge="j", scores=(0.5,), tokens=((TokenReward(" a\n", -0.25),),))
    assert event_from_line(event_to_line(said)) == said


def test_a_line_of_another_kind_is_refused() -> None:
    with pytest.raises(ValidationError):
        event_from_line(b'{"kind": "shrugged", "number": 1}')
