"""Questions answered by real small models, and the process around that."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.domain.errors import NotFound, WorkbenchError
from workbench.domain.pairs import Message, plain
from workbench.domain.playground import (
    AskedJudge,
    AskedModel,
    Asking,
    Cancelled,
    Failed,
    PlaygroundEvent,
    Question,
    Sampled,
    Scored,
    Troubled,
    event_from_line,
    request_to_line,
)
from workbench.training.answering import Answering
from workbench.training.models import load_policy, load_scoring_model
from workbench.training.playground import GivenUp, answer_one
from workbench.training.rollout import generate, response_texts
from workbench.training.scoring import RewardScorer, RewardSettings
from workbench.training.text import encode_prompt

Runs = Any
PROMPT = plain("Once upon a time, Tom")
CPU = torch.device("cpu")


@pytest.fixture
def reward(runs: Runs, tmp_path: Path) -> Path:
    folder = tmp_path / "reward"
    for part in load_scoring_model(runs.baby, CPU, head_seed=0):  # another tokenizer than the policies'
        part.save_pretrained(folder)
    RewardSettings(mean=0.5, std=2.0).write(folder)
    return folder


@pytest.fixture
def said() -> list[PlaygroundEvent]:
    return []


@pytest.fixture
def answering(runs: Runs, said: list[PlaygroundEvent]) -> Answering:
    runs.project.mkdir()
    return Answering(runs.project, said.append, lambda _number: None)


def question(*models: Path | str, judges: tuple[str, ...] = (), **changes: Any) -> Question:
    settings = {"max_new_tokens": 12, "n_responses": 2, "device": "cpu"} | changes
    return Question(
        number=1,
        prompt=PROMPT,
        models=tuple(AskedModel(name=str(model), label=Path(model).name) for model in models),
        judges=tuple(AskedJudge(name=name, label=name) for name in judges),
        settings=Asking.model_validate(settings),
    )


def of(kind: type, said: list[PlaygroundEvent]) -> list[Any]:
    return [event for event in said if isinstance(event, kind)]


def test_the_answers_are_those_that_evaluation_would_sample(
    runs: Runs, answering: Answering, said: list[PlaygroundEvent]
) -> None:
    answering.answer(question(runs.stories, seed=5))
    model, tokenizer = load_policy(runs.stories, CPU)
    prompts = [encode_prompt(PROMPT, tokenizer)] * 2
    generator = torch.Generator().manual_seed(5)
    rollout = generate(model, prompts, max_new_tokens=12, temperature=1.0, end_ids={1}, pad_id=2, generator=generator)
    (sampled,) = of(Sampled, said)
    assert [r.text for r in sampled.responses] == response_texts(tokenizer, prompts, rollout.response_ids)
    assert [r.n_tokens for r in sampled.responses] == [len(tokens) for tokens in rollout.response_ids]


def test_every_judge_scores_every_answer_and_a_reward_model_its_tokens(
    runs: Runs, answering: Answering, said: list[PlaygroundEvent], reward: Path
) -> None:
    answering.answer(question(runs.stories, runs.baby, judges=("length", f"reward:{reward}")))
    texts = {event.model: [response.text for response in event.responses] for event in of(Sampled, said)}
    lengths, rewards = of(Scored, said)[:2], of(Scored, said)[2:]
    assert [list(event.scores) for event in lengths] == [[len(t) for t in texts[event.model]] for event in lengths]
    scorer = RewardScorer.load(reward, CPU)
    for event in rewards:
        expected = scorer.score([PROMPT] * 2, texts[event.model], [False, False])
        assert list(event.scores) == pytest.approx(list(expected), abs=1e-5)
        assert [tokens[-1].value for tokens in event.tokens] == list(event.scores)


def test_a_model_or_judge_that_cannot_be_used_is_said_and_the_others_go_on(
    runs: Runs, answering: Answering, said: list[PlaygroundEvent]
) -> None:
    answering.answer(question("./nowhere", runs.stories, judges=("no_such:judge", "length")))
    assert [event.about for event in of(Troubled, said)] == ["./nowhere", "no_such:judge"]
    assert [event.model for event in of(Sampled, said)] == [str(runs.stories)]
    assert [event.judge for event in of(Scored, said)] == ["length"]


def test_a_question_that_no_model_can_answer_fails_with_its_sentence(answering: Answering) -> None:
    with pytest.raises(NotFound, match="no model folder"):
        answering.answer(question("./nowhere"))


def test_a_second_question_finds_the_models_loaded(
    runs: Runs, answering: Answering, said: list[PlaygroundEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering.answer(question(runs.stories))
    monkeypatch.setattr("workbench.training.answering.load_policy", None)
    answering.answer(question(runs.stories))
    first, second = of(Sampled, said)
    assert first.responses == second.responses


def test_models_that_were_forgotten_are_loaded_again(
    runs: Runs, answering: Answering, said: list[PlaygroundEvent]
) -> None:
    answering.answer(question(runs.stories))
    answering.forget()
    answering.answer(question(runs.stories))
    first, second = of(Sampled, said)
    assert first.responses == second.responses


def test_a_stop_string_ends_an_answer_and_is_no_part_of_it(
    runs: Runs, answering: Answering, said: list[PlaygroundEvent]
) -> None:
    answering.answer(question(runs.stories, stop_strings=("e",), max_new_tokens=40))
    responses = of(Sampled, said)[0].responses
    assert {response.stop_reason for response in responses} == {"stop_string"}
    assert not any("e" in response.text for response in responses)


def test_a_prompt_that_does_not_fit_is_cut_and_said(
    runs: Runs, answering: Answering, said: list[PlaygroundEvent]
) -> None:
    long = question(runs.stories).model_copy(update={"prompt": plain("One day " * 600)})
    answering.answer(long)
    assert of(Sampled, said)[0].prompt_was_cut


def test_a_chat_is_read_as_training_reads_it(runs: Runs, answering: Answering, said: list[PlaygroundEvent]) -> None:
    chat = (Message("user", "Tell me of Tom."),)
    asked = question(runs.stories)
    answering.answer(asked.model_copy(update={"prompt": chat}))
    answering.answer(asked.model_copy(update={"prompt": plain("Human: Tell me of Tom.\n\nAssistant:")}))
    first, second = of(Sampled, said)
    assert first.responses == second.responses


def test_a_question_that_is_given_up_between_two_tokens_is_cancelled(runs: Runs, said: list[PlaygroundEvent]) -> None:
    asked = 0

    def check(_number: int) -> None:
        nonlocal asked
        asked += 1
        if asked > 8:
            raise GivenUp

    answering = Answering(runs.project, said.append, check)
    answer_one(question(runs.stories, max_new_tokens=200), answering.answer, said.append)
    assert isinstance(said[-1], Cancelled)
    assert of(Sampled, said) == []


def test_a_fault_is_said_and_memory_has_a_name(said: list[PlaygroundEvent]) -> None:
    def answer(error: Exception) -> Failed:
        def fail(_question: Question) -> None:
            raise error

        answer_one(question("m"), fail, said.append)
        assert isinstance(said[-1], Failed)
        return said[-1]

    assert answer(RuntimeError("CUDA out of memory")).code == "out_of_memory"
    assert answer(KeyError("x")).message == "KeyError: 'x'"
    assert answer(WorkbenchError("No.", "Yes.")).hint == "Yes."


def test_the_process_answers_in_lines_whatever_judges_print_and_ends_with_its_input(runs: Runs) -> None:
    runs.project.mkdir()
    (runs.project / "loud.py").write_text(
        "print('imported')\ndef score(p, r):\n    print('hey')\n    return [1.0] * len(r)"
    )
    command = [sys.executable, "-m", "workbench.training.playground", str(runs.project)]
    asked = question(runs.stories, judges=("./loud.py:score",))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(request_to_line(asked))
        process.stdin.flush()
        events = []
        while not events or events[-1].kind not in ("answered", "failed"):
            events.append(event_from_line(process.stdout.readline()))
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait(20) == 0
    assert [event.scores for event in of(Scored, events)] == [(1.0, 1.0)]
