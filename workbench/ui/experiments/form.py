"""The form of a new experiment: start, data, judges, arms, the plan, launch."""

from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench import api
from workbench.domain.errors import BadSetting, WorkbenchError
from workbench.domain.experiments import Experiment
from workbench.ui.experiments.draft import expand_arm, single
from workbench.ui.experiments.sheet import SettingsSheet
from workbench.ui.session import Session
from workbench.ui.widgets import Card, button, label, set_tone

_GENERAL = ("name", "model", "dataset", "test_prompts", "judges", "seeds", "preset", "max_prompts", "device")
_PLAN_MS = 500  # after the last key; planning hashes what the runs would read
_YAML = "Experiment files (*.yaml *.yml)"


class ArmSheet(NamedTuple):
    """An arm in the form."""

    name: str
    method: str
    sheet: SettingsSheet


class ExperimentForm(QWidget):
    """Asks for an experiment, says at once what is wrong with it and what it would run.

    Signals:
        closed: the person went back, or the experiment was launched.
    """

    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.general = SettingsSheet("Experiment", "experiment", _GENERAL)
        self.sampling = SettingsSheet("Sampling", "sampling")
        self.reward = SettingsSheet("Reward model", "reward")
        self.budget = SettingsSheet("Budget", "budget")
        self.sft = SettingsSheet("Fine-tuning first", "sft")
        self.sft_on = QCheckBox("Fine-tune first, so that all arms start from there")
        self.arms: list[ArmSheet] = []
        self.search = QLineEdit(placeholderText="Find a setting", clearButtonEnabled=True)
        self.advanced = QCheckBox("Advanced")
        self.said = label("", wraps=True, selectable=True)
        self.plan = QTreeWidget()
        self._experiment: Experiment | None = None
        self._sft_dataset: dict[str, str] = {}  # named by a file that was opened
        self._arm_list = QVBoxLayout()
        self._plan_timer = QTimer(self)
        self._build()
        self._connect()
        self.add_arm("ppo")
        self.add_arm("dpo")

    def add_arm(self, method: str, name: str = "") -> SettingsSheet:
        """Adds an arm; several values of a setting, separated by commas, make several arms of it."""
        n_before = sum(arm.method == method for arm in self.arms)
        name = name or (f"{method} {n_before + 1}" if n_before else method)
        sheet = SettingsSheet(f"Arm {name}", method)
        sheet.corner.addWidget(button("Remove", lambda: self._remove_arm(sheet), role="link"))
        sheet.changed.connect(self.check)
        self.arms.append(ArmSheet(name, method, sheet))
        self._arm_list.addWidget(sheet)
        self.check()
        return sheet

    def raw(self) -> dict[str, Any]:
        """Returns what stands in the form as an experiment file would hold it."""
        values = single(self.general.values())
        values["sampling"] = single(self.sampling.values())
        values["reward"] = single(self.reward.values())
        values["budget"] = single(self.budget.values())
        values["sft"] = (self._sft_dataset | single(self.sft.values()) or True) if self.sft_on.isChecked() else False
        values["arms"] = [arm for form in self.arms for arm in expand_arm(form.name, form.method, form.sheet.values())]
        return values

    def check(self) -> None:
        """Says what is wrong, in the domain's words; what is right is planned a moment later."""
        self._experiment = None
        self.launch_button.setEnabled(False)
        self.save_button.setEnabled(False)
        self._plan_timer.stop()
        self._session.tasks.cancel("plan")
        try:
            self._experiment = Experiment.parse(self.raw(), where="The experiment")
        except BadSetting as error:
            self._say(str(error), "warn")
            return
        self.save_button.setEnabled(True)
        self._say("Looking at what this would run ...", "plain")
        self._plan_timer.start()

    def _plan(self) -> None:
        project, experiment = self._session.project, self._experiment
        if project is not None and experiment is not None:
            work = lambda: api.plan_experiment(project, experiment, base=project.folder)  # noqa: E731
            self._session.ask("plan", work, self._on_planned, on_error=self._on_unplanned)

    def _on_planned(self, runs: list[api.PlannedRun]) -> None:
        self.plan.clear()
        for run in runs:
            state = "reused" if run.is_reused else f"goes on ({run.state})" if run.state else "new"
            item = QTreeWidgetItem([run.name, run.method, str(run.seed), state])
            item.setToolTip(0, "after " + ", ".join(run.needs) if run.needs else "needs nothing")
            self.plan.addTopLevelItem(item)
        n_new = sum(not run.is_reused for run in runs)
        self._say(f"{n_new} runs to do, {len(runs) - n_new} reused.", "good")
        self.launch_button.setEnabled(True)

    def _on_unplanned(self, error: Exception) -> None:
        self.plan.clear()
        if isinstance(error, WorkbenchError):
            self._say(str(error), "warn")
        else:
            self._session.report("The experiment was not planned", error)

    def _launch(self) -> None:
        project, experiment = self._session.project, self._experiment
        if project is not None and experiment is not None:
            self.launch_button.setEnabled(False)
            work = lambda: api.run_experiment(project, experiment, base=project.folder)  # noqa: E731
            self._session.ask("launch", work, self._on_launched, title="The experiment was not launched")

    def _on_launched(self, jobs: list[Any]) -> None:
        self._session.tell(f"{len(jobs)} runs are in the queue or done.", "good")
        self._session.look()
        self.closed.emit()

    def _save(self, path: str) -> None:
        experiment = self._experiment
        if path and experiment is not None:
            target = Path(path).with_suffix(".yaml")
            told = lambda _none: self._session.tell(f"Saved {target.name}.", "good")  # noqa: E731
            self._session.ask("save-experiment", lambda: api.write_experiment(experiment, target), told)

    def load(self, path: str) -> None:
        """Fills the form from an experiment file."""
        if path:
            self._session.ask("read-experiment", lambda: api.read_experiment(Path(path)), self.show_experiment)

    def show_experiment(self, experiment: Experiment) -> None:
        """Fills the form from an experiment."""
        values = experiment.to_file()
        self.general.set_values(values)
        for name, sheet in (("sampling", self.sampling), ("reward", self.reward), ("budget", self.budget)):
            sheet.set_values(values.get(name, {}))
        stage = values["sft"] if isinstance(values.get("sft"), dict) else {}
        self._sft_dataset = {name: value for name, value in stage.items() if name == "dataset"}
        self.sft_on.setChecked(bool(values.get("sft")))
        self.sft.set_values(stage)
        for form in list(self.arms):
            self._remove_arm(form.sheet)
        for arm in values["arms"]:
            self.add_arm(arm["method"], arm["name"]).set_values(arm)
        self.check()

    def _remove_arm(self, sheet: SettingsSheet) -> None:
        self.arms = [form for form in self.arms if form.sheet is not sheet]
        self._arm_list.removeWidget(sheet)
        sheet.deleteLater()
        self.check()

    def _say(self, sentence: str, tone: str) -> None:
        self.said.setText(sentence)
        set_tone(self.said, tone)

    def _sheets(self) -> list[SettingsSheet]:
        return [self.general, self.sampling, self.reward, self.budget, self.sft, *(form.sheet for form in self.arms)]

    def _filter(self) -> None:
        for sheet in self._sheets():
            sheet.filter(self.search.text(), advanced=self.advanced.isChecked())

    def _choose_preset(self) -> None:
        preset = self.general.fields["preset"].editor.currentText()
        for sheet in self._sheets()[1:]:
            sheet.use_preset(preset)

    def _ask_for_file(self, *, to_save: bool) -> None:
        dialog = QFileDialog(self, "Save as YAML" if to_save else "Open YAML", "", _YAML)
        mode = QFileDialog.AcceptMode.AcceptSave if to_save else QFileDialog.AcceptMode.AcceptOpen
        dialog.setAcceptMode(mode)
        dialog.fileSelected.connect(self._save if to_save else self.load)
        dialog.open()

    def _connect(self) -> None:
        self._plan_timer.setSingleShot(True)
        self._plan_timer.setInterval(_PLAN_MS)
        self._plan_timer.timeout.connect(self._plan)
        for sheet in (self.general, self.sampling, self.reward, self.budget, self.sft):
            sheet.changed.connect(self.check)
        self.sft_on.toggled.connect(self.sft.setVisible)
        self.sft_on.toggled.connect(self.check)
        self.general.fields["preset"].changed.connect(self._choose_preset)
        self.search.textChanged.connect(lambda _text: self._filter())
        self.advanced.toggled.connect(lambda _on: self._filter())

    def _build(self) -> None:
        self.launch_button = button("Launch", self._launch, role="primary", tip="Puts the runs into the queue")
        self.save_button = button("Save as YAML", lambda: self._ask_for_file(to_save=True))
        self.plan.setHeaderLabels(["stage", "method", "seed", "what happens"])
        self.plan.setRootIsDecorated(False)
        self.plan.setAccessibleName("Plan")
        self.sft.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._head())
        halves = QHBoxLayout()
        halves.addWidget(self._settings(), 3)
        halves.addWidget(self._plan_card(), 2)
        layout.addLayout(halves, 1)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.addWidget(label("New experiment", "page-title"))
        head.addStretch(1)
        head.addWidget(self.search)
        head.addWidget(self.advanced)
        head.addWidget(button("Open YAML", lambda: self._ask_for_file(to_save=False)))
        head.addWidget(self.save_button)
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
        more.addWidget(label("Several values, as 0.05, 0.1, make several arms.", "muted"))
        more.addStretch(1)
        inside.addLayout(more)
        inside.addWidget(self.reward)
        inside.addWidget(self.sampling)
        inside.addWidget(self.budget)
        inside.addStretch(1)
        area = QScrollArea(objectName="ground", widgetResizable=True)
        area.setWidget(inner)
        return area

    def _plan_card(self) -> Card:
        card = Card("Plan")
        card.body.addWidget(self.said)
        card.body.addWidget(self.plan, 1)
        card.body.addWidget(self.launch_button)
        return card
