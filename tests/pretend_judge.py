"""A server that speaks the chat completions protocol, answers by a rule, and fails where a test wants it to."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from workbench.domain.endpoints import Endpoint

TEMPLATE = "{mark}|{prompt}|{a}|{b}"  # texts of the tests hold no such stroke
Rule = Callable[[str, str, str], str]


def longer(_prompt: str, first: str, second: str) -> str:
    """A judge without a bias of place: the longer answer is better."""
    return "tie" if len(first) == len(second) else "A" if len(first) > len(second) else "B"


@dataclass
class PretendJudge:
    """What the server does and what it saw.

    Attributes:
        rule: says the reply from prompt, first and second answer.
        failures: answers of the next requests instead, each (status, headers, body); used up one by one.
        dropped: of the next requests, those whose connection is closed without an answer, as when the server is killed.
        slow_s: what every answer takes.
        key: refuses requests with another key; empty takes all.
        bodies: what was asked.
        times: when, by the monotonic clock.
        most_open: how many requests were open at once at most.
    """

    rule: Rule = longer
    failures: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    dropped: int = 0
    slow_s: float = 0.0
    key: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    most_open: int = 0
    port: int = 0
    n_open: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def endpoint(self, **changes: Any) -> Endpoint:
        """Returns how it is declared."""
        url = f"http://127.0.0.1:{self.port}/v1"
        values = {"url": url, "model": "rule", "template": TEMPLATE, "requests_per_minute": 60_000.0} | changes
        return Endpoint.read(values, where="the test")


def _handler(judge: PretendJudge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with judge.lock:
                judge.bodies.append(body)
                judge.times.append(time.monotonic())
                judge.n_open += 1
                judge.most_open = max(judge.most_open, judge.n_open)
                failure = judge.failures.pop(0) if judge.failures else None
                is_dropped = judge.dropped > 0
                judge.dropped -= is_dropped
            time.sleep(judge.slow_s)
            with judge.lock:
                judge.n_open -= 1
            if is_dropped:
                self.close_connection = True
                return
            self.answer(*(failure or self.reply(body)))

        def reply(self, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
            if judge.key and self.headers["Authorization"] != f"Bearer {judge.key}":
                said = f"Incorrect API key provided: {self.headers['Authorization']}"
                return 401, {}, json.dumps({"error": {"message": said}}).encode()
            _, prompt, first, second = body["messages"][0]["content"].split("|")
            text = judge.rule(prompt, first, second)
            usage = {"prompt_tokens": 100, "completion_tokens": 2}
            message = {"role": "assistant", "content": text}
            return 200, {}, json.dumps({"choices": [{"message": message}], "usage": usage}).encode()

        def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_about: object) -> None:
            pass

    return Handler


@contextmanager
def pretend_judge() -> Iterator[PretendJudge]:
    """Serves on a port of this computer until the test ends."""
    judge = PretendJudge()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # the client went away, as tests of stopping do

    server = Server(("127.0.0.1", 0), _handler(judge))
    judge.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield judge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
