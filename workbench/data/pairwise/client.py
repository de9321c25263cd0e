"""Asks an OpenAI-compatible endpoint for chat completions: at its pace, again where it failed, and never without end."""

import asyncio
import math
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx2

from workbench.domain.endpoints import Endpoint
from workbench.domain.errors import EndpointRefused, Offline

_ATTEMPTS = 6
_FIRST_CONTACT = 2  # attempts while nothing has answered yet: offline is known within seconds
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
_CONNECT_S = 5.0
_AGAIN = {408, 409, 425, 429, 500, 502, 503, 504, 529}
_WRONG_KEY = {401, 403}
_SHOWN = 200  # characters of what the endpoint said


class Reply(NamedTuple):
    """What an endpoint replied, and the tokens that it counted; 0 where it counted none."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0


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
    """

    def __init__(self, name: str, endpoint: Endpoint, key: str | None) -> None:
        self._name, self._endpoint, self._key = name, endpoint, key
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

        A busy or failing endpoint is asked again, up to six times, after 1, 2, 4... seconds or what it says itself.

        Raises:
            EndpointRefused: the key, the model or the question is not accepted.
            Offline: it cannot be reached, or did not answer however often it was asked.
        """
        wait_s, attempt = _FIRST_WAIT_S, 1
        while True:
            await self._pace.turn()
            try:
                return await self._attempt(body)
            except _Failed as failed:
                most = _FIRST_CONTACT if failed.unreachable and not self._reached else _ATTEMPTS
                if attempt >= most:
                    raise self._given_up(failed, attempt) from failed
                if failed.wait_s is not None:
                    self._pace.hold(failed.wait_s)
                else:
                    await asyncio.sleep(wait_s * random.uniform(0.75, 1.25))  # so that not all come back at once
                wait_s, attempt = min(2 * wait_s, _LONGEST_WAIT_S), attempt + 1

    async def _attempt(self, body: Mapping[str, object]) -> Reply:
        try:
            response = await self._client.post(f"{self._endpoint.url}/chat/completions", json=body)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise _Failed(self._safe(str(error)) or "no connection", unreachable=True) from error
        except httpx2.TimeoutException as error:
            raise _Failed(f"no reply within {self._endpoint.timeout_s:g} s") from error
        except httpx2.HTTPError as error:
            raise _Failed(self._safe(f"{type(error).__name__}: {error}")) from error
        self._reached = True
        if response.status_code in _AGAIN:
            raise _Failed(f"status {response.status_code}", _retry_after(response))
        if response.status_code != httpx2.codes.OK:
            raise self._refused(response)
        return _reply_of(response)

    def _refused(self, response: httpx2.Response) -> EndpointRefused:
        status = response.status_code
        if status in _WRONG_KEY:
            about = f"refused the key `{self._endpoint.key}`" if self._key else "wants a key"
            return EndpointRefused(
                f"The judge `{self._name}` at {self._endpoint.host} {about} (status {status}).",
                f"Store the right one with `workbench endpoints {self._name} --store-key`, or in Settings; then resume the run.",
            )
        said = self._safe(_said(response))
        return EndpointRefused(
            f"The judge `{self._name}` at {self._endpoint.host} refused the question (status {status}): {said}.",
            f"Check the address and the model `{self._endpoint.model}` in Settings; then resume the run.",
        )

    def _given_up(self, failed: _Failed, attempts: int) -> Offline:
        if failed.unreachable:
            sentence = f"The judge `{self._name}` cannot be reached at {self._endpoint.url} ({failed.why})."
            return Offline(sentence, "Is the server on, and is this computer online? Then resume the run.")
        return Offline(
            f"The judge `{self._name}` at {self._endpoint.host} did not answer in {attempts} attempts ({failed.why}).",
            "What it answered so far is kept; resume the run later, or lower the requests a minute.",
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
    try:
        answer = response.json()
        return str(answer["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return response.text


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
