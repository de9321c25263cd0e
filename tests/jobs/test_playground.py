import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import psutil
import pytest
from pretend_playground import COMMAND

from workbench.domain.errors import RunFailure
from workbench.domain.pairs import plain
from workbench.domain.playground import Answered, AskedJudge, AskedModel, Began, Cancelled, Sampled, Scored
from workbench.domain.preferences import FolderPreferences
from workbench.jobs.playground import Playground
from workbench.storage.preferences import change_preferences
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


def test_the_process_has_the_person_s_account_and_folder_on_the_hub(
    playground: Playground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    change_preferences(lambda known: known.with_group("folders", FolderPreferences(hub_cache=str(tmp_path / "hub"))))
    monkeypatch.setattr(keyring, "get_password", lambda _service, _name: "hf_secret")
    playground.warm_up()
    environment = children()[0].environ()
    assert (environment["HF_TOKEN"], environment["HF_HUB_CACHE"]) == ("hf_secret", str(tmp_path / "hub"))


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """A keyring that waits to be unlocked: set when it is asked, and to be set to unlock it."""
    is_asked, is_unlocked = threading.Event(), threading.Event()

    def get_password(_service: str, _name: str) -> None:
        is_asked.set()
        is_unlocked.wait()

    monkeypatch.setattr(keyring, "get_password", get_password)
    yield is_asked, is_unlocked
    is_unlocked.set()


def test_a_locked_keyring_keeps_nobody_from_giving_a_question_up(
    playground: Playground, locked: tuple[threading.Event, threading.Event]
) -> None:
    is_asked, is_unlocked = locked
    events: list[object] = []
    asking = threading.Thread(target=lambda: events.extend(playground.ask(plain("Once"), MODELS)), daemon=True)
    asking.start()
    assert is_asked.wait(20)
    playground.cancel()
    is_unlocked.set()
    asking.join(20)
    assert [type(event) for event in events] == [Cancelled]
    assert children() == []


def test_a_locked_keyring_keeps_nobody_from_closing(
    playground: Playground, locked: tuple[threading.Event, threading.Event]
) -> None:
    is_asked, is_unlocked = locked
    failures: list[RunFailure] = []

    def warm_up() -> None:
        try:
            playground.warm_up()
        except RunFailure as failure:
            failures.append(failure)

    starting = threading.Thread(target=warm_up, daemon=True)
    starting.start()
    assert is_asked.wait(20)
    playground.close()
    is_unlocked.set()
    starting.join(20)
    assert [failure.sentence for failure in failures] == ["The playground was closed."]
    assert children() == []
