"""Asking an endpoint, against a real server: both good and bad days."""

import itertools
import threading
import time
from collections.abc import Iterator

import pytest
from pretend_judge import PretendJudge, pretend_judge

from workbench.data.pairwise import client
from workbench.data.pairwise.asking import Interrupted, ask_all
from workbench.data.pairwise.client import Reply
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
    return ask_all("j", judge.endpoint(**changes), key, pairs, Answers() if answers is None else answers)


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


def test_retry_after_holds_everybody(judge):
    judge.failures = [(429, {"Retry-After": "0.4"}, b"")]
    ask(judge, max_concurrent=1)
    assert judge.times[1] - judge.times[0] >= 0.4


def test_an_endpoint_that_never_recovers_is_given_up_and_what_it_said_is_kept(judge):
    answers = Answers()
    ask(judge, PAIRS[:2], answers=answers)
    judge.failures = [(500, {}, b"")] * 100
    with pytest.raises(Offline, match=r"in 6 attempts \(status 500\)"):
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
        ask_all("j", judge.endpoint(key="KEY"), SECRET, PAIRS, Answers())
    assert SECRET not in str(refused.value)
    assert len(judge.bodies) <= judge.endpoint().max_concurrent


def test_what_an_endpoint_refuses_is_told_without_the_key_in_it(judge):
    judge.failures = [(404, {}, b'{"error": {"message": "no model rule for ' + SECRET.encode() + b'"}}')]
    with pytest.raises(EndpointRefused, match=r"status 404\): no model rule for \(key\)"):
        ask_all("j", judge.endpoint(key="KEY"), SECRET, PAIRS[:1], Answers())


def test_a_server_that_is_not_there_is_known_within_seconds():
    gone = Endpoint(url="http://127.0.0.1:9/v1", model="m")
    began = time.process_time()
    with pytest.raises(Offline, match=r"cannot be reached at http://127\.0\.0\.1:9/v1"):
        ask_all("j", gone, None, PAIRS, Answers())
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
        ask_all("j", judge.endpoint(), None, PAIRS, Answers(), should_stop=should_stop)


def test_progress_counts_what_was_known_too(judge):
    answers, told = Answers(), []
    ask(judge, PAIRS[:2], answers=answers)
    ask_all("j", judge.endpoint(), None, PAIRS, answers, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(n, 6) for n in range(2, 7)]
