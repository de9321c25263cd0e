"""Asking an endpoint, against a real server: both good and bad days."""

import itertools
import threading
import time
from collections.abc import Iterator

import pytest
from pretend_judge import PretendJudge, pretend_judge

from workbench.data.pairwise import client
from workbench.data.pairwise.asking import Interrupted, ask_all
from workbench.data.pairwise.client import OF_TRIAL, ChatClient, Reply
from workbench.data.pairwise.question import Pair
from workbench.domain.endpoints import Endpoint
from workbench.domain.errors import EndpointRefused, Offline

SECRET = "sk-not-for-anyones-eyes"
PAIRS = [Pair(f"p{i}", "long answer", "short") for i in range(6)]


@pytest.fixture
def judge() -> Iterator[PretendJudge]:
    with pretend_judge() as made:
        yield made


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(client, "_FIRST_WAIT_S", 0.01)


class Answers(dict):
    """Replies in memory."""

    def put(self, key, reply):
        self[key] = reply


def ask(judge: PretendJudge, pairs=PAIRS, key=None, answers=None, **changes):
    return ask_all(ChatClient("j", judge.endpoint(**changes), key), pairs, Answers() if answers is None else answers)


def test_replies_come_in_the_order_of_the_questions(judge):
    found = ask(judge, [PAIRS[0], PAIRS[0].swapped(), Pair("q", "a", "b")])
    assert [asked.reply for asked in found] == [Reply("A", 100, 2), Reply("B", 100, 2), Reply("tie", 100, 2)]


def test_nothing_is_asked_twice(judge):
    answers = Answers()
    ask(judge, [*PAIRS, *PAIRS], answers=answers)
    assert len(judge.bodies) == len(PAIRS)
    again = ask(judge, answers=answers)
    assert len(judge.bodies) == len(PAIRS)
    assert all(asked.cached for asked in again)


@pytest.mark.parametrize(
    "failure",
    [
        (429, {}, b"slow down"),
        (500, {}, b"oops"),
        (503, {"Retry-After": "0"}, b""),
        (200, {}, b"<html>not json"),
        (200, {}, b'{"choices": []}'),
        (200, {}, b"[]"),
    ],
)
def test_a_bad_day_of_the_endpoint_is_waited_out(judge, failure):
    judge.failures = [failure] * 3
    assert [asked.reply.text for asked in ask(judge)] == ["A"] * len(PAIRS)
    assert len(judge.bodies) == len(PAIRS) + 3


def test_a_server_that_dies_and_comes_back_is_waited_for(judge):
    judge.dropped = 3
    assert [asked.reply.text for asked in ask(judge)] == ["A"] * len(PAIRS)


def test_what_is_waited_for_is_said(judge):
    judge.failures = [(503, {}, b'{"error": {"message": "Loading model", "code": 503}}')]
    said = []
    ask_all(ChatClient("j", judge.endpoint(), None, on_waiting=said.append), PAIRS, Answers())
    assert said == ["status 503: Loading model"]


def test_a_trial_asks_once_and_speaks_of_no_run(judge):
    judge.failures = [(500, {}, b"")] * 2
    with pytest.raises(Offline, match=r"did not answer \(status 500\)") as failed:
        ask_all(ChatClient("j", judge.endpoint(), None, OF_TRIAL), PAIRS[:1], Answers())
    assert len(judge.bodies) == 1
    assert "run" not in failed.value.hint


def test_a_question_that_is_refused_among_others_is_counted_and_kept_nowhere(judge):
    answers = Answers()
    ask(judge, PAIRS[:4], answers=answers)
    judge.failures = [(400, {}, b'{"error": {"message": "longer than the context of 512 tokens"}}')]
    found = ask(judge, answers=answers, max_concurrent=1)
    assert [asked.reply.text for asked in found[4:]] == ["(refused: longer than the context of 512 tokens)", "A"]
    assert len(answers) == len(PAIRS) - 1


@pytest.mark.parametrize("n", [1, len(PAIRS)])
def test_an_endpoint_that_refuses_every_question_is_at_fault_itself(judge, n):
    judge.failures = [(400, {}, b'{"detail": "no such field"}')] * len(PAIRS)
    with pytest.raises(EndpointRefused, match="no such field"):
        ask(judge, PAIRS[:n], max_concurrent=1)
    assert len(judge.bodies) <= 4


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("json", b'{"error": {"message": "no model rule", "type": "x"}}', "no model rule"),  # OpenAI
        ("json", b'{"error": "model rule not found"}', "model rule not found"),  # Ollama
        ("json", b'{"object": "error", "message": "The model rule does not exist."}', "The model rule does not exist"),
        ("json", b'{"detail": "Server is pinned to x"}', "Server is pinned to x"),  # FastAPI
        ("json", b'{"detail": [{"loc": ["body"], "msg": "Field required"}]}', "Field required"),
        ("json", b'{"reason": 7}', '{"reason": 7}'),
        ("html", b"<html><h1>404</h1></html>", "Not Found"),
    ],
)
def test_an_endpoints_own_words_are_told_wherever_it_puts_them(judge, kind, body, said):
    judge.failures = [(404, {"Content-Type": f"text/{kind}"}, body)]
    with pytest.raises(EndpointRefused) as refused:
        ask(judge, PAIRS[:1])
    assert refused.value.sentence.endswith(f"refused the question (status 404): {said}.")


def test_a_setting_that_a_model_does_not_take_is_named_as_forms_and_flags_call_it(judge):
    judge.failures = [(400, {}, b'{"error": {"message": "Unsupported parameter: \'max_tokens\'"}}')]
    with pytest.raises(EndpointRefused) as refused:
        ask(judge, PAIRS[:1])
    assert refused.value.hint.startswith("Leave “Longest reply” empty, as `--max-tokens ''` does")


def test_an_address_without_a_path_is_doubted(judge):
    judge.failures = [(404, {}, b'{"detail": "Not Found"}')]
    with pytest.raises(EndpointRefused) as refused:
        ask(judge, PAIRS[:1], url=f"http://127.0.0.1:{judge.port}")
    assert "Most addresses end with /v1" in refused.value.hint


def test_retry_after_holds_everybody(judge):
    judge.failures = [(429, {"Retry-After": "0.4"}, b"")]
    ask(judge, max_concurrent=1)
    assert judge.times[1] - judge.times[0] >= 0.4


def test_an_endpoint_that_never_recovers_is_given_up_and_what_it_said_is_kept(judge):
    answers = Answers()
    ask(judge, PAIRS[:2], answers=answers)
    judge.failures = [(500, {}, b"")] * 100
    with pytest.raises(Offline, match=r"in 8 attempts \(status 500\)"):
        ask(judge, answers=answers, max_concurrent=1)
    judge.failures = []
    judge.bodies.clear()
    ask(judge, answers=answers)
    assert len(judge.bodies) == len(PAIRS) - 2


def test_a_reply_that_takes_too_long_counts_as_lost(judge):
    judge.slow_s = 0.5
    with pytest.raises(Offline, match=r"no reply within 0\.05 s"):
        ask(judge, PAIRS[:1], timeout_s=0.05)


def test_a_wrong_key_is_said_at_once_and_shown_nowhere(judge):
    judge.key = "right"
    with pytest.raises(EndpointRefused, match="refused the key `KEY`") as refused:
        ask_all(ChatClient("j", judge.endpoint(key="KEY"), SECRET), PAIRS, Answers())
    assert SECRET not in str(refused.value)
    assert len(judge.bodies) <= judge.endpoint().max_concurrent


def test_what_an_endpoint_refuses_is_told_without_the_key_in_it(judge):
    judge.failures = [(404, {}, b'{"error": {"message": "no model rule for ' + SECRET.encode() + b'"}}')]
    with pytest.raises(EndpointRefused, match=r"status 404\): no model rule for \(key\)"):
        ask_all(ChatClient("j", judge.endpoint(key="KEY"), SECRET), PAIRS[:1], Answers())


def test_a_server_that_is_not_there_is_known_within_seconds():
    gone = Endpoint(url="http://127.0.0.1:9/v1", model="m")
    began = time.process_time()
    with pytest.raises(Offline, match=r"cannot be reached at http://127\.0\.0\.1:9/v1"):
        ask_all(ChatClient("j", gone, None), PAIRS, Answers())
    assert time.process_time() - began < 20


def test_requests_keep_the_pace_that_is_allowed(judge):
    ask(judge, requests_per_minute=600.0)
    assert all(later - earlier > 0.05 for earlier, later in itertools.pairwise(judge.times))


def test_no_more_are_open_at_once_than_is_allowed(judge):
    judge.slow_s = 0.05
    ask(judge, max_concurrent=2)
    assert judge.most_open == 2


def test_who_asks_to_stop_does_not_wait_for_a_slow_reply(judge):
    judge.slow_s = 60.0
    asked = threading.Event()

    def should_stop() -> bool:
        if judge.bodies:
            asked.set()
        return asked.is_set()

    with pytest.raises(Interrupted):
        ask_all(ChatClient("j", judge.endpoint(), None), PAIRS, Answers(), should_stop=should_stop)


def test_progress_counts_what_was_known_too(judge):
    answers, told = Answers(), []
    ask(judge, PAIRS[:2], answers=answers)
    ask_all(
        ChatClient("j", judge.endpoint(), None),
        PAIRS,
        answers,
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(n, 6) for n in range(2, 7)]
