"""The experiments with their runs in the order of their work; what waits in the queue can be dragged to another place."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from workbench import api
from workbench.domain.records import RunState
from workbench.ui.runs.progress import SHARE, ProgressDelegate
from workbench.ui.runs.run_filter import RunFilter
from workbench.ui.runs.title_cell import TAGS, TitleDelegate
from workbench.ui.runs.words import MOVABLE, WORKING, left_words, progress_words, rate_words, run_title, state_words
from workbench.ui.theme import Look, Scheme
from workbench.ui.widgets.controls import tip_words
from workbench.ui.widgets.name_editor import NAME

_LINE = Qt.ItemDataRole.UserRole
_PROGRESS, _WITH_PROGRESS = 2, 380  # the column, and pixels across: in fewer the names need its room
_LEFT = 3  # the column of the time left, which only runs at work have
_FIXED_NAME = "reference"  # the start model's, in every experiment


class Line(NamedTuple):
    """What a line of the list is about: a run of an experiment, or, with no run, the experiment. Experiments share runs."""

    experiment: str
    run_id: str = ""


class RunTree(QTreeWidget):
    """Shows where every run is.

    Signals:
        chosen: other lines are selected, or another one is the current one.
        moved: queued runs were dropped: their ids, and that of the queued run that they are to stand before.
        renamed: a Line got another name: the line, its name, the new one.
        filtered: how many lines of runs are shown, and how many there are.
    """

    chosen = Signal()
    moved = Signal(list, str)
    renamed = Signal(object, str, str)
    filtered = Signal(int, int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._groups: list[api.ExperimentRuns] = []
        self._runs: dict[str, api.RunView] = {}
        self._items: dict[Line, QTreeWidgetItem] = {}
        self._filter = RunFilter()
        self._waiting: tuple[Sequence[api.ExperimentRuns], Mapping[str, api.RunView]] | None = None
        self._titles, self._progress = TitleDelegate(look), ProgressDelegate(look)
        self._build()
        self.itemSelectionChanged.connect(self.chosen)
        self.currentItemChanged.connect(lambda _item, _old: self.chosen.emit())
        self._titles.renamed.connect(self._on_renamed)
        self._titles.closeEditor.connect(lambda _editor, _hint: self._catch_up())
        look.changed.connect(self._dress)

    def show_runs(self, groups: Sequence[api.ExperimentRuns], runs: Mapping[str, api.RunView]) -> None:
        """Shows the runs as they are now; selection, folding and the place in the list stay."""
        if self.state() is QAbstractItemView.State.EditingState:  # the name that is being typed is not to be swept away
            self._waiting = (groups, runs)
            return
        known = [group.model_copy(update={"run_ids": [r for r in group.run_ids if r in runs]}) for group in groups]
        layout = [(group.name, group.run_ids) for group in known]
        anew = layout != [(group.name, group.run_ids) for group in self._groups]
        self._groups, self._runs = known, dict(runs)
        if anew:
            self._lay_out()
        for group in known:
            for run_id in group.run_ids:
                self._fill(self._items[Line(group.name, run_id)], group, runs[run_id])
            self._fill_experiment(self._items[Line(group.name)], group)
        self.setColumnHidden(_LEFT, not any(run.state in WORKING for run in runs.values()))
        self._hide_others()

    def show_only(self, wanted: RunFilter) -> None:
        """Hides the runs that do not meet a filter, and experiments without any that does."""
        self._filter = wanted
        self._hide_others()

    def chosen_lines(self) -> list[Line]:
        """Returns the selected lines, from the top."""
        return [line for line, item in self._items.items() if item.isSelected() and not item.isHidden()]

    def chosen_runs(self) -> list[api.RunView]:
        """Returns the selected runs, those of a selected experiment included, each once."""
        ids: dict[str, None] = {}
        for line in self.chosen_lines():
            whole = [other.run_id for other in self._items if other.experiment == line.experiment and other.run_id]
            ids |= dict.fromkeys([line.run_id] if line.run_id else whole)
        return [self._runs[run_id] for run_id in ids]

    def current(self) -> Line | None:
        """Returns the line under the cursor."""
        item = self.currentItem()
        return None if item is None else _line_of(item)

    def current_run(self) -> api.RunView | None:
        """Returns the run under the cursor; None on an experiment or nothing."""
        line = self.current()
        return self._runs.get(line.run_id) if line else None

    def choose(self, run_id: str, experiment: str | None = None) -> bool:
        """Moves the cursor to a run, in the first experiment that has it; False where there is no such run."""
        lines = [line for line in self._items if line.run_id == run_id and experiment in (None, line.experiment)]
        if run_id and lines:
            item = self._items[lines[0]]
            item.setHidden(False)
            self._go_to(item)
            self.scrollToItem(item)
        return bool(run_id and lines)

    def queue(self) -> list[str]:
        """Returns the queued runs that can be moved, in the order of the queue."""
        places = {run: place for group in self._groups for run, place in group.places.items()}
        movable = [run for run in places if run in self._runs and self._runs[run].state in MOVABLE]
        return sorted(movable, key=places.__getitem__)

    def item_of(self, run_id: str) -> QTreeWidgetItem:
        """Returns the line of a run, in the first experiment that has it."""
        return next(item for line, item in self._items.items() if line.run_id == run_id)

    def tags_of(self, experiments: Sequence[str]) -> list[tuple[str, ...]]:
        """Returns the tags of experiments."""
        tags = {group.name: group.tags for group in self._groups}
        return [tags[name] for name in experiments]

    def all_tags(self) -> list[str]:
        """Returns the tags that runs and experiments have, those of most first."""
        own = [tag for run in self._runs.values() for tag in run.tags]
        counts = Counter([*own, *(tag for group in self._groups for tag in group.tags)])
        return [tag for tag, _ in counts.most_common()]

    def title_of(self, line: Line) -> str:
        """Returns what a line is called."""
        return self._items[line].text(0)

    def end_of(self, line: Line) -> int:
        """Returns where in the list a line ends, in pixels from its top."""
        return self.viewport().y() + self.visualItemRect(self._items[line]).bottom()

    def begin_rename(self) -> None:
        """Lets the person type another name over the current one."""
        item = self.currentItem()
        if item is not None and item.flags() & Qt.ItemFlag.ItemIsEditable:
            self.editItem(item, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setColumnHidden(_PROGRESS, self.width() < _WITH_PROGRESS)

    def dropEvent(self, event: QDropEvent) -> None:
        """Says what was wished; the lines move when the queue has changed."""
        item, queue = self.itemAt(event.position().toPoint()), self.queue()
        target = _line_of(item).run_id if item else ""
        taken = [run.id for run in self.chosen_runs() if run.id in queue]
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        if target in queue and taken and target not in taken:
            self.moved.emit(taken, target)

    def _lay_out(self) -> None:
        selected, current = set(self.chosen_lines()), self.current()
        before, place = list(self._items), self.verticalScrollBar().value()
        folded = {line for line, item in self._items.items() if not line.run_id and not item.isExpanded()}
        self.blockSignals(True)
        self.clear()
        self._items = {}
        for group in self._groups:
            parent = self._items[Line(group.name)] = QTreeWidgetItem(self)
            for run_id in group.run_ids:
                self._items[Line(group.name, run_id)] = QTreeWidgetItem(parent)
            parent.setExpanded(Line(group.name) not in folded)
        for line, item in self._items.items():
            item.setData(0, _LINE, tuple(line))
            item.setSelected(line in selected)
        self._put_cursor(current, before, any(line in self._items for line in selected))
        self.verticalScrollBar().setValue(place)
        self.blockSignals(False)
        self.chosen.emit()

    def _put_cursor(self, current: Line | None, before: list[Line], keeps_selection: bool) -> None:
        """Leaves the cursor where it was; where that line is gone, on the one that took its place."""
        if current is None:
            self.choose(self._most_telling())
            return
        at = before.index(current) if current in before else 0
        there = [line for line in before[at:] + before[:at][::-1] if line in self._items]
        if there:
            self._go_to(self._items[there[0]], selects=not keeps_selection)

    def _go_to(self, item: QTreeWidgetItem, *, selects: bool = True) -> None:
        """Moves the cursor; what is selected is said, else it would depend on the keys that are held at the moment."""
        flag = QItemSelectionModel.SelectionFlag
        how = flag.ClearAndSelect | flag.Rows if selects else flag.NoUpdate
        self.selectionModel().setCurrentIndex(self.indexFromItem(item), how)

    def _most_telling(self) -> str:
        """Returns a run that works, else the first one."""
        known = [line.run_id for line in self._items if line.run_id]
        working = [run_id for run_id in known if self._runs[run_id].state in WORKING]
        return next(iter([*working, *known]), "")

    def _fill(self, item: QTreeWidgetItem, group: api.ExperimentRuns, run: api.RunView) -> None:
        place, arm = group.places.get(run.id), group.arms[run.id]
        texts = (run_title(run, arm), state_words(run, place), progress_words(run), left_words(run))
        for column, text in enumerate(texts):
            if item.text(column) != text:
                item.setText(column, text)
        working = run.state in WORKING and run.total > 0
        item.setData(0, NAME, arm or run.name)
        item.setData(0, TAGS, run.tags)
        item.setData(2, SHARE, min(1.0, run.step / run.total) if working else None)
        tags = f"\ntags: {', '.join(run.tags)}" if run.tags else ""
        item.setToolTip(0, tip_words(f"{texts[0]}\n{run.id}{tags}"))
        item.setToolTip(1, tip_words(f"{run.message} {run.hint}".strip()))
        item.setToolTip(2, rate_words(run))
        item.setForeground(1, QColor(self._colour(run.state)))
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if group.name and _FIXED_NAME not in (arm, run.name):
            flags |= Qt.ItemFlag.ItemIsEditable
        if run.state in MOVABLE:
            flags |= Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsDropEnabled
        item.setFlags(flags)

    def _fill_experiment(self, item: QTreeWidgetItem, group: api.ExperimentRuns) -> None:
        states = [self._runs[run_id].state for run_id in group.run_ids]
        item.setText(0, group.name or "Without an experiment")
        item.setText(1, f"{states.count(RunState.FINISHED)} of {len(states)} done")
        item.setData(0, NAME, group.name)
        item.setData(0, TAGS, group.tags)
        tags = f"\ntags: {', '.join(group.tags)}" if group.tags else ""
        item.setToolTip(0, tip_words(f"{item.text(0)}{tags}"))
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDropEnabled
        item.setFlags(flags | Qt.ItemFlag.ItemIsEditable if group.name else flags)
        font = item.font(0)
        font.setBold(True)
        item.setFont(0, font)

    def _hide_others(self) -> None:
        groups = {group.name: group for group in self._groups}
        shown: dict[str, int] = dict.fromkeys(groups, 0)
        for line, item in self._items.items():
            if line.run_id:
                fits = self._filter.fits(self._runs[line.run_id], item.text(0), groups[line.experiment])
                item.setHidden(not fits)
                shown[line.experiment] += fits
        for name, n_shown in shown.items():
            self._items[Line(name)].setHidden(n_shown == 0)
        self.filtered.emit(sum(shown.values()), sum(1 for line in self._items if line.run_id))

    def _colour(self, state: RunState) -> str:
        tokens = self._look.scheme.tokens
        if state is RunState.FINISHED:
            return tokens.good
        if state in (RunState.FAILED, RunState.VANISHED):
            return tokens.bad
        return tokens.warn if state is RunState.BLOCKED else tokens.muted if state.is_over else tokens.ink

    def _dress(self, _scheme: Scheme) -> None:
        for line, item in self._items.items():
            if line.run_id:
                item.setForeground(1, QColor(self._colour(self._runs[line.run_id].state)))

    def _catch_up(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self.setState(QAbstractItemView.State.NoState)
            self.show_runs(*waiting)

    def _on_renamed(self, index: QModelIndex, name: str) -> None:
        self.renamed.emit(_line_of(self.itemFromIndex(index)), str(index.data(NAME)), name)

    def _build(self) -> None:
        self.setAccessibleName("Experiments and their runs")
        self.setColumnCount(4)
        self.setHeaderLabels(["run", "state", "progress", "left"])
        self.setIndentation(14)
        self.setUniformRowHeights(True)
        # Qt paints a selected row in the palette's colour below the style sheet's tint, and the indentation twice.
        self.setStyleSheet("QTreeView { selection-background-color: transparent; }")
        self.setItemDelegateForColumn(0, self._titles)
        self.setItemDelegateForColumn(_PROGRESS, self._progress)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2, 3):
            self.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)


def _line_of(item: QTreeWidgetItem) -> Line:
    return Line(*item.data(0, _LINE))
