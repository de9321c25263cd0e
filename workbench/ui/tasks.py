"""Work on other threads: a function goes out, its answer comes back on the window's thread."""

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot


class Cancelled(Exception):
    """Raised inside the work by `Task.check` after the person gave up on it."""


class Task:
    """One piece of work on its way; made by `Tasks`."""

    def __init__(self, key: str, said: Callable[["Task", Any], None]) -> None:
        self.key = key
        self._said = said
        self._cancelled = threading.Event()

    @property
    def is_cancelled(self) -> bool:
        """Says whether nobody waits for the answer any more."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Drops the answer; work that calls `check` ends early."""
        self._cancelled.set()

    def check(self) -> None:
        """Called by the work between its steps.

        Raises:
            Cancelled: nobody waits any more.
        """
        if self.is_cancelled:
            raise Cancelled

    def report(self, progress: Any) -> None:
        """Called by the work with how far it is; arrives at `on_progress` on the window's thread."""
        self.check()
        self._said(self, progress)


class Tasks(QObject):
    """Runs functions on a pool of threads and hands back what they return.

    Of several tasks with one key only the newest is answered: an answer to an older question is dropped.

    Signals:
        strayed: a task failed whose asker gave no handler for that: its key and the exception.
    """

    strayed = Signal(str, object)

    _done = Signal(object, object, object)  # task, result, exception
    _progressed = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(4)  # mostly waiting for files; the window's thread is to have its share
        self._is_stopped = False
        self._newest: dict[str, Task] = {}
        self._handlers: dict[Task, tuple[Callable[[Any], None], Callable[[Exception], None] | None]] = {}
        self._listeners: dict[Task, Callable[[Any], None]] = {}
        self._done.connect(self._on_done)
        self._progressed.connect(self._on_progressed)

    def start(
        self,
        key: str,
        work: Callable[[], Any],
        on_result: Callable[[Any], None],
        on_error: Callable[[Exception], None] | None = None,
    ) -> Task:
        """Runs `work` on another thread, then one of the two handlers on this one.

        Args:
            key: names the question; an unanswered task of the same key is cancelled.
            work: takes nothing, touches no widget.
            on_result: receives what it returned.
            on_error: receives what it raised; without one `strayed` does.
        """
        return self.start_long(key, lambda _task: work(), on_result, on_error)

    def start_long(
        self,
        key: str,
        work: Callable[[Task], Any],
        on_result: Callable[[Any], None],
        on_error: Callable[[Exception], None] | None = None,
        on_progress: Callable[[Any], None] | None = None,
    ) -> Task:
        """As `start`, for work that tells how far it is by `task.report` and can be cancelled on the way."""
        self.cancel(key)
        task = Task(key, self._progressed.emit)
        if self._is_stopped:  # a timer of a window that is closing
            task.cancel()
            return task
        self._newest[key] = task
        self._handlers[task] = (on_result, on_error)
        if on_progress is not None:
            self._listeners[task] = on_progress
        self._pool.start(lambda: self._work(task, work))
        return task

    def cancel(self, key: str) -> None:
        """Drops the answer of the task with this key, if one is on its way."""
        task = self._newest.pop(key, None)
        if task is not None:
            task.cancel()

    def cancel_all(self, *, but: str) -> None:
        """Drops all answers but of those tasks whose keys begin with `but`."""
        for key in [key for key in self._newest if not key.startswith(but)]:
            self.cancel(key)

    def is_running(self, key: str) -> bool:
        """Says whether an answer to this question is awaited."""
        task = self._newest.get(key)
        return task is not None and not task.is_cancelled

    def running(self) -> set[str]:
        """Returns the keys of the questions whose answers are awaited."""
        return {key for key in self._newest if self.is_running(key)}

    def stop(self, wait_ms: int = 2000) -> None:
        """Cancels everything, waits a little for the threads, and takes nothing more on."""
        self._is_stopped = True
        for key in list(self._newest):
            self.cancel(key)
        self._pool.waitForDone(wait_ms)

    def _work(self, task: Task, work: Callable[[Task], Any]) -> None:
        result: Any = None
        problem: Exception | None = None
        try:
            task.check()
            result = work(task)
        except Exception as error:  # the thread's end: whatever happened is told to who asked
            problem = error
        if task.is_cancelled:  # nobody waits; the window itself may be gone by now
            self._forget(task)
        else:
            self._done.emit(task, result, problem)

    def _forget(self, task: Task) -> None:
        self._handlers.pop(task, None)
        self._listeners.pop(task, None)

    @Slot(object, object, object)
    def _on_done(self, task: Task, result: Any, problem: Exception | None) -> None:
        on_result, on_error = self._handlers[task]
        self._forget(task)
        if task.is_cancelled:
            return
        if self._newest.get(task.key) is task:
            del self._newest[task.key]
        if problem is None:
            on_result(result)
        elif on_error is not None:
            on_error(problem)
        else:
            self.strayed.emit(task.key, problem)

    @Slot(object, object)
    def _on_progressed(self, task: Task, progress: Any) -> None:
        listener = self._listeners.get(task)
        if listener is not None and not task.is_cancelled:
            listener(progress)
