"""Asks an OpenAI-compatible endpoint for chat completions: at its pace, again where it failed, and never without end."""

import asyncio
import math
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import httpx2

from workbench.domain.endpoints import Endpoint, PairwiseQuestion
from workbench.domain.errors import EndpointRefused, Offline

_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
_CONNECT_S = 5.0
_AGAIN = {408, 409, 425, 429, 500, 502, 503, 504, 529}
_WRONG_KEY = {401, 403}
_NOT_THIS_ONE = {400, 413, 422}  # too long for the model, or not to a provider's liking: others may be answered
_SHOWN = 200  # characters of what the endpoint said
_NAMES_OF_ERRORS = ("error", "message", "detail", "msg")  # OpenAI nests two of them, FastAPI lists its own
_MAY_BE_LEFT_OUT = {name: str(PairwiseQuestion.model_fields[name].title) for name in ("max_tokens", "temperature")}


class Reply(NamedTuple):
    """What an endpoint replied, and the tokens that it counted; 0 where it counted none."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0


class Patience(NamedTuple):
    """How often a question is asked, and what a person does when that was in vain.

    Attributes:
        attempts: at most; a server that loads its model again after a crash needs minutes.
        first_contact: while nothing has answered yet, so that offline is known within seconds.
        again: what to do when the reason is gone.
        when_silent: what helps against an endpoint that is there and answers nothing.
    """

    attempts: int
    first_contact: int
    again: str
    when_silent: str


OF_RUN = Patience(
    8,
    2,
    "resume the run",
    "What it answered so far is kept: resume the run when the server is well, or lower the requests a minute.",
)
OF_TRIAL = Patience(1, 1, "test it again", "The server's own log may say why; else give it more patience.")


class QuestionRefused(EndpointRefused):
    """One question is not accepted; `said` is the endpoint's reason."""

    def __init__(self, sentence: str, hint: str, said: str) -> None:
        super().__init__(sentence, hint)
        self.said = said


class _Failed(Exception):
    """One attempt failed in a way that another may not.

    Args:
        why: in words.
        wait_s: what the endpoint asks to wait; None where it says nothing.
        unreachable: nothing answered at the address.
    """

    def __init__(self, why: str, wait_s: float | None = None, *, unreachable: bool = False) -> None:
        super().__init__(why)
        self.why, self.wait_s, self.unreachable = why, wait_s, unreachable


class _Pace:
    """Lets requests go at even distances; all wait when the endpoint says so."""

    def __init__(self, per_minute: float) -> None:
        self._distance = 60.0 / per_minute
        self._next = 0.0

    async def turn(self) -> None:
        now = asyncio.get_running_loop().time()
        at = max(now, self._next)
        self._next = at + self._distance
        await asyncio.sleep(at - now)

    def hold(self, seconds: float) -> None:
        self._next = max(self._next, asyncio.get_running_loop().time() + seconds)


class ChatClient:
    """An endpoint that can be asked. Use it as an asynchronous context.

    Args:
        name: of the endpoint, for errors.
        endpoint: where it is and what it may be asked.
        key: sent as the bearer token; None sends none. It is in no error and no log.
        patience: how often it is asked.
        on_waiting: called with the reason when a question will be asked again.
    """

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        key: str | None,
        patience: Patience = OF_RUN,
        on_waiting: Callable[[str], None] = lambda _why: None,
    ) -> None:
        self._name, self.endpoint, self._key = name, endpoint, key
        self._patience, self._on_waiting = patience, on_waiting
        self._pace = _Pace(endpoint.requests_per_minute)
        self._reached = False
        self._client = httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx2.Timeout(endpoint.timeout_s, connect=min(_CONNECT_S, endpoint.timeout_s)),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def ask(self, body: Mapping[str, object]) -> Reply:
        """Returns the reply to a chat completion's body.

        A busy or failing endpoint is asked again, for two minutes or more: after 1, 2, 4... seconds or what it says itself.

        Raises:
            QuestionRefused: this question is not accepted.
            EndpointRefused: the key or the model is not accepted.
            Offline: it cannot be reached, or did not answer however often it was asked.
        """
        wait_s, attempt = _FIRST_WAIT_S, 1
        while True:
            await self._pace.turn()
            try:
                return await self._attempt(body)
            except _Failed as failed:
                is_first = failed.unreachable and not self._reached
                if attempt >= (self._patience.first_contact if is_first else self._patience.attempts):
                    raise self._given_up(failed, attempt) from failed
                self._on_waiting(failed.why)
                if failed.wait_s is not None:
                    self._pace.hold(failed.wait_s)
                else:
                    await asyncio.sleep(wait_s * random.uniform(0.75, 1.25))  # so that not all come back at once
                wait_s, attempt = min(2 * wait_s, _LONGEST_WAIT_S), attempt + 1

    async def _attempt(self, body: Mapping[str, object]) -> Reply:
        try:
            response = await self._client.post(f"{self.endpoint.url}/chat/completions", json=body)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise _Failed(self._safe(str(error)) or "no connection", unreachable=True) from error
        except httpx2.TimeoutException as error:
            raise _Failed(f"no reply within {self.endpoint.timeout_s:g} s") from error
        except httpx2.HTTPError as error:
            raise _Failed(self._safe(f"{type(error).__name__}: {error}")) from error
        self._reached = True
        if response.status_code in _AGAIN:
            said = self._safe(_said(response))
            raise _Failed(f"status {response.status_code}{f': {said}' if said else ''}", _retry_after(response))
        if response.status_code != httpx2.codes.OK:
            raise self._refused(response)
        return _reply_of(response)

    def _refused(self, response: httpx2.Response) -> EndpointRefused:
        status = response.status_code
        if status in _WRONG_KEY:
            about = f"refused the key `{self.endpoint.key}`" if self._key else "wants a key"
            return EndpointRefused(
                f"The judge `{self._name}` at {self.endpoint.host} {about} (status {status}).",
                f"Store the right one with `workbench endpoints {self._name} --store-key`, or in Settings; "
                f"then {self._patience.again}.",
            )
        said = self._safe(_said(response)) or response.reason_phrase
        sentence = f"The judge `{self._name}` at {self.endpoint.host} refused the question (status {status}): {said}."
        hint = f"{self._what_to_check(said)} in Settings; then {self._patience.again}."
        if status in _NOT_THIS_ONE:
            return QuestionRefused(sentence, hint, said)
        return EndpointRefused(sentence, hint)

    def _what_to_check(self, said: str) -> str:
        sent = self.endpoint.model_dump(include=set(_MAY_BE_LEFT_OUT), exclude_none=True)
        if named := next((name for name in sent if name in said), None):
            return f"Leave “{_MAY_BE_LEFT_OUT[named]}” empty, as `--{named.replace('_', '-')} ''` does, or change it"
        if not urlsplit(self.endpoint.url).path:
            return f"Most addresses end with /v1 and {self.endpoint.url} does not: check it"
        return f"Check the address and the model `{self.endpoint.model}`"

    def _given_up(self, failed: _Failed, attempts: int) -> Offline:
        if failed.unreachable:
            sentence = f"The judge `{self._name}` cannot be reached at {self.endpoint.url} ({failed.why})."
            return Offline(sentence, f"Is the server on, and is this computer online? Then {self._patience.again}.")
        often = "" if attempts == 1 else f" in {attempts} attempts"
        return Offline(
            f"The judge `{self._name}` at {self.endpoint.host} did not answer{often} ({failed.why}).",
            self._patience.when_silent,
        )

    def _safe(self, text: str) -> str:
        cleaned = text.replace(self._key, "(key)") if self._key else text
        shown = " ".join(cleaned.split()).rstrip(".")
        return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."


def _reply_of(response: httpx2.Response) -> Reply:
    """Reads a chat completion; a reply without text, as of a model that ran out of tokens, is an empty one."""
    try:
        answer: Any = response.json()
        text = answer["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError) as error:
        raise _Failed("the reply is no chat completion") from error
    usage = answer.get("usage")
    counted = usage if isinstance(usage, dict) else {}
    n_in, n_out = counted.get("prompt_tokens"), counted.get("completion_tokens")
    return Reply(
        text if isinstance(text, str) else "",
        n_in if isinstance(n_in, int) else 0,
        n_out if isinstance(n_out, int) else 0,
    )


def _said(response: httpx2.Response) -> str:
    """Returns an error's own words, wherever a server puts them; a page that is meant for people has none."""
    try:
        answer: Any = response.json()
    except ValueError:
        return "" if "html" in response.headers.get("content-type", "") else response.text
    while isinstance(answer, dict | list) and answer:
        named = [answer[name] for name in _NAMES_OF_ERRORS if name in answer] if isinstance(answer, dict) else answer
        if not named:
            return response.text
        answer = named[0]
    return str(answer or "")


def _retry_after(response: httpx2.Response) -> float | None:
    """Returns the seconds that the endpoint asks to wait; it may name a date. Never more than a minute at a time."""
    said = response.headers.get("retry-after", "").strip()
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), _LONGEST_WAIT_S) if math.isfinite(seconds) else None
