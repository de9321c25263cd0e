"""The form of a new experiment: its settings, the plan, launch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QSplitter, QTabWidget, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.drafts import ExperimentDraft
from workbench.domain.errors import BadSetting, WorkbenchError
from workbench.domain.experiments import Experiment
from workbench.ui.experiments.differences import DifferencesCard
from workbench.ui.experiments.keeping import FormKeeping, menu_button
from workbench.ui.experiments.names import FormNames
from workbench.ui.experiments.plan_card import PlanCard
from workbench.ui.experiments.settings_column import SettingsColumn
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.widgets import button, label
from workbench.ui.widgets.controls import counted

_PART_MS = 5
_PLAN_MS = 500  # after the last key; planning hashes what the runs would read


class ExperimentForm(QWidget):
    """Asks for an experiment, says at once what is wrong with it, what it would run and what that takes.

    Signals:
        closed: the person went back, or the experiment was launched.
    """

    closed = Signal()

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__()
        self._session = session
        self._look = look
        self.head = QWidget()
        self.settings = SettingsColumn(look)
        self.search = QLineEdit(placeholderText="Find a setting", clearButtonEnabled=True)
        self.search.setAccessibleName("Find a setting")
        self.advanced = QCheckBox("Advanced")
        self.not_found = label("", "muted", wraps=True)
        self.plan = PlanCard(look)
        self.keeping = FormKeeping(session, self, self, self.head)
        self.differences = DifferencesCard(session, self)
        self.names: FormNames
        self._is_ready = False
        self._experiment: Experiment | None = None
        self._plan_timer = QTimer(self, singleShot=True, interval=_PLAN_MS)
        self._parts_timer = QTimer(self, interval=_PART_MS)
        self._parts_timer.timeout.connect(self._build_more)
        self._build()

    def dressed(self) -> Sequence[QWidget]:
        """Returns what wears the style sheet: nine hundred widgets are too many to be dressed at once."""
        return (self.head, self.not_found, self.tabs, *self.settings.dressed())

    def prepare(self) -> None:
        """Builds the form card by card while the person looks at something else, so that it opens at once."""
        if not self._is_ready:
            self._parts_timer.start()

    def pause(self) -> None:
        """Leaves the rest for when `prepare` is called again: another page has need of the time."""
        self._parts_timer.stop()

    def finish(self) -> None:
        """Builds what is not there yet: now it is needed."""
        while not self._is_ready:
            self._build_more()

    def _build_more(self) -> None:
        if self._is_ready or self.settings.build_next():
            return
        self._is_ready = True
        self._parts_timer.stop()
        self.names = FormNames(self._session, self.settings.name_fields(), self.settings.reward_fields, self)
        self.names.rewards_found.connect(self.settings.offer_rewards)
        self._connect()
        self.check()

    def draft(self) -> ExperimentDraft:
        """Returns what stands in the form, right or wrong."""
        return self.settings.draft()

    def show_draft(self, draft: ExperimentDraft) -> None:
        """Fills the form."""
        self.settings.show_draft(draft)
        self.names.refresh()

    def show_experiment(self, experiment: Experiment) -> None:
        """Fills the form from an experiment."""
        self.show_draft(ExperimentDraft.of(experiment))

    def check(self) -> None:
        """Says what is wrong, in the domain's words; what is right is planned a moment later."""
        self.keeping.note_change()
        self.names.look(from_scratch=self.settings.starts_from_scratch)
        self._experiment = None
        self._plan_timer.stop()
        self._session.tasks.cancel("plan")
        try:
            self._experiment = Experiment.parse(self.draft().raw(), where="The experiment")
        except BadSetting as error:
            self.plan.refuse(error.by_label(Experiment.labels()))
            return
        self.plan.wait("Looking at what this would run ...")
        self._plan_timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        self.keeping.restore()
        self.names.refresh()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.keeping.keep_now()
        super().hideEvent(event)

    def _on_project_changed(self, _view: api.ProjectView) -> None:
        if self.isVisible():
            self.names.look(from_scratch=self.settings.starts_from_scratch)

    def _plan(self) -> None:
        project, experiment = self._session.project, self._experiment
        if project is not None and experiment is not None:
            work = lambda: api.plan_experiment(project, experiment, base=project.folder)  # noqa: E731
            self._session.ask("plan", work, self._on_planned, on_error=self._on_unplanned)

    def _on_planned(self, plan: api.ExperimentPlan) -> None:
        if self._experiment is not None:
            self.plan.show_plan(plan, Path(self._experiment.model).name)
            self.differences.refresh()

    def _on_unplanned(self, error: Exception) -> None:
        if isinstance(error, WorkbenchError):
            self.plan.refuse(str(error))
        else:
            self._session.report("The experiment was not planned", error)

    def _launch(self) -> None:
        project, experiment = self._session.project, self._experiment
        if project is not None and experiment is not None:
            self.plan.wait("Putting the runs into the queue ...")
            work = lambda: api.run_experiment(project, experiment, base=project.folder)  # noqa: E731
            self._session.ask("launch", work, self._on_launched, on_error=self._on_not_launched)

    def _on_launched(self, jobs: list[Any]) -> None:
        self._session.tell(f"Launched: {counted(len(jobs), 'run')}. What was done before is not trained again.", "good")
        self._session.look()
        self.closed.emit()
        self.check()

    def _on_not_launched(self, error: Exception) -> None:
        self._session.report("The experiment was not launched", error)
        self.check()

    def _filter(self) -> None:
        words = self.search.text().strip()
        found = self.settings.filter(words, advanced=self.advanced.isChecked())
        self.not_found.setText(
            "" if found else f"No setting is found by “{words}”. Try another word, or its first letters."
        )
        self.not_found.setVisible(not found)

    def _connect(self) -> None:
        self._plan_timer.timeout.connect(self._plan)
        self.settings.changed.connect(self.check)
        self.settings.arm_dropped.connect(self.keeping.remember)
        self.search.textChanged.connect(lambda _text: self._filter())
        self.advanced.toggled.connect(lambda _on: self._filter())
        self.plan.launched.connect(self._launch)
        self.plan.stage_chosen.connect(self.settings.show_stage)
        self._session.project_changed.connect(self._on_project_changed)

    def _build(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("About the experiment")
        self.tabs.tabBar().setAccessibleName("About the experiment")
        self.tabs.addTab(self.plan, "Plan")
        self.tabs.addTab(self.differences, "Differences")
        self.tabs.currentChanged.connect(lambda _place: self.differences.offer())
        halves = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        halves.setHandleWidth(12)
        halves.setStyleSheet("QSplitter::handle { background: transparent; }")  # in any look
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.not_found)
        column.addWidget(self.settings, 1)
        self.not_found.hide()
        halves.addWidget(left)
        halves.addWidget(self.tabs)
        halves.setSizes([560, 560])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._build_head()
        layout.addWidget(self.head)
        layout.addWidget(halves, 1)
        for part in self.dressed():
            part.setStyleSheet(self._look.sheet())

    def _build_head(self) -> None:
        head = QHBoxLayout(self.head)
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(label("New experiment", "page-title"))
        head.addStretch(1)
        head.addWidget(self.search)
        head.addWidget(self.advanced)
        head.addWidget(menu_button("Start from", self.keeping.start_menu, "A file, a draft, or another experiment"))
        head.addWidget(menu_button("Save", self.keeping.save_menu, "As a draft in the project (Ctrl+S) or as a file"))
        head.addWidget(button("Back", self.closed.emit, tip="To the runs; the form keeps what stands in it"))
