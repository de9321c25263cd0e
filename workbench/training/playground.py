"""The playground's process: `python -m workbench.training.playground PROJECT_FOLDER`.

It reads questions as JSON lines on standard input and says what comes of them as JSON lines on standard output
(`domain.playground`); the log goes to standard error. It lives as long as its input is open, so that the libraries are
imported once and models stay in memory: a second question is answered at once. A newer question replaces the one that is
being answered.
"""

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from workbench.domain.errors import WorkbenchError
from workbench.domain.playground import (
    Answered,
    Cancelled,
    Failed,
    PlaygroundEvent,
    Question,
    event_to_line,
    request_from_line,
)
from workbench.training.worker import QUIET, named_failure

_log = logging.getLogger("workbench.playground")
_IDLE_S = 600.0  # then the device's memory is left to training; the models are loaded again when they are asked
Say = Callable[[PlaygroundEvent], None]


class GivenUp(Exception):
    """Nobody waits for the answer any more."""


class Inbox:
    """Hears requests on a thread of its own, so that a question can be given up while it is being answered."""

    def __init__(self, lines: IO[bytes]) -> None:
        self._lines = lines
        self._waiting: queue.SimpleQueue[Question] = queue.SimpleQueue()
        self._wanted: int | None = None
        threading.Thread(target=self._listen, name="inbox", daemon=True).start()

    def next(self, patience_s: float) -> Question | None:
        """Waits for a question; None where none came in so many seconds."""
        try:
            return self._waiting.get(timeout=patience_s)
        except queue.Empty:
            return None

    def check(self, number: int) -> None:
        """Called between two tokens.

        Raises:
            GivenUp: the question was cancelled, or a newer one was asked.
        """
        if self._wanted != number:
            raise GivenUp

    def _listen(self) -> None:
        for line in self._lines:
            request = request_from_line(line)
            if isinstance(request, Question):
                self._wanted = request.number
                self._waiting.put(request)
            elif self._wanted == request.number:
                self._wanted = None
        # Whoever asked is gone. Nothing here is worth saving, and a model that is being loaded is not waited for.
        os._exit(0)


def main(arguments: list[str]) -> int:
    """Answers questions until standard input is closed."""
    os.environ.update({name: value for name, value in QUIET.items() if name not in os.environ})
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.captureWarnings(capture=True)
    out = _take_stdout()
    inbox = Inbox(sys.stdin.buffer)

    # Here and not above: torch takes seconds to import, and a closed input must be heard meanwhile.
    from workbench.training.answering import Answering  # noqa: PLC0415

    def say(event: PlaygroundEvent) -> None:
        out.write(event_to_line(event))
        out.flush()

    answering = Answering(Path(arguments[0]), say, inbox.check)
    while True:
        if (question := inbox.next(_IDLE_S)) is None:
            answering.forget()
        else:
            answer_one(question, answering.answer, say)


def answer_one(question: Question, answer: Callable[[Question], None], say: Say) -> None:
    """Answers a question and says the last word on it, whatever happens."""
    started = time.monotonic()
    try:
        answer(question)
    except GivenUp:
        say(Cancelled(number=question.number))
    except WorkbenchError as error:
        _log.exception("The question failed.")
        say(Failed(number=question.number, code=error.code, message=error.sentence, hint=error.hint))
    except Exception as error:  # a fault of ours, or of a library: said, and the next question is answered
        _log.exception("The question failed.")
        named = named_failure(error) or WorkbenchError(
            f"{type(error).__name__}: {error}", "The playground's log has the details; this looks like a fault."
        )
        say(Failed(number=question.number, code=named.code, message=named.sentence, hint=named.hint))
    else:
        say(Answered(number=question.number, seconds=time.monotonic() - started))


def _take_stdout() -> IO[bytes]:
    """Returns standard output as ours alone: whatever else prints, as a judge of the person's own, goes to the log."""
    sys.stdout.flush()
    ours = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return ours


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
