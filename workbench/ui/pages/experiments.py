"""Experiments: what was launched and where it is, one run in detail, and the form for a new experiment."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from workbench import api
from workbench.ui.experiments.form import ExperimentForm
from workbench.ui.page import Page
from workbench.ui.runs.run_actions import RunActions
from workbench.ui.runs.run_panel import RunPanel
from workbench.ui.runs.run_tree import RunTree, run_title
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.widgets import Card, EmptyState, label


class ExperimentsPage(Page):
    """Left the experiments and the queue, right the chosen run."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self._groups: list[api.ExperimentRuns] = []
        self.actions_on_runs = RunActions(session, self)
        self.new = QAction("New experiment", self)
        self.duplicate = QAction("Duplicate experiment", self)
        self.form = ExperimentForm(session, look)
        self.tree = RunTree(look)
        self.panel = RunPanel(session, look)
        self.empty = EmptyState(
            "No experiment yet",
            "Choose a base model and a dataset; PPO and DPO are trained from the same start on the same pairs.",
            "New experiment",
            self.new.trigger,
        )
        self.stack = QStackedWidget()
        self._build_actions()
        self._build()
        self._connect()

    def arrive(self) -> None:
        self._refresh()
        self.form.prepare()

    def commands(self) -> Sequence[QAction]:
        return [action for action in self.actions() if action.isEnabled()]

    def showEvent(self, event: QShowEvent) -> None:
        self.panel.set_in_sight(True)
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.panel.set_in_sight(False)
        super().hideEvent(event)

    def choose_run(self, run_id: str) -> None:
        """Turns to a run."""
        self.tree.choose(run_id)

    def _refresh(self) -> None:
        project = self.session.project
        if project is not None:
            self.session.ask("experiments", lambda: api.show_experiments(project), self._on_groups)

    def _on_project_changed(self, _view: api.ProjectView) -> None:
        self._refresh()

    def _on_groups(self, groups: list[api.ExperimentRuns]) -> None:
        self._groups = groups
        self._show()

    def _show(self) -> None:
        view = self.session.view
        if view is None:
            return
        self.tree.show_runs(self._groups, {run.id: run for run in view.runs})
        self.watching.setCurrentIndex(1 if view.runs else 0)
        self._show_chosen()

    def _show_chosen(self) -> None:
        runs = self.tree.chosen_runs()
        self.actions_on_runs.offer(runs, self.tree.queue())
        self.duplicate.setEnabled(bool(self._chosen_experiment()))
        if len(runs) == 1:
            arm = next((group.arms[runs[0].id] for group in self._groups if runs[0].id in group.arms), runs[0].name)
            self.panel.show_run(runs[0], run_title(runs[0], arm))

    def _connect(self) -> None:
        self.session.project_changed.connect(self._on_project_changed)
        self.tree.chosen.connect(lambda _run: self._show_chosen())
        self.tree.moved.connect(self.actions_on_runs.move_before)
        self.actions_on_runs.done.connect(self._refresh)
        self.new.triggered.connect(self._show_form)
        self.duplicate.triggered.connect(self._duplicate)
        self.form.closed.connect(lambda: self.stack.setCurrentIndex(0))

    def _show_form(self) -> None:
        self.form.finish()
        self.stack.setCurrentWidget(self.form)
        self.form.settings.general.fields["name"].editor.setFocus()

    def _duplicate(self) -> None:
        self._show_form()
        self.form.keeping.duplicate(self._chosen_experiment())

    def _chosen_experiment(self) -> str:
        ids = {run.id for run in self.tree.chosen_runs()}
        return next((group.name for group in self._groups if ids & set(group.run_ids)), "")

    def _build_actions(self) -> None:
        self.new.setShortcut(QKeySequence("Ctrl+N"))
        self.new.setToolTip("Sets up an experiment: start, data, methods, budget (Ctrl+N)")
        self.duplicate.setShortcut(QKeySequence("Ctrl+D"))
        self.duplicate.setToolTip("Opens the form with the settings of the chosen run's experiment (Ctrl+D)")
        for action in (self.new, self.duplicate, *self.actions_on_runs.all()):
            self.addAction(action)

    def _build(self) -> None:
        runs = Card("Experiments and queue")
        runs.body.addWidget(self.tree, 1)
        halves = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        halves.setHandleWidth(12)
        halves.addWidget(runs)
        halves.addWidget(self.panel)
        halves.setSizes([440, 600])
        halves.setStretchFactor(1, 1)
        self.watching = QStackedWidget()
        self.watching.addWidget(self.empty)
        self.watching.addWidget(halves)
        watch = QWidget()
        inside = QVBoxLayout(watch)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(12)
        inside.addLayout(self._bar())
        inside.addWidget(self.watching, 1)
        self.stack.addWidget(watch)
        self.stack.addWidget(self.form)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)

    def _bar(self) -> QHBoxLayout:
        self.duplicate.setIconText("Duplicate")  # on their buttons: the bar holds eight, also in large text
        self.new.setIconText("New")
        bar = QHBoxLayout()
        bar.setSpacing(6)
        bar.addWidget(label("Experiments", "page-title"))
        bar.addStretch(1)
        self.buttons = {
            action.text(): _tool(action) for action in (*self.actions_on_runs.all(), self.duplicate, self.new)
        }
        for made in self.buttons.values():
            bar.addWidget(made)
        self.buttons["New experiment"].setProperty("role", "primary")
        return bar


def _tool(action: QAction) -> QToolButton:
    made = QToolButton()
    made.setDefaultAction(action)
    made.setAccessibleName(action.text())
    made.setAccessibleDescription(action.toolTip())
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made
