"""What can be asked of the chosen runs: pause, stop, resume, retry, another place in the queue."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence

from workbench import api
from workbench.domain.records import RunState
from workbench.ui.session import Session

_TO_END = {RunState.QUEUED, RunState.WAITING, RunState.BLOCKED, RunState.RUNNING}
_TO_GO_ON = {RunState.PAUSED, RunState.STOPPED, RunState.FAILED, RunState.VANISHED}
_IN_QUEUE = {RunState.QUEUED, RunState.WAITING, RunState.BLOCKED}


@dataclass(frozen=True)
class Verb:
    """One thing to ask of runs: its words, keys, sense, and the states in which it has one."""

    name: str
    keys: str
    tip: str
    states: frozenset[RunState]
    ask: Callable[[api.Project, str], object]


VERBS = (
    Verb("Pause", "Ctrl+P", "Saves a checkpoint and waits until it is resumed", frozenset(_TO_END), api.pause_run),
    Verb("Stop", "Ctrl+.", "Saves a checkpoint and ends", frozenset(_TO_END), api.stop_run),
    Verb("Resume", "Ctrl+R", "Goes on from the last checkpoint", frozenset(_TO_GO_ON), api.resume_run),
    Verb("Retry", "Ctrl+Shift+R", "Does it again from the beginning", frozenset(_TO_GO_ON), api.retry_run),
)


class RunActions(QObject):
    """The actions with their shortcuts, enabled where they have a sense.

    Signals:
        done: something was asked of a run, or the queue has another order.
    """

    done = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runs: Sequence[api.RunView] = ()
        self._queue: list[str] = []
        self.verbs = {verb.name: self._action(verb.name, verb.keys, verb.tip) for verb in VERBS}
        self.up = self._action("Move up", "Alt+Up", "Earlier in the queue; dragging does the same")
        self.down = self._action("Move down", "Alt+Down", "Later in the queue; dragging does the same")
        self.up.setIconText("↑")  # on its button: the bar holds eight, also in large text
        self.down.setIconText("↓")
        self._connect()
        self.offer((), [])

    def all(self) -> list[QAction]:
        """Returns them in the order in which they are shown."""
        return [*self.verbs.values(), self.up, self.down]

    def offer(self, runs: Sequence[api.RunView], queue: list[str]) -> None:
        """Enables what can be asked of these runs; `queue` are the movable ones in their order."""
        self._runs, self._queue = runs, queue
        for verb in VERBS:
            self.verbs[verb.name].setEnabled(any(run.state in verb.states for run in runs))
        place = self._place()
        self.up.setEnabled(place > 0)
        self.down.setEnabled(0 <= place < len(queue) - 1)

    def move_before(self, run_id: str, target: str) -> None:
        """Puts a queued run before another one; dragged downwards it comes to stand after it."""
        order = [known for known in self._queue if known != run_id]
        downwards = self._queue.index(run_id) < self._queue.index(target)
        order.insert(order.index(target) + downwards, run_id)
        self._order(order)

    def _place(self) -> int:
        chosen = self._runs[0].id if len(self._runs) == 1 else ""
        return self._queue.index(chosen) if chosen in self._queue else -1

    def _move(self, by: int) -> None:
        place, order = self._place(), list(self._queue)
        order.insert(place + by, order.pop(place))
        self._order(order)

    def _order(self, order: list[str]) -> None:
        project = self._session.project
        if project is not None:
            self._ask("order", lambda: api.order_queue(project, order), "The order was not changed")

    def _do(self, verb: Verb) -> None:
        project = self._session.project
        ids = [run.id for run in self._runs if run.state in verb.states]
        if project is not None and ids:
            self._ask(verb.name, lambda: [verb.ask(project, run_id) for run_id in ids], f"{verb.name} did not work")

    def _ask(self, key: str, work: Callable[[], object], title: str) -> None:
        self._session.ask(f"runs-{key}", work, lambda _result: self._on_done(), title=title)

    def _on_done(self) -> None:
        self._session.look()
        self.done.emit()

    def _action(self, name: str, keys: str, tip: str) -> QAction:
        action = QAction(name, self)
        action.setShortcut(QKeySequence(keys))
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{tip} ({shown})")
        return action

    def _connect(self) -> None:
        for verb in VERBS:
            self.verbs[verb.name].triggered.connect(lambda _checked=False, verb=verb: self._do(verb))
        self.up.triggered.connect(lambda: self._move(-1))
        self.down.triggered.connect(lambda: self._move(1))
