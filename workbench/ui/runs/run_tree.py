"""The experiments with their runs in the order of their work; what waits in the queue can be dragged to another place."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QDropEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from workbench import api
from workbench.domain.records import RunState
from workbench.ui.runs.progress import SHARE, ProgressDelegate
from workbench.ui.theme import Look, Scheme
from workbench.ui.widgets.run_rows import duration

_RUN = Qt.ItemDataRole.UserRole
_MOVABLE = {RunState.QUEUED, RunState.WAITING, RunState.BLOCKED}
_WORKING = {RunState.RUNNING, RunState.STOPPING}
_SIGNS = {  # beside the word, so that a state is found at a glance without its colour
    RunState.FINISHED: "✓",
    RunState.FAILED: "✕",
    RunState.VANISHED: "✕",
    RunState.BLOCKED: "!",
    RunState.RUNNING: "▶",
    RunState.STOPPING: "▶",
    RunState.PAUSED: "❚❚",
    RunState.STOPPED: "■",
}


class RunTree(QTreeWidget):
    """Shows where every run is.

    Signals:
        chosen: the id of the run under the cursor; empty on an experiment or nothing.
        moved: a queued run was dropped: its id, and that of the queued run that it is to stand before.
    """

    chosen = Signal(str)
    moved = Signal(str, str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._groups: list[api.ExperimentRuns] = []
        self._runs: dict[str, api.RunView] = {}
        self._items: dict[tuple[str, str], QTreeWidgetItem] = {}  # by experiment and run: experiments share runs
        self._delegate = ProgressDelegate(look)
        self._build()
        self.currentItemChanged.connect(lambda item, _old: self.chosen.emit(_run_of(item)))
        look.changed.connect(self._dress)

    def show_runs(self, groups: Sequence[api.ExperimentRuns], runs: Mapping[str, api.RunView]) -> None:
        """Shows the runs as they are now; cursor and folding stay."""
        known = [group.model_copy(update={"run_ids": _known(group, runs)}) for group in groups]
        layout = [(group.name, group.run_ids) for group in known]
        anew = layout != [(group.name, group.run_ids) for group in self._groups]
        self._groups, self._runs = known, dict(runs)
        if anew:
            self._lay_out()
        for group in known:
            for run_id in group.run_ids:
                self._fill(self._items[group.name, run_id], group, runs[run_id])
        self._fill_experiments()

    def chosen_runs(self) -> list[api.RunView]:
        """Returns the run under the cursor, or all runs of the experiment under it."""
        item = self.currentItem()
        if item is None:
            return []
        ids = [_run_of(item)] if _run_of(item) else [_run_of(item.child(row)) for row in range(item.childCount())]
        return [self._runs[run_id] for run_id in ids]

    def choose(self, run_id: str) -> bool:
        """Moves the cursor to a run, in the first experiment that has it; False where there is no such run."""
        item = next((item for (_, known), item in self._items.items() if known == run_id), None)
        if item is not None:
            self.setCurrentItem(item)
        return item is not None

    def queue(self) -> list[str]:
        """Returns the queued runs that can be moved, in the order of the queue."""
        places = {run: place for group in self._groups for run, place in group.places.items()}
        movable = [run for run in places if run in self._runs and self._runs[run].state in _MOVABLE]
        return sorted(movable, key=places.__getitem__)

    def item_of(self, run_id: str) -> QTreeWidgetItem:
        """Returns the line of a run, in the first experiment that has it."""
        return next(item for (_, known), item in self._items.items() if known == run_id)

    def dropEvent(self, event: QDropEvent) -> None:
        """Says what was wished; the lines move when the queue has changed."""
        run_id, target = _run_of(self.currentItem()), _run_of(self.itemAt(event.position().toPoint()))
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        if target in self.queue() and run_id in self.queue() and run_id != target:
            self.moved.emit(run_id, target)

    def _lay_out(self) -> None:
        chosen = _run_of(self.currentItem())
        folded = {item.data(1, _RUN) for item in self._experiments() if not item.isExpanded()}
        self.blockSignals(True)
        self.clear()
        self._items = {}
        for group in self._groups:
            parent = QTreeWidgetItem()
            parent.setData(1, _RUN, group.name)
            self.addTopLevelItem(parent)
            for run_id in group.run_ids:
                item = self._items[group.name, run_id] = QTreeWidgetItem(parent)
                item.setData(0, _RUN, run_id)
            parent.setExpanded(group.name not in folded)
            parent.setFlags(parent.flags() & ~Qt.ItemFlag.ItemIsDragEnabled)
        self.blockSignals(False)
        if not self.choose(chosen):
            self.choose(self._most_telling())

    def _most_telling(self) -> str:
        """Returns a run that works, else the first one."""
        known = [run_id for _, run_id in self._items]
        working = [run_id for run_id in known if self._runs[run_id].state in _WORKING]
        return next(iter([*working, *known]), "")

    def _fill(self, item: QTreeWidgetItem, group: api.ExperimentRuns, run: api.RunView) -> None:
        place = group.places.get(run.id)
        texts = (run_title(run, group.arms[run.id]), state_words(run, place), _progress(run), _left(run))
        for column, text in enumerate(texts):
            if item.text(column) != text:
                item.setText(column, text)
        working = run.state in _WORKING and run.total > 0
        item.setData(2, SHARE, min(1.0, run.step / run.total) if working else None)
        item.setToolTip(0, run.id)
        item.setToolTip(1, f"{run.message} {run.hint}".strip())
        item.setToolTip(2, rate_words(run))
        item.setForeground(1, QColor(self._colour(run.state)))
        movable = run.state in _MOVABLE
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        item.setFlags(flags | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsDropEnabled if movable else flags)

    def _fill_experiments(self) -> None:
        for item, group in zip(self._experiments(), self._groups, strict=True):
            states = [self._runs[run_id].state for run_id in group.run_ids]
            done = states.count(RunState.FINISHED)
            item.setText(0, group.name or "Without an experiment")
            item.setText(1, f"{done} of {len(states)} done")
            font = item.font(0)
            font.setBold(True)
            item.setFont(0, font)

    def _experiments(self) -> list[QTreeWidgetItem]:
        return [self.topLevelItem(row) for row in range(self.topLevelItemCount())]

    def _colour(self, state: RunState) -> str:
        tokens = self._look.scheme.tokens
        if state is RunState.FINISHED:
            return tokens.good
        if state in (RunState.FAILED, RunState.VANISHED):
            return tokens.bad
        return tokens.warn if state is RunState.BLOCKED else tokens.muted if state.is_over else tokens.ink

    def _dress(self, _scheme: Scheme) -> None:
        for (_, run_id), item in self._items.items():
            item.setForeground(1, QColor(self._colour(self._runs[run_id].state)))

    def _build(self) -> None:
        self.setAccessibleName("Experiments and their runs")
        self.setColumnCount(4)
        self.setHeaderLabels(["run", "state", "progress", "left"])
        self.setIndentation(14)
        self.setUniformRowHeights(True)
        self.setItemDelegateForColumn(2, self._delegate)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2, 3):
            self.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)


def run_title(run: api.RunView, arm: str) -> str:
    """Names a run as its experiment calls it."""
    what = arm if run.method == arm.casefold() or run.method in arm.casefold().split() else f"{arm} · {run.method}"
    return f"{what} · seed {run.seed}"


def state_words(run: api.RunView, place: int | None) -> str:
    """Says where a run is, with its place in the queue where it waits there."""
    sign = _SIGNS.get(run.state, "")
    waits = f" · no. {place}" if place is not None and run.state in _MOVABLE else ""
    return f"{sign} {run.state}{waits}".strip()


def rate_words(run: api.RunView) -> str:
    """Says how fast a run is, in what is known of it."""
    parts = [run.phase, f"{run.rate:.3g} steps/s" if run.rate else ""]
    parts.append(f"{run.tokens_per_s:,.0f} tokens/s" if run.tokens_per_s else "")
    parts.append(f"{run.memory_mib:,.0f} MiB" if run.memory_mib else "")
    return " · ".join(part for part in parts if part)


def _progress(run: api.RunView) -> str:
    return f"{run.step:,} / {run.total:,}" if run.total else ""


def _left(run: api.RunView) -> str:
    return duration(run.left_s) if run.left_s is not None and run.state in _WORKING else ""


def _known(group: api.ExperimentRuns, runs: Mapping[str, api.RunView]) -> list[str]:
    return [run_id for run_id in group.run_ids if run_id in runs]


def _run_of(item: QTreeWidgetItem | None) -> str:
    return "" if item is None else str(item.data(0, _RUN) or "")
