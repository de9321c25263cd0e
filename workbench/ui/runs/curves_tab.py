"""The live curves of a run: which metrics on the left, their plots on the right."""

from collections.abc import Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from workbench.domain.methods import StepWords, step_words
from workbench.domain.metrics import describe
from workbench.ui.runs.metric_plot import MetricPlot, definition
from workbench.ui.runs.story import RunStory
from workbench.ui.theme import Look, Scheme
from workbench.ui.turns import Turns
from workbench.ui.widgets import label
from workbench.ui.widgets.controls import tip_words
from workbench.ui.widgets.smoothing_box import SmoothingBox

_FIRST = (  # what tells most about a run, over all methods; shown until the person chooses
    "objective/scores",
    "objective/kl",
    "objective/length",
    "objective/entropy",
    "eval/gold",
    "eval/proxy",
    "eval/kl",
    "rewards/accuracies",
    "rewards/margins",
    "accuracy",
    "eval_accuracy",
    "loss",
    "loss/policy_avg",
    "loss/value_avg",
)
_SHOWN_FIRST = 4
_IN_A_COLUMN = 2  # so many plots stand one above the other: side by side they would be taller than wide
_TWO_COLUMNS = 520  # pixels from which on two plots have room side by side, numbers of their axes included
_SMOOTHED = "Half-life of the average, of the steps that a curve spans; what was logged stays in sight behind it."
_NAME = Qt.ItemDataRole.UserRole


class _Area(QScrollArea):
    """Says when it became wider or narrower."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class CurvesTab(QWidget):
    """Plots the metrics that are ticked; what was ticked stays so from run to run."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._story = RunStory()
        self._steps = step_words("")
        self._plots: dict[str, MetricPlot] = {}
        self._placed: tuple[int, list[str]] = (1, [])
        self._turns = Turns(self)
        self._ticked: set[str] | None = None  # None until the person chose
        self.search = QLineEdit(placeholderText="Find a metric", clearButtonEnabled=True)
        self.smoothing = SmoothingBox()
        self.metrics = QListWidget()
        self._empty = label("Nothing was measured yet. Curves appear with the first step.", "muted", wraps=True)
        self._grid = QGridLayout()
        self._area = _Area(widgetResizable=True)
        self._build()
        self._connect()

    def show_story(self, story: RunStory, steps: StepWords) -> None:
        """Draws what the run said, over what its steps count; called again whenever it said more."""
        self._story, self._steps = story, steps
        if self._names() != list(story.curves):
            self._list_metrics()
        self._refresh()

    def shown(self) -> list[str]:
        """Returns the names of the metrics that are plotted."""
        return [name for name in self._story.curves if name in self._wanted()]

    def plot_of(self, name: str) -> MetricPlot:
        """Returns the plot of a metric that is shown; KeyError until it is drawn."""
        return self._plots[name]

    def _wanted(self) -> set[str]:
        if self._ticked is not None:
            return self._ticked
        first = [name for name in _FIRST if name in self._story.curves]
        return set((first or list(self._story.curves))[:_SHOWN_FIRST])

    def _names(self) -> list[str]:
        return [self.metrics.item(row).data(_NAME) for row in range(self.metrics.count())]

    def _list_metrics(self) -> None:
        self.metrics.blockSignals(True)
        self.metrics.clear()
        for name in self._story.curves:
            item = QListWidgetItem(describe(name).label)
            item.setData(_NAME, name)
            item.setToolTip(tip_words(f"{item.text()}\n{definition(name)}"))
            item.setCheckState(Qt.CheckState.Checked if name in self._wanted() else Qt.CheckState.Unchecked)
            self.metrics.addItem(item)
        self.metrics.blockSignals(False)
        self._filter(self.search.text())

    def _refresh(self) -> None:
        shown = self.shown()
        for name in [name for name in self._plots if name not in shown]:
            gone = self._plots.pop(name)
            self._grid.removeWidget(gone)
            gone.deleteLater()
        self._empty.setVisible(not self._story.curves)
        self._turns.start(self._draw(shown))

    def _draw(self, shown: list[str]) -> Iterator[bool]:
        """Draws one plot after another, then has each painted in a turn of its own, now that all have their places."""
        columns = self._n_columns(len(shown))
        moved, self._placed = (columns, shown) != self._placed, (columns, shown)
        self._part_room(-(-len(shown) // columns), columns)
        for place, name in enumerate(shown):
            if name not in self._plots:
                self._plots[name] = MetricPlot(name, self._steps, self._look.scheme)
                moved = True
            if moved:
                self._grid.addWidget(self._plots[name], place // columns, place % columns)
            if self._plots[name].show_curve(self._story.curves[name], self.smoothing.percent()):
                self._plots[name].setUpdatesEnabled(False)
            yield False
        for name in shown:
            if not (plot := self._plots[name]).updatesEnabled():
                plot.setUpdatesEnabled(True)
                yield True

    def _n_columns(self, n_plots: int) -> int:
        return 2 if n_plots > _IN_A_COLUMN and self._area.width() >= _TWO_COLUMNS else 1

    def _on_resized(self) -> None:
        columns, shown = self._placed
        if shown and columns != self._n_columns(len(shown)):
            self._refresh()

    def _part_room(self, rows: int, columns: int) -> None:
        """Gives every place its part of the room ahead: or each new plot would move those before it."""
        for row in range(max(rows, self._grid.rowCount())):
            self._grid.setRowStretch(row, row < rows)
        for column in range(2):
            self._grid.setColumnStretch(column, column < columns)

    def _filter(self, text: str) -> None:
        wanted = text.casefold()
        for row in range(self.metrics.count()):
            item = self.metrics.item(row)
            item.setHidden(wanted not in f"{item.text()} {item.data(_NAME)}".casefold())

    def _on_ticked(self, item: QListWidgetItem) -> None:
        ticked = set(self._wanted())
        (ticked.add if item.checkState() == Qt.CheckState.Checked else ticked.discard)(item.data(_NAME))
        self._ticked = ticked
        self._refresh()

    def _dress(self, scheme: Scheme) -> None:
        for plot in self._plots.values():
            plot.dress(scheme)

    def _connect(self) -> None:
        self.metrics.itemChanged.connect(self._on_ticked)
        self.search.textChanged.connect(self._filter)
        self.smoothing.currentIndexChanged.connect(lambda _at: self._refresh())
        self._look.changed.connect(self._dress)
        self._area.resized.connect(self._on_resized)

    def _build(self) -> None:
        self.metrics.setAccessibleName("Metrics; tick those to plot")
        self.metrics.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.metrics.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.search.setAccessibleName("Find a metric")
        self.smoothing.setAccessibleName("Smoothing")
        self.smoothing.setToolTip(_SMOOTHED)
        smoothing = QHBoxLayout()
        smoothing.addWidget(label("Smoothing", "muted"))
        smoothing.addWidget(self.smoothing, 1)
        choice, plots = QWidget(), QWidget()
        left, right = QVBoxLayout(choice), QVBoxLayout(plots)
        left.setContentsMargins(0, 6, 0, 0)
        left.addWidget(self.search)
        left.addLayout(smoothing)
        left.addWidget(self.metrics, 1)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        right.addWidget(self._empty)
        right.addLayout(self._grid, 1)
        area = self._area
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(plots)
        area.setAccessibleName("Curves")
        halves = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        halves.addWidget(choice)
        halves.addWidget(area)
        halves.setSizes([190, 500])
        halves.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(halves)
