"""What can be asked of the chosen runs: pause, stop, resume, retry, another place in the queue."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence

from workbench import api
from workbench.domain.records import RunState
from workbench.ui.runs.words import MOVABLE, run_title
from workbench.ui.session import Session

_TO_END = MOVABLE | {RunState.RUNNING}
TO_GO_ON = {RunState.PAUSED, RunState.STOPPED, RunState.FAILED, RunState.VANISHED}


@dataclass(frozen=True)
class Verb:
    """One thing to ask of runs: its words, keys, sense, and the states in which it has one."""

    name: str
    keys: str
    tip: str
    states: frozenset[RunState]
    asks: api.RunVerb


VERBS = (
    Verb("Pause", "Ctrl+P", "Saves a checkpoint and waits until it is resumed", frozenset(_TO_END), "pause"),
    Verb("Stop", "Ctrl+.", "Saves a checkpoint and ends", frozenset(_TO_END), "stop"),
    Verb("Resume", "Ctrl+R", "Goes on from the last checkpoint", frozenset(TO_GO_ON), "resume"),
    Verb("Retry", "Ctrl+Shift+R", "Does it again from the beginning", frozenset(TO_GO_ON), "retry"),
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
        self.verbs = {verb.name: make_action(self, verb.name, verb.keys, verb.tip) for verb in VERBS}
        self.replay = make_action(
            self,
            "Replay",
            "Ctrl+Shift+Y",
            "Does a finished run again, beside the queue; its Replay tab says what came of it",
        )
        self.up = make_action(self, "Move up", "Alt+Up", "Earlier in the queue; dragging does the same")
        self.down = make_action(self, "Move down", "Alt+Down", "Later in the queue; dragging does the same")
        self._connect()
        self.offer((), [])

    def all(self) -> list[QAction]:
        """Returns them in the order in which they are shown."""
        return [*self.verbs.values(), self.replay, self.up, self.down]

    def offer(self, runs: Sequence[api.RunView], queue: list[str]) -> None:
        """Enables what can be asked of these runs; `queue` are the movable ones in their order."""
        self._runs, self._queue = runs, queue
        for verb in VERBS:
            self.verbs[verb.name].setEnabled(any(run.state in verb.states for run in runs))
        self.replay.setEnabled(bool(self._finished()))
        places = self._places()
        self.up.setEnabled(bool(places) and places != list(range(len(places))))
        self.down.setEnabled(bool(places) and places != list(range(len(queue) - len(places), len(queue))))

    def move_before(self, run_ids: list[str], target: str) -> None:
        """Puts queued runs before another one; dragged downwards they come to stand after it."""
        order = [known for known in self._queue if known not in run_ids]
        downwards = self._queue.index(run_ids[0]) < self._queue.index(target)
        place = order.index(target) + downwards
        order[place:place] = [run_id for run_id in self._queue if run_id in run_ids]
        self._order(order)

    def _finished(self) -> list[str]:
        return [run.id for run in self._runs if run.state is RunState.FINISHED]

    def _replay(self) -> None:
        project, ids = self._session.project, self._finished()
        if project is not None and ids:
            told = f"Replaying {ids[0] if len(ids) == 1 else f'{len(ids)} runs'}: the Replay tab says how far it is."
            self._session.ask(
                "runs-replay",
                lambda: [api.start_replay(project, run_id) for run_id in ids],
                lambda _result: self._on_replaying(told),
                title="Nothing was replayed",
            )

    def _on_replaying(self, told: str) -> None:
        self._session.tell(told)
        self._on_done()

    def _places(self) -> list[int]:
        """Returns where the chosen runs stand in the queue."""
        chosen = {run.id for run in self._runs}
        return [place for place, run_id in enumerate(self._queue) if run_id in chosen]

    def _move(self, by: int) -> None:
        """Moves the chosen runs by one place, together with those of them that stand beside one another."""
        places = self._places()
        order = list(self._queue)
        for place in places if by < 0 else reversed(places):
            other = place + by
            if 0 <= other < len(order) and order[other] not in {run.id for run in self._runs}:
                order[place], order[other] = order[other], order[place]
        self._order(order)

    def _order(self, order: list[str]) -> None:
        project = self._session.project
        if project is not None:
            work = lambda: api.order_queue(project, order)  # noqa: E731
            self._session.history.do(
                "Move in the queue", work, lambda before: api.order_queue(project, before), lambda _: self._on_done()
            )

    def _do(self, verb: Verb) -> None:
        project = self._session.project
        runs = [run for run in self._runs if run.state in verb.states]
        ids = [run.id for run in runs]
        if project is not None and ids:
            self._session.history.do(
                f"{verb.name} {run_title(runs[0], '') if len(runs) == 1 else f'{len(runs)} runs'}",
                lambda: api.ask_runs(project, verb.asks, ids),
                lambda before: api.take_back_asked(project, before),
                lambda _before: self._on_done(),
            )

    def _on_done(self) -> None:
        self._session.look()
        self.done.emit()

    def _connect(self) -> None:
        for verb in VERBS:
            self.verbs[verb.name].triggered.connect(lambda _checked=False, verb=verb: self._do(verb))
        self.replay.triggered.connect(self._replay)
        self.up.triggered.connect(lambda: self._move(-1))
        self.down.triggered.connect(lambda: self._move(1))


def make_action(parent: QObject, name: str, keys: str, tip: str, *, only_here: bool = False) -> QAction:
    """Makes an action whose tooltip tells its keys.

    Args:
        parent: owns it.
        name, keys, tip: what it is called, its shortcut, what it does.
        only_here: the keys mean this only while the widget that it is added to has the focus.
    """
    action = QAction(name, parent)
    action.setShortcut(QKeySequence(keys))
    shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setToolTip(f"{tip} ({shown})" if shown else tip)
    if only_here:
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
    return action
