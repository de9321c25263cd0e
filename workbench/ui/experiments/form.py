"""The form of a new experiment: start, data, judges, arms, the plan, launch."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workbench import api
from workbench.domain.drafts import DraftArm, ExperimentDraft
from workbench.domain.errors import BadSetting, WorkbenchError
from workbench.domain.experiments import ArmMethod, Experiment
from workbench.ui.experiments.differences import DifferencesCard
from workbench.ui.experiments.keeping import FormKeeping, menu_button
from workbench.ui.experiments.names import FormNames, NameFields
from workbench.ui.experiments.pickers import JudgesPicker, NamePicker
from workbench.ui.experiments.plan_card import PlanCard
from workbench.ui.experiments.sheet import ArmSheet, SettingsSheet
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.widgets import button, label

_GENERAL = (
    "name",
    "model",
    "dataset",
    "test_prompts",
    "judges",
    "seeds",
    "preset",
    "max_prompts",
    "device",
    "trust_remote_code",
)
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
        self._make_sheets()
        self.sft_on = QCheckBox("Fine-tune first, so that all arms start from there")
        self.arms: list[ArmSheet] = []
        self.search = QLineEdit(placeholderText="Find a setting", clearButtonEnabled=True)
        self.advanced = QCheckBox("Advanced")
        self.plan = PlanCard(look)
        self.keeping = FormKeeping(session, self, self)
        self.differences = DifferencesCard(session, self)
        self._experiment: Experiment | None = None
        self._is_filling = False
        self._arm_list = QVBoxLayout()
        self._plan_timer = QTimer(self, singleShot=True, interval=_PLAN_MS)
        self._build()
        self._connect()
        self.names = FormNames(session, self._name_fields(), self)
        self.add_arm("ppo")
        self.add_arm("dpo")

    def draft(self) -> ExperimentDraft:
        """Returns what stands in the form, right or wrong."""
        return ExperimentDraft(
            general=self.general.values(),
            stages={name: sheet.values() for name, sheet in self._stages().items()},
            fine_tunes=self.sft_on.isChecked(),
            arms=tuple(arm.draft() for arm in self.arms),
        )

    def show_draft(self, draft: ExperimentDraft) -> None:
        """Fills the form."""
        self._is_filling = True  # a hundred fields change; what comes of it is looked at once
        for sheet in list(self.arms):
            self._remove_arm(sheet)
        self.general.set_values(draft.general)
        for name, stage in self._stages().items():
            stage.set_values(draft.stages.get(name, {}))
        self.sft_on.setChecked(draft.fine_tunes)
        for arm in draft.arms:
            self.add_arm(arm.method, arm.name).set_values(arm.settings)
        self._choose_preset()
        self._filter()
        self._is_filling = False
        self.names.refresh()
        self.check()

    def show_experiment(self, experiment: Experiment) -> None:
        """Fills the form from an experiment."""
        self.show_draft(ExperimentDraft.of(experiment))

    def add_arm(self, method: ArmMethod, name: str = "") -> ArmSheet:
        """Adds an arm; several values of a setting, separated by commas, make several arms of it."""
        sheet = ArmSheet(name or self._free_arm_name(method), method)
        sheet.use_preset(self._preset())
        sheet.filter(self.search.text(), advanced=self.advanced.isChecked())
        sheet.removed.connect(lambda: self._remove_arm(sheet))
        sheet.doubled.connect(lambda: self._double(sheet))
        sheet.changed.connect(self.check)
        self.arms.append(sheet)
        self._arm_list.addWidget(sheet)
        self.check()
        return sheet

    def check(self) -> None:
        """Says what is wrong, in the domain's words; what is right is planned a moment later."""
        if self._is_filling:
            return
        self.keeping.note_change()
        self._experiment = None
        self._plan_timer.stop()
        self._session.tasks.cancel("plan")
        try:
            self._experiment = Experiment.parse(self.draft().raw(), where="The experiment")
        except BadSetting as error:
            self.plan.refuse(str(error))
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
            self.names.look()

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
        self._session.tell(f"{len(jobs)} runs are in the queue or done.", "good")
        self._session.look()
        self.closed.emit()
        self.check()

    def _on_not_launched(self, error: Exception) -> None:
        self._session.report("The experiment was not launched", error)
        self.check()

    def _double(self, sheet: ArmSheet) -> None:
        draft = sheet.draft()
        self.add_arm(draft.method, f"{draft.name} copy").set_values(draft.settings)

    def _remove_arm(self, sheet: ArmSheet) -> None:
        self.arms.remove(sheet)
        self._arm_list.removeWidget(sheet)
        sheet.hide()
        sheet.deleteLater()
        self.check()

    def _free_arm_name(self, method: str) -> str:
        taken = {arm.name for arm in self.arms}
        names = (method, *(f"{method} {n}" for n in range(2, len(taken) + 3)))
        return next(name for name in names if name not in taken)

    def _show_stage(self, method: str, name: str) -> None:
        """Brings the settings of a stage of the plan into sight; an evaluation's are the sampling."""
        shared = {"sft": self.sft, "reward": self.reward, "evaluate": self.sampling}
        sheet = shared.get(method, self.general)
        if method in ("ppo", "dpo"):
            sheet = next((arm for arm in self.arms if name in _names(arm.draft())), self.general)
        self._area.ensureWidgetVisible(sheet, 0, 40)
        sheet.focus_first()

    def _stages(self) -> dict[str, SettingsSheet]:
        return {"sampling": self.sampling, "reward": self.reward, "budget": self.budget, "sft": self.sft}

    def _sheets(self) -> list[SettingsSheet]:
        return [self.general, *self._stages().values(), *self.arms]

    def _filter(self) -> None:
        words, fine_tunes = self.search.text(), self.sft_on.isChecked()
        for sheet in self._sheets():
            found = sheet.filter(words, advanced=self.advanced.isChecked())
            sheet.setVisible((found or not words) and (sheet is not self.sft or fine_tunes))

    def _preset(self) -> str:
        return str((self.general.values().get("preset") or ["standard"])[0])

    def _choose_preset(self) -> None:
        for sheet in self._sheets()[1:]:
            sheet.use_preset(self._preset())

    def _on_sft_changed(self) -> None:
        self._filter()
        self.names.from_scratch = self.sft_on.isChecked() and bool(self.sft.values().get("from_scratch"))
        self.names.look()
        self.check()

    def _name_fields(self) -> NameFields:
        general = self.general.fields
        return NameFields(
            name=general["name"],
            model=general["model"],
            reward_model=self.reward.fields["model"],
            dataset=general["dataset"],
            test_prompts=general["test_prompts"],
            demonstrations=self.sft.fields["dataset"],
            judges=general["judges"],
        )

    def _make_sheets(self) -> None:
        pickers: dict[str, NamePicker | JudgesPicker] = {
            "model": NamePicker(browses=True),
            "dataset": NamePicker(),
            "test_prompts": NamePicker(),
            "judges": JudgesPicker(),
        }
        self.general = SettingsSheet("Experiment", "experiment", _GENERAL, pickers)
        self.sampling = SettingsSheet("Sampling", "sampling")
        self.reward = SettingsSheet("Reward model", "reward", pickers={"model": NamePicker(browses=True)})
        self.budget = SettingsSheet("Budget", "budget")
        self.sft = SettingsSheet("Fine-tuning first", "sft", pickers={"dataset": NamePicker()})

    def _connect(self) -> None:
        self._plan_timer.timeout.connect(self._plan)
        for sheet in (self.general, self.sampling, self.reward, self.budget):
            sheet.changed.connect(self.check)
        self.sft.changed.connect(self._on_sft_changed)
        self.sft_on.toggled.connect(lambda _on: self._on_sft_changed())
        self.general.fields["preset"].changed.connect(self._choose_preset)
        self.search.textChanged.connect(lambda _text: self._filter())
        self.advanced.toggled.connect(lambda _on: self._filter())
        self.plan.launched.connect(self._launch)
        self.plan.stage_chosen.connect(self._show_stage)
        self._session.project_changed.connect(self._on_project_changed)

    def _build(self) -> None:
        self.sft.hide()
        self.tabs = QTabWidget()
        self.tabs.addTab(self.plan, "Plan")
        self.tabs.addTab(self.differences, "Differences")
        self.tabs.currentChanged.connect(lambda _place: self.differences.offer())
        halves = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        halves.setHandleWidth(12)
        halves.addWidget(self._settings())
        halves.addWidget(self.tabs)
        halves.setSizes([560, 560])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._head())
        layout.addWidget(halves, 1)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.addWidget(label("New experiment", "page-title"))
        head.addStretch(1)
        head.addWidget(self.search)
        head.addWidget(self.advanced)
        head.addWidget(menu_button("Start from", self.keeping.start_menu, "A file, a draft, or another experiment"))
        head.addWidget(menu_button("Save", self.keeping.save_menu, "As a draft in the project (Ctrl+S) or as a file"))
        head.addWidget(button("Back", self.closed.emit, tip="To the runs; the form keeps what stands in it"))
        return head

    def _settings(self) -> QScrollArea:
        inner = QWidget()
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, 6, 0)
        for widget in (self.general, self.sft_on, self.sft):
            inside.addWidget(widget)
        inside.addLayout(self._arm_list)
        more = QHBoxLayout()
        more.addWidget(button("Add PPO", lambda: self.add_arm("ppo")))
        more.addWidget(button("Add DPO", lambda: self.add_arm("dpo")))
        more.addWidget(label("Several values, as 0.05, 0.1, make several arms.", "muted", wraps=True), 1)
        inside.addLayout(more)
        inside.addWidget(self.reward)
        inside.addWidget(self.sampling)
        inside.addWidget(self.budget)
        inside.addStretch(1)
        self._area = QScrollArea(objectName="ground", widgetResizable=True)
        self._area.setWidget(inner)
        return self._area


def _names(arm: DraftArm) -> list[str]:
    return [str(made["name"]) for made in arm.expanded()]
