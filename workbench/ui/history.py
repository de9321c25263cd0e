"""What a person did to the open project, to be taken back and done again."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, Signal

from workbench.ui.tasks import Tasks

_MOST = 1000  # one who judges by keys does hundreds, and what was done before shall not be lost to undo


@dataclass(slots=True)
class Deed:
    """Something that was done, and how it is taken back.

    Attributes:
        words: what was done, as a button would say it: "Delete run ppo".
        do: a verb of the api that does it, again if need be.
        undo: takes it back; receives what `do` returned the last time.
        on_done: receives, on the window's thread, what `do` returned, each time that it is done.
        on_undone: called, on the window's thread, each time that it was taken back, or could not be done at all.
        is_seen: says whether the person sees what comes of it; then nothing is told.
        result: what `do` returned the last time.
    """

    words: str
    do: Callable[[], Any]
    undo: Callable[[Any], Any]
    on_done: Callable[[Any], object] | None = None
    on_undone: Callable[[], object] = lambda: None
    is_seen: Callable[[], bool] = lambda: False
    result: Any = None

    def settle(self, result: Any) -> None:
        """Notes that it is done, and tells who asked for it."""
        self.result = result
        if self.on_done is not None:
            self.on_done(result)


class _Step(NamedTuple):
    """One thing to be done on another thread, and what follows on the window's: where it fails, that is said first."""

    work: Callable[[], Any]
    on_result: Callable[[Any], None]
    title: str
    on_failed: Callable[[], object]


class History(QObject):
    """The deeds of this window in the open project, newest last. Each is done, undone and redone on another thread.

    They happen one at a time, in the order in which they were asked for: what is undone is the deed that the person saw
    as the newest, whatever was asked for meanwhile.

    Signals:
        changed: what can be undone or redone is another deed now.
        told: a deed was done, undone or redone: the sentence, empty where that is seen, and whether it can be undone.
    """

    changed = Signal()
    told = Signal(str, bool)

    def __init__(
        self, tasks: Tasks, report: Callable[[str, BaseException], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._report = report
        self._deeds: list[Deed] = []
        self._n_done = 0  # those before it can be undone, those from it on redone
        self._n_asked = 0
        self._going: deque[_Step] = deque()  # the first is under way, the others wait for it
        self._wanted: deque[Callable[[], None]] = deque()  # undo and redo that were asked for meanwhile
        self._alone = threading.Lock()

    @property
    def undoable(self) -> str:
        """What would be undone next; empty where nothing can be, or while a deed is on its way."""
        return self._deeds[self._n_done - 1].words if self._n_done and not self._going else ""

    @property
    def redoable(self) -> str:
        """What would be done again next."""
        return self._deeds[self._n_done].words if self._n_done < len(self._deeds) and not self._going else ""

    def do(
        self,
        words: str,
        do: Callable[[], Any],
        undo: Callable[[Any], Any],
        on_done: Callable[[Any], object] | None = None,
        on_undone: Callable[[], object] = lambda: None,
        is_seen: Callable[[], bool] = lambda: False,
    ) -> None:
        """Does something and remembers how to take it back; where it fails the window says so and nothing is remembered.

        Args:
            words: what is done, as a button would say it.
            do: runs on another thread, touches no widget.
            undo: takes it back, on another thread; receives what `do` returned.
            on_done: receives what `do` returned, on the window's thread, each time that it is done.
            on_undone: called on the window's thread each time that it was taken back, or could not be done at all.
            is_seen: says whether the person sees what comes of it; then nothing is told.
        """
        deed = Deed(words, do, undo, on_done, on_undone, is_seen)

        def on_result(result: Any) -> None:
            self._deeds[self._n_done :] = [deed]
            del self._deeds[:-_MOST]
            self._n_done = len(self._deeds)
            self._tell(deed, "done", can_undo=True)
            deed.settle(result)

        self._start(do, on_result, f"{words} did not work", on_undone)

    def undo(self) -> None:
        """Takes the newest deed back; while one is under way, that one as soon as it is done."""
        if self._going:
            self._wanted.append(self.undo)
        if not self.undoable:
            return
        deed = self._deeds[self._n_done - 1]

        def on_result(_result: Any) -> None:
            self._n_done -= 1
            self._tell(deed, "undone", can_undo=False)
            deed.on_undone()

        self._start(lambda: deed.undo(deed.result), on_result, f"{deed.words} was not undone")

    def redo(self) -> None:
        """Does again what was undone last, or is being undone."""
        if self._going:
            self._wanted.append(self.redo)
        if not self.redoable:
            return
        deed = self._deeds[self._n_done]

        def on_result(result: Any) -> None:
            self._n_done += 1
            self._tell(deed, "done again", can_undo=True)
            deed.settle(result)

        self._start(deed.do, on_result, f"{deed.words} was not done again")

    def _tell(self, deed: Deed, what: str, *, can_undo: bool) -> None:
        self.told.emit("" if deed.is_seen() else f"{deed.words}: {what}.", can_undo)

    def clear(self) -> None:
        """Forgets everything: another project is open. What was asked for still happens."""
        self._tasks.cancel(self._key())
        waiting = [step.work for step in self._going][1:]
        self._deeds.clear()
        self._going.clear()
        self._wanted.clear()
        self._n_done = 0
        if waiting:
            self._finish(waiting)
        self.changed.emit()

    def _finish(self, waiting: list[Callable[[], Any]]) -> None:
        def work() -> None:
            with self._alone:  # after what is under way
                for one in waiting:
                    one()

        self._n_asked += 1
        report = partial(self._report, "Something that was asked for before the project was closed did not work")
        self._tasks.start(f"window {self._key()}", work, lambda _none: None, report)

    def _start(
        self,
        work: Callable[[], Any],
        on_result: Callable[[Any], None],
        title: str,
        on_failed: Callable[[], object] = lambda: None,
    ) -> None:
        self._going.append(_Step(work, on_result, title, on_failed))
        if len(self._going) == 1:
            self._go_on()
        self.changed.emit()

    def _go_on(self) -> None:
        step = self._going[0]

        def work() -> Any:
            with self._alone:
                return step.work()

        self._n_asked += 1
        self._tasks.start(
            self._key(),
            work,
            lambda result: self._settle(lambda: step.on_result(result)),
            lambda error: self._settle(lambda: self._give_up(step, error)),
        )

    def _give_up(self, step: _Step, error: Exception) -> None:
        self._report(step.title, error)
        step.on_failed()

    def _settle(self, finish: Callable[[], None]) -> None:
        self._going.popleft()
        if self._going:
            self._go_on()
        finish()
        if self._wanted and not self._going:
            self._wanted.popleft()()
        self.changed.emit()

    def _key(self) -> str:
        return f"deed {self._n_asked}"  # none replaces another
