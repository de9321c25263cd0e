import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pretend_playground import COMMAND

from workbench.domain.errors import RunFailure
from workbench.domain.pairs import plain
from workbench.domain.playground import Answered, AskedJudge, AskedModel, Began, Cancelled, Sampled, Scored
from workbench.jobs.playground import Playground
from workbench.storage.project import Project

MODELS = [AskedModel(name="start", label="start"), AskedModel(name="run:ppo", label="ppo")]
JUDGES = [AskedJudge(name="vader", label="vader"), AskedJudge(name="reward:r", label="reward")]


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    made = Playground(Project.create(tmp_path / "project"), COMMAND)
    yield made
    made.close()


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "pretend_playground" in " ".join(child.cmdline())]


def test_a_question_is_answered_by_every_model_and_scored_by_every_judge(playground: Playground) -> None:
    events = list(playground.ask(plain("Once"), MODELS, JUDGES))
    assert [event.model for event in events if isinstance(event, Sampled)] == ["start", "run:ppo"]
    assert {(event.model, event.judge) for event in events if isinstance(event, Scored)} == {
        (model.name, judge.name) for model in MODELS for judge in JUDGES
    }
    assert isinstance(events[-1], Answered)


def test_the_process_starts_with_the_first_question_and_answers_the_second_too(playground: Playground) -> None:
    assert children() == []
    list(playground.ask(plain("Once"), MODELS))
    first = children()
    list(playground.ask(plain("Twice"), MODELS))
    assert len(first) == 1
    assert children() == first


def test_closing_ends_the_process_and_waits_for_nothing(
    playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[threading.Thread] = []
    wait = subprocess.Popen.wait

    def noted(process: "subprocess.Popen[bytes]", timeout: float | None = None) -> int:
        waiting.append(threading.current_thread())
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", noted)
    playground.warm_up()
    (process,) = children()
    playground.close()
    assert threading.current_thread() not in waiting
    process.wait(20)
    with pytest.raises(RunFailure, match="was closed"):
        list(playground.ask(plain("Once"), MODELS))


def test_a_process_that_dies_is_one_sentence_and_the_next_question_starts_another(playground: Playground) -> None:
    with pytest.raises(RunFailure, match="ended while it answered: RuntimeError: the graphics card fell out") as died:
        list(playground.ask(plain("die"), MODELS))
    assert "Ask again" in died.value.hint
    assert isinstance(list(playground.ask(plain("Once"), MODELS))[-1], Answered)


def test_a_process_that_dies_in_the_middle_of_a_line_is_one_that_died(playground: Playground) -> None:
    with pytest.raises(RunFailure, match="ended while it answered: RuntimeError: torn"):
        list(playground.ask(plain("tear"), MODELS))
    assert isinstance(list(playground.ask(plain("Once"), MODELS))[-1], Answered)


def test_a_line_that_is_no_event_is_passed_over(playground: Playground) -> None:
    assert isinstance(list(playground.ask(plain("chatter"), MODELS))[-1], Answered)


def test_a_process_that_is_killed_names_the_signal_and_the_memory(playground: Playground) -> None:
    answers = playground.ask(plain("wait"), MODELS)
    while not (isinstance(event := next(answers), Began) and event.phase == "waiting"):
        pass
    children()[0].kill()
    with pytest.raises(RunFailure, match="signal 9") as killed:
        next(answers)
    assert "memory" in killed.value.hint


def test_a_question_that_is_cancelled_ends_with_that_word(playground: Playground) -> None:
    events = []
    for event in playground.ask(plain("wait"), MODELS):
        events.append(event)
        if isinstance(event, Began) and event.phase == "waiting":
            playground.cancel()
    assert isinstance(events[-1], Cancelled)


def test_a_newer_question_ends_the_one_before(playground: Playground) -> None:
    old: list[object] = []
    is_waiting = threading.Event()

    def listen() -> None:
        for event in playground.ask(plain("wait"), MODELS):
            old.append(event)
            if isinstance(event, Began) and event.phase == "waiting":
                is_waiting.set()

    thread = threading.Thread(target=listen)
    thread.start()
    assert is_waiting.wait(20)
    assert isinstance(list(playground.ask(plain("Once"), MODELS))[-1], Answered)
    thread.join(20)
    assert isinstance(old[-1], Cancelled)


def test_a_listener_that_goes_away_gives_its_question_up(playground: Playground) -> None:
    answers = playground.ask(plain("wait"), MODELS)
    next(answers)
    answers.close()
    assert isinstance(list(playground.ask(plain("Once"), MODELS))[-1], Answered)
