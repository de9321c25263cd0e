"""Experiments: what was launched and where it is, one run in detail, and the form for a new experiment."""

from collections.abc import Sequence
from functools import cached_property

from PySide6.QtCore import QByteArray, QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from workbench import api
from workbench.ui.experiments.form import ExperimentForm
from workbench.ui.page import Page
from workbench.ui.runs.run_actions import RunActions
from workbench.ui.runs.run_edits import RunEdits
from workbench.ui.runs.run_filter import FilterRow
from workbench.ui.runs.run_panel import RunPanel
from workbench.ui.runs.run_tree import RunTree
from workbench.ui.runs.words import run_title
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.widgets import Card, EmptyState, add_action, label
from workbench.ui.widgets.trash_box import TrashButton

_SIDES = (500, 560)  # pixels of the list and the run in a window of 1280; a wider one gives more to the run
_AHEAD_MS = 100  # after the page came into sight, the form is built that it does not show yet; while it is in sight


class ExperimentsPage(Page):
    """Left the experiments and the queue, right the chosen run."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self._groups: list[api.ExperimentRuns] = []
        self._wanted = ""  # a run to turn to as soon as it is listed
        self._last = ""  # the run of last time, to turn to at the first look
        self._is_divided = False  # by the person: until then the widths follow the window's
        self._kept = ""  # the run that is remembered for the next time
        self._ahead = QTimer(self, singleShot=True, interval=_AHEAD_MS)
        self.new = QAction("New experiment", self)
        self.duplicate = QAction("Duplicate experiment", self)
        self.tree, self.filter = RunTree(look), FilterRow()
        self.panel = RunPanel(session, look)
        self.actions_on_runs, self.edits = RunActions(session, self), RunEdits(session, self.tree)
        self.trash = TrashButton(session)
        self.empty = EmptyState(
            "No experiment yet",
            "Choose a base model and a dataset; PPO and DPO are trained from the same start on the same pairs.",
            "New experiment",
            self.new.trigger,
        )
        self.stack, self._watch = QStackedWidget(), QWidget()
        self._build_actions()
        self._build()
        self._connect()
        self._recall()

    def arrive(self) -> None:
        self._refresh()

    @cached_property
    def form(self) -> ExperimentForm:
        """The form of a new experiment, made when it is first wanted."""
        made = ExperimentForm(self.session, self.look)
        made.closed.connect(lambda: self.stack.setCurrentIndex(0))
        self.stack.addWidget(made)
        return made

    def begin(self) -> None:
        self._show_form()

    def dressed(self) -> Sequence[QWidget]:
        return (self._watch, *(self.form.dressed() if "form" in vars(self) else ()))

    def commands(self) -> Sequence[QAction]:
        return [action for action in [*self.actions(), *self.tree.actions()] if action.isEnabled()]

    def go_to(self, what: str) -> None:
        """Turns to a run, as soon as it is listed."""
        self.stack.setCurrentIndex(0)
        self._wanted = what
        self._turn()

    def showEvent(self, event: QShowEvent) -> None:
        self.panel.set_in_sight(True)
        self._ahead.start()
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._is_divided:
            left = min(_SIDES[0], self.width() * _SIDES[0] // sum(_SIDES))
            self._halves.setSizes([left, self.width() - left])

    def hideEvent(self, event: QHideEvent) -> None:
        self.panel.set_in_sight(False)
        self._ahead.stop()
        if "form" in vars(self):
            self.form.pause()
        super().hideEvent(event)

    def _refresh(self) -> None:
        project = self.session.project
        if project is not None:
            self.session.ask("experiments", lambda: api.show_experiments(project), self._on_groups)

    def _on_project_changed(self, _view: api.ProjectView) -> None:
        self._refresh()

    def _on_groups(self, groups: list[api.ExperimentRuns]) -> None:
        self._groups = groups
        view = self.session.view
        if view is None:
            return
        self.filter.offer({run.method for run in view.runs}, self._tags(view))
        self.tree.show_runs(groups, {run.id: run for run in view.runs})
        self.watching.setCurrentIndex(1 if view.runs else 0)
        self._turn_to_the_last()
        self._turn()
        self._show_chosen()

    def _turn(self) -> None:
        if self._wanted and self.tree.choose(self._wanted):
            self._wanted = ""

    def _turn_to_the_last(self) -> None:
        last, self._last = self._last, ""
        self.tree.choose(last)

    def _show_chosen(self) -> None:
        self.actions_on_runs.offer(self.tree.chosen_runs(), self.tree.queue())
        self.edits.offer()
        self.duplicate.setEnabled(bool(self._chosen_experiment()))
        run, line = self.tree.current_run(), self.tree.current()
        if run is not None and line is not None:
            arms = next((group.arms for group in self._groups if group.name == line.experiment), {})
            self.panel.show_run(run, run_title(run, arms.get(run.id, "")))
            if run.id != self._kept:
                self._kept = run.id
                self.session.keep("experiments/run", run.id)
        elif not self.tree.topLevelItemCount():
            self.panel.show_nothing()

    def _tags(self, view: api.ProjectView) -> list[str]:
        own = [tag for run in view.runs for tag in run.tags]
        return [*own, *(tag for group in self._groups for tag in group.tags)]

    def _recall(self) -> None:
        """Comes back to the run, the tab and the widths of last time."""
        self._last = str(self.session.kept("experiments/run", ""))
        self.panel.show_tab(str(self.session.kept("experiments/tab", "")))
        self.panel.curves.smoothing.show_percent(float(self.session.kept("experiments/smoothing", 0.0)))
        widths = self.session.settings.value("experiments/halves")
        if isinstance(widths, QByteArray):
            self._is_divided = self._halves.restoreState(widths)

    def _connect(self) -> None:
        self.actions_on_runs.replay.triggered.connect(lambda: self.panel.show_tab("Replay"))
        self.session.project_changed.connect(self._on_project_changed)
        self.session.history.changed.connect(self._refresh)
        self.tree.chosen.connect(self._show_chosen)
        self.tree.moved.connect(self.actions_on_runs.move_before)
        self.tree.filtered.connect(self.filter.say)
        self.tree.customContextMenuRequested.connect(self._open_menu)
        self.filter.changed.connect(self.tree.show_only)
        self.panel.tabs.currentChanged.connect(lambda _tab: self.session.keep("experiments/tab", self.panel.tab()))
        smoothing = self.panel.curves.smoothing
        smoothing.activated.connect(lambda _at: self.session.keep("experiments/smoothing", smoothing.percent()))
        self.actions_on_runs.done.connect(self._refresh)
        self.edits.copied.connect(self.go_to)
        self.new.triggered.connect(self._show_form)
        self.duplicate.triggered.connect(self._duplicate)
        self._ahead.timeout.connect(self._prepare_form)
        self._halves.splitterMoved.connect(lambda _at, _number: self._keep_widths())

    def _keep_widths(self) -> None:
        self._is_divided = True
        self.session.settings.setValue("experiments/halves", self._halves.saveState())

    def _prepare_form(self) -> None:
        self.form.prepare()

    def _show_form(self) -> None:
        self.form.finish()
        self.stack.setCurrentWidget(self.form)
        self.form.settings.general.fields["name"].editor.setFocus()

    def _duplicate(self) -> None:
        self._show_form()
        self.form.keeping.duplicate(self._chosen_experiment())

    def _chosen_experiment(self) -> str:
        lines = self.tree.chosen_lines()
        return lines[0].experiment if lines else ""

    def _find(self) -> None:
        """Searches where the person is: the log or the settings in sight, unless the list has the focus."""
        if self.tree.hasFocus() or not self.panel.begin_search():
            self.filter.search.setFocus()

    def _open_menu(self, where: QPoint) -> None:
        self._menu.popup(self.tree.viewport().mapToGlobal(where))

    def _build_actions(self) -> None:
        self.new.setShortcut(QKeySequence("Ctrl+N"))
        self.new.setToolTip("Sets up an experiment: start, data, methods, budget (Ctrl+N)")
        self.duplicate.setShortcut(QKeySequence("Ctrl+E"))
        self.duplicate.setToolTip("Opens the form with the settings of the chosen run's experiment (Ctrl+E)")
        edits = (self.edits.duplicate, self.edits.change, self.edits.tag)
        for action in (self.new, self.duplicate, *self.actions_on_runs.all(), *edits):
            self.addAction(action)
        for action in (self.edits.rename, self.edits.delete):
            self.tree.addAction(action)
        add_action(self, "Find", "Ctrl+F", self._find)
        add_action(self, "Show all runs", "", self.filter.clear)
        add_action(self, "Open the trash", "", self.trash.open_box)
        self._menu = QMenu(self._watch)
        verbs = self.actions_on_runs
        for group in (
            [*verbs.verbs.values(), verbs.replay],
            [verbs.up, verbs.down],
            self.edits.all(),
            [self.duplicate],
        ):
            self._menu.addActions(group)
            self._menu.addSeparator()

    def _build(self) -> None:
        runs = Card("Experiments and queue")
        runs.corner.addWidget(self.trash)  # first, as the Tab key goes
        runs.body.addWidget(self.filter)
        runs.body.addWidget(self.tree, 1)
        self._halves = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        self._halves.setHandleWidth(12)
        self._halves.addWidget(runs)
        self._halves.addWidget(self.panel)
        self._halves.setStretchFactor(1, 1)
        self.watching = QStackedWidget()
        self.watching.addWidget(self.empty)
        self.watching.addWidget(self._halves)
        inside = QVBoxLayout(self._watch)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(12)
        inside.addLayout(self._bar())
        inside.addWidget(self.watching, 1)
        self.stack.addWidget(self._watch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)

    def _bar(self) -> QHBoxLayout:
        self.duplicate.setIconText("Duplicate")  # on their buttons: the bar holds eight, also in large text
        self.new.setIconText("New")
        bar = QHBoxLayout()
        bar.setSpacing(4)
        bar.addWidget(label("Experiments", "page-title"))
        bar.addStretch(1)
        shown = (*self.actions_on_runs.verbs.values(), self.edits.duplicate, self.edits.delete, self.new)
        self.buttons = {action.text(): _tool(action) for action in shown}
        for made in self.buttons.values():
            bar.addWidget(made)
        more = QToolButton(text="More", popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        more.setMenu(self._menu)
        more.setToolTip("Everything that can be done with the selected runs; also by a right click on them")
        more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bar.insertWidget(bar.count() - 1, more)
        self.buttons["New experiment"].setProperty("role", "primary")
        return bar


def _tool(action: QAction) -> QToolButton:
    made = QToolButton()
    made.setDefaultAction(action)
    made.setAccessibleName(action.text())
    made.setAccessibleDescription(action.toolTip())
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made
