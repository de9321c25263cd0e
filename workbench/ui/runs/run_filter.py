"""Which runs the list shows: by words, state, method and tag."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.methods import method_words
from workbench.domain.records import RunState
from workbench.ui.runs.words import MOVABLE, WORKING
from workbench.ui.widgets import label

_ENDED = {RunState.STOPPED, RunState.PAUSED}
_BROKEN = {RunState.FAILED, RunState.VANISHED, RunState.BLOCKED}
_STATES: tuple[tuple[str, frozenset[RunState]], ...] = (
    ("All states", frozenset(RunState)),
    ("At work", frozenset(WORKING)),
    ("Queued", frozenset(MOVABLE)),
    ("Finished", frozenset({RunState.FINISHED})),
    ("Paused or stopped", frozenset(_ENDED)),
    ("Failed or blocked", frozenset(_BROKEN)),
)


@dataclass(frozen=True)
class RunFilter:
    """Conditions that a run must meet, all of them; by default there are none.

    Attributes:
        words: each stands in its title, id, experiment or tags, in any case.
        states: one of them is the run's.
        method, tag: the run's; empty for any.
    """

    words: tuple[str, ...] = ()
    states: frozenset[RunState] = frozenset(RunState)
    method: str = ""
    tag: str = ""

    def fits(self, run: api.RunView, title: str, group: api.ExperimentRuns) -> bool:
        """Says whether a run of an experiment meets them."""
        told = f"{title} {run.id} {group.name} {' '.join((*run.tags, *group.tags))}".casefold()
        return (
            run.state in self.states
            and (not self.method or run.method == self.method)
            and (not self.tag or self.tag in (*run.tags, *group.tags))
            and all(word in told for word in self.words)
        )


class FilterRow(QWidget):
    """Holds a RunFilter and lets a person change it.

    Signals:
        changed: with the new RunFilter.
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.search = QLineEdit(placeholderText="Find a run (Ctrl+F)", clearButtonEnabled=True)
        self.state = _box("State", [(words, states) for words, states in _STATES])
        self.method = _box("Method", [("All methods", "")])
        self.tag = _box("Tag", [("All tags", "")])
        self._count = label("", "muted")
        self._build()

    @property
    def filter(self) -> RunFilter:
        """The conditions as they stand."""
        words = tuple(self.search.text().casefold().split())
        return RunFilter(words, self.state.currentData(), self.method.currentData(), self.tag.currentData())

    def offer(self, methods: Iterable[str], tags: Sequence[str]) -> None:
        """Offers the methods and tags that there are; one that is chosen stays on offer."""
        _refill(self.method, "All methods", methods, method_words)
        _refill(self.tag, "All tags", tags, str)
        self.tag.setVisible(self.tag.count() > 1)

    def say(self, n_shown: int, n_all: int) -> None:
        """Says how many runs are shown."""
        self._count.setText(f"{n_shown:,} of {n_all:,}")
        self._count.setVisible(n_shown != n_all)

    def clear(self) -> None:
        """Drops all conditions."""
        for box in (self.state, self.method, self.tag):
            box.setCurrentIndex(0)
        self.search.clear()

    def _build(self) -> None:
        self.search.setAccessibleName("Find a run")
        self.search.setToolTip("Words of its name, id, experiment or tags (Ctrl+F); Esc shows all again")
        self.search.textChanged.connect(lambda _text: self.changed.emit(self.filter))
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.search, 1)
        first.addWidget(self._count)
        for box in (self.state, self.method, self.tag):
            box.currentIndexChanged.connect(lambda _index: self.changed.emit(self.filter))
            second.addWidget(box, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(first)
        layout.addLayout(second)
        self.tag.hide()
        self._count.hide()


def _box(name: str, choices: Sequence[tuple[str, object]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setMinimumContentsLength(8)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for words, value in choices:
        box.addItem(words, value)
    return box


def _refill(box: QComboBox, all_words: str, values: Iterable[str], words: Callable[[str], str]) -> None:
    chosen = box.currentData()
    wanted = ["", *sorted({*values, *([chosen] if chosen else [])})]
    if wanted == [box.itemData(row) for row in range(box.count())]:
        return
    blocker = QSignalBlocker(box)
    box.clear()
    for value in wanted:
        box.addItem(words(value) if value else all_words, value)
    box.setCurrentIndex(wanted.index(chosen or ""))
    del blocker
