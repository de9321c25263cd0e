"""Asks many questions at once and keeps every reply the moment it is there, so that nothing is paid for twice."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from workbench.data.pairwise.client import ChatClient, QuestionRefused, Reply
from workbench.data.pairwise.question import Pair, question_key, request_body

_LOOK_S = 0.1
_FEW = 3  # refused questions that say nothing of the rest


class Answers(Protocol):
    """Replies that are kept, by the question's key."""

    def get(self, key: str) -> Reply | None: ...

    def put(self, key: str, reply: Reply) -> None: ...


class Asked(NamedTuple):
    """A reply, and whether it was known before."""

    reply: Reply
    cached: bool


class Interrupted(Exception):
    """The person asked to stop; what was answered until then is kept."""


def ask_all(
    client: ChatClient,
    pairs: Sequence[Pair],
    answers: Answers,
    *,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Asked]:
    """Returns the reply to every pair in its order, asking for those that are not known yet.

    A question that the endpoint refuses, as one that is too long for its model, has the refusal for a reply, which is kept
    nowhere; where more are refused than answered, the endpoint or its settings are at fault.

    Args:
        client: whom to ask; it is closed afterwards.
        pairs: what to ask.
        answers: what is known, and where replies are kept.
        on_progress: called with how many of how many questions are answered.
        should_stop: looked at ten times a second.

    Raises:
        EndpointRefused, Offline: see `ChatClient.ask`.
        Interrupted: `should_stop` said so.
    """
    return asyncio.run(_Asking(client, answers, on_progress).all(pairs, should_stop))


class _Asking:
    """One list of questions on its way."""

    def __init__(self, client: ChatClient, answers: Answers, on_progress: Callable[[int, int], None]) -> None:
        self._client, self._question = client, client.endpoint.question
        self._answers, self._on_progress = answers, on_progress
        self._done: dict[str, Asked] = {}
        self._refused: list[QuestionRefused] = []
        self._total = 0

    async def all(self, pairs: Sequence[Pair], should_stop: Callable[[], bool]) -> list[Asked]:
        keys = [question_key(self._question, pair) for pair in pairs]
        waiting = self._look_up(dict(zip(keys, pairs, strict=True)))
        self._total = len(waiting) + len(self._done)
        self._on_progress(len(self._done), self._total)
        async with self._client:
            rows = iter(waiting.items())
            workers = [asyncio.create_task(self._work(rows)) for _ in range(self._client.endpoint.max_concurrent)]
            try:
                await _finish(workers, should_stop)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)
        if self._refused and len(self._refused) == len(self._done):
            raise self._refused[0]
        return [self._done[key] for key in keys]

    def _look_up(self, pairs: Mapping[str, Pair]) -> dict[str, Pair]:
        """Takes what is known, and returns what is not."""
        for key in pairs:
            if (known := self._answers.get(key)) is not None:
                self._done[key] = Asked(known, cached=True)
        return {key: pair for key, pair in pairs.items() if key not in self._done}

    async def _work(self, rows: Iterator[tuple[str, Pair]]) -> None:
        for key, pair in rows:
            try:
                reply = await self._client.ask(request_body(self._question, pair))
            except QuestionRefused as refused:
                reply = self._refusal(refused)
            else:
                self._answers.put(key, reply)
            self._done[key] = Asked(reply, cached=False)
            self._on_progress(len(self._done), self._total)

    def _refusal(self, refused: QuestionRefused) -> Reply:
        answered = len(self._done) - len(self._refused)
        self._refused.append(refused)
        if len(self._refused) > max(_FEW, answered):
            raise refused
        return Reply(f"(refused: {refused.said})")


async def _finish(workers: Sequence["asyncio.Task[None]"], should_stop: Callable[[], bool]) -> None:
    left = set(workers)
    while left:
        if should_stop():
            raise Interrupted
        done, left = await asyncio.wait(left, timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
