"""The playground's process as others hold it: started when it is first asked, started again where it died, ended at once.

It is nobody's run: it has no folder, no place in the queue and nothing worth saving, so it is killed when it is closed, and
ends by itself when whoever asked is gone (its standard input closes).
"""

import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from workbench.domain.errors import RunFailure
from workbench.domain.pairs import Turns
from workbench.domain.playground import (
    LAST_WORDS,
    AskedJudge,
    AskedModel,
    Asking,
    Began,
    Cancel,
    Cancelled,
    PlaygroundEvent,
    Question,
    Request,
    event_from_line,
    request_to_line,
)
from workbench.jobs.launch import worker_environment
from workbench.storage.hub_access import hub_environment
from workbench.storage.project import Project

PLAYGROUND_LOG = "playground.log"
_MEMORY = "If nobody killed it, the computer ran out of memory: ask fewer or smaller models at once. "
_AGAIN = "Ask again: it is started anew."


def playground_command(project_folder: Path) -> list[str]:
    """Returns the command of a playground's process."""
    return [sys.executable, "-P", "-m", "workbench.training.playground", str(project_folder)]


class Playground:
    """Asks models of a project; several threads may use it. Close it when nobody asks any more.

    Args:
        project: whose models.
        command: the process; the real one when not given.
    """

    def __init__(self, project: Project, command: Sequence[str] = ()) -> None:
        self._project = project
        self._command = list(command) or playground_command(project.folder)
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._hub: dict[str, str] = {}
        self._number = 0
        self._given_up = 0  # the newest question that was cancelled
        self._is_closed = False

    def ask(
        self,
        prompt: Turns,
        models: Sequence[AskedModel],
        judges: Sequence[AskedJudge] = (),
        settings: Asking | None = None,
    ) -> Generator[PlaygroundEvent, None, None]:
        """Yields what happens until the question's last word; closing the iterator gives the question up.

        A newer question, from any thread, ends this one with Cancelled.

        Args:
            prompt: the turns that a response continues.
            models: whom to ask; they are sampled one after another, in this order.
            judges: who scores.
            settings: how to sample.

        Raises:
            RunFailure: the process could not be started, or died without a last word.
            BadInput, NewerFormat: the person's preferences cannot be read.
        """
        with self._lock:
            self._number += 1
            question = Question(
                number=self._number,
                prompt=prompt,
                models=tuple(models),
                judges=tuple(judges),
                settings=settings or Asking(),
            )
        self._ask_for_hub()
        with self._lock:
            is_given_up = question.number <= self._given_up or question.number < self._number
            if not is_given_up:
                process, is_new = self._running()
                said = process.listen(question.number)
        if is_given_up:
            yield Cancelled(number=question.number)
            return
        process.send(question)
        is_over = False
        try:
            if is_new:
                yield Began(number=question.number, phase="starting the models' process")
            while not is_over:
                event = said.get()
                if event is None:
                    raise RunFailure(*process.last_word())
                is_over = isinstance(event, LAST_WORDS)
                yield event
        finally:
            process.forget(question.number)
            if not is_over:
                process.send(Cancel(number=question.number))

    def warm_up(self) -> None:
        """Starts the process ahead of a question: its libraries take seconds to import."""
        self._ask_for_hub()
        with self._lock:
            self._running()

    def cancel(self) -> None:
        """Gives up the question that is being answered; its last word is Cancelled."""
        with self._lock:
            process, number = self._process, self._number
            self._given_up = number
        if process is not None:
            process.send(Cancel(number=number))

    def close(self) -> None:
        """Ends the process at once; whoever waits for an answer is told that there is none."""
        with self._lock:
            self._is_closed = True
            if self._process is not None:
                self._process.end()

    def _ask_for_hub(self) -> None:
        """Learns a new process' account on the hub without the lock: a locked keyring takes seconds, and closing needs it."""
        with self._lock:
            if self._process is not None and self._process.is_alive:
                return
        hub = hub_environment()
        with self._lock:
            self._hub = hub

    def _running(self) -> "tuple[_Process, bool]":
        if self._is_closed:
            raise RunFailure("The playground was closed.", "Open the project again.")
        if self._process is not None and self._process.is_alive:
            return self._process, False
        self._process = _Process(self._command, self._project, worker_environment() | self._hub)
        return self._process, True


class _Process:
    """One life of the process, with a thread that reads what it says."""

    def __init__(self, command: Sequence[str], project: Project, environment: dict[str, str]) -> None:
        self._log = project.state_folder() / PLAYGROUND_LOG
        self._boxes: dict[int, queue.SimpleQueue[PlaygroundEvent | None]] = {}
        self._lock = threading.Lock()
        self.is_alive = True
        with self._log.open("wb") as log:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=project.folder,
                env=environment,
                start_new_session=True,  # Ctrl+C in a terminal gives a question up, and is not the process's to hear
            )
        threading.Thread(target=self._read, name="playground", daemon=True).start()

    def listen(self, number: int) -> "queue.SimpleQueue[PlaygroundEvent | None]":
        """Returns where the events of a question arrive; None comes where the process ends."""
        box: queue.SimpleQueue[PlaygroundEvent | None] = queue.SimpleQueue()
        with self._lock:
            self._boxes[number] = box
            if not self.is_alive:
                box.put(None)
        return box

    def forget(self, number: int) -> None:
        with self._lock:
            self._boxes.pop(number, None)

    def send(self, request: Request) -> None:
        """Hands a request over; a process that is gone does not hear it, and `listen` says so."""
        assert self._popen.stdin is not None
        with self._lock, suppress(OSError, ValueError):
            self._popen.stdin.write(request_to_line(request))
            self._popen.stdin.flush()

    def end(self) -> None:
        """Kills it; the thread that reads waits for it to be gone, since whoever closes a project must not."""
        self._popen.kill()

    def last_word(self) -> tuple[str, str]:
        """Returns why it ended, and what helps."""
        code = self._popen.wait()
        if code < 0:
            return f"The models' process was killed by signal {-code} while it answered.", _MEMORY + _AGAIN
        said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        why = f": {said[-1]}" if said else "."
        return f"The models' process ended while it answered{why}", f"Its log is {self._log}. {_AGAIN}"

    def _read(self) -> None:
        assert self._popen.stdout is not None
        assert self._popen.stdin is not None
        try:
            with self._popen.stdout as lines:
                for line in lines:
                    self._hear(line)
        finally:
            self._popen.wait()
            with self._lock:
                self.is_alive = False
                for box in self._boxes.values():
                    box.put(None)
                with suppress(OSError):
                    self._popen.stdin.close()

    def _hear(self, line: bytes) -> None:
        """Hands an event to whoever asked; a line that is none (torn as the process died, a library's) is passed over."""
        with suppress(ValidationError):
            event = event_from_line(line)
            with self._lock:
                box = self._boxes.get(event.number)
            if box is not None:
                box.put(event)
