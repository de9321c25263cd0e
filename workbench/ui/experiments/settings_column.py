"""The settings of an experiment from top to bottom: start, data, judges, fine-tuning, arms, what arms share."""

from collections.abc import Generator, Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workbench.domain.drafts import DraftArm, ExperimentDraft
from workbench.domain.experiments import ArmMethod
from workbench.ui.experiments.field import SettingField
from workbench.ui.experiments.names import NameFields
from workbench.ui.experiments.pickers import JudgesPicker, NamePicker, Offer
from workbench.ui.experiments.sheet import ArmSheet, SettingsSheet
from workbench.ui.theme import Look
from workbench.ui.widgets import button, label

_GENERAL = (
    "name", "model", "dataset", "test_prompts", "judges", "heldout_reward", "seeds", "preset", "max_prompts",
    "max_validation_prompts", "best_of_n", "device", "processes", "accelerate_config",
    "trust_remote_code",
)  # fmt: skip
_NOTHING = object()  # is left to build


class SettingsColumn(QScrollArea):
    """Asks for everything that an experiment file may hold. It is empty until `build_next` has built all its cards.

    Signals:
        changed: the person set something, or another draft is shown.
        arm_dropped: the person took an arm out: its name, and the draft that still has it.
    """

    changed = Signal()
    arm_dropped = Signal(str, object)

    def __init__(self, look: Look) -> None:
        super().__init__(widgetResizable=True)
        self._look = look
        self.general: SettingsSheet
        self.sampling: SettingsSheet
        self.reward: SettingsSheet
        self.budget: SettingsSheet
        self.sft: SettingsSheet
        self.sft_on: QCheckBox
        self.arms: list[ArmSheet] = []
        self._words, self._advanced = "", False
        self._is_filling = True  # until all of it is there
        self._reward_offers: list[Offer] = []
        inside = QWidget(self)
        self._arm_list, self._inside = QVBoxLayout(), QVBoxLayout(inside)
        self._inside.setContentsMargins(0, 0, 6, 0)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setAccessibleName("Settings of the experiment")
        self.setWidget(inside)
        for ground in (self.viewport(), inside):
            ground.setAutoFillBackground(False)  # what lies behind is the ground already
        self._parts = self._build_parts()

    def dressed(self) -> list[QWidget]:
        """Returns what wears the style sheet: every card, and the little that is around them."""
        cards = self.widget().findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return [self.verticalScrollBar(), self.horizontalScrollBar(), *cards]

    def build_next(self) -> bool:
        """Builds a little more, which takes up to a hundredth of a second; says whether there was more to build."""
        return next(self._parts, _NOTHING) is not _NOTHING

    @property
    def starts_from_scratch(self) -> bool:
        """Says whether the base model needs no weights."""
        return self.sft_on.isChecked() and bool(self.sft.values().get("from_scratch"))

    def draft(self) -> ExperimentDraft:
        """Returns what stands in it, right or wrong."""
        return ExperimentDraft(
            general=self.general.values(),
            stages={name: sheet.values() for name, sheet in self._stages().items()},
            fine_tunes=self.sft_on.isChecked(),
            arms=tuple(arm.draft() for arm in self.arms),
        )

    def show_draft(self, draft: ExperimentDraft) -> None:
        """Fills it."""
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
        self.filter(self._words, advanced=self._advanced)
        self._is_filling = False
        self.changed.emit()

    def add_arm(self, method: ArmMethod, name: str = "") -> ArmSheet:
        """Adds an arm; several values of a setting, separated by commas, make several arms of it."""
        for _ in self._adding_arm(method, name):
            pass
        return self.arms[-1]

    def _adding_arm(self, method: ArmMethod, name: str = "") -> Iterator[None]:
        sheet = ArmSheet(name or self._free_arm_name(method), method)
        sheet.setParent(self)  # it goes with the form, also before it has its place
        yield from sheet.building()
        sheet.use_preset(self._preset())
        sheet.filter(self._words, advanced=self._advanced)
        yield
        sheet.removed.connect(lambda: self._drop_arm(sheet))
        sheet.doubled.connect(lambda: self._double(sheet))
        sheet.changed.connect(self._on_changed)
        self._dressed(sheet)
        yield
        sheet.offer_rewards(self._reward_offers)  # they may have changed meanwhile
        self.arms.append(sheet)
        self._arm_list.addWidget(sheet)
        self._on_changed()

    def offer_rewards(self, offers: list[Offer]) -> None:
        """Changes what may be picked as a term of the reward, in every arm that has one."""
        self._reward_offers = offers
        for arm in self.arms:
            arm.offer_rewards(offers)

    def filter(self, words: str, *, advanced: bool) -> bool:
        """Shows the settings that are meant by the words; cards without any are hidden. Says whether any is left."""
        self._words, self._advanced = words, advanced
        any_found = False
        for sheet in self._sheets():
            found = sheet.filter(words, advanced=advanced)
            is_shown = (found or not words) and (sheet is not self.sft or self.sft_on.isChecked())
            sheet.setVisible(is_shown)
            any_found |= is_shown
        return any_found

    def show_stage(self, method: str, name: str) -> None:
        """Brings the settings of a stage of the plan into sight; an evaluation's are the sampling."""
        shared = {"sft": self.sft, "reward": self.reward, "evaluate": self.sampling, "best_of_n": self.general}
        sheet = shared.get(method, self.general)
        if method in ("ppo", "dpo"):
            sheet = next((arm for arm in self.arms if name in _names(arm.draft())), self.general)
        self.ensureWidgetVisible(sheet, 0, 40)
        sheet.focus_first()

    def name_fields(self) -> NameFields:
        """Returns the fields that hold names."""
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

    def reward_fields(self) -> list[SettingField]:
        """Returns the fields in which arms say what they are rewarded by."""
        return [arm.fields["rewards"] for arm in self.arms if "rewards" in arm.fields]

    def _on_changed(self) -> None:
        if not self._is_filling:
            self.changed.emit()

    def _on_sft_changed(self) -> None:
        self.filter(self._words, advanced=self._advanced)
        self._on_changed()

    def _double(self, sheet: ArmSheet) -> None:
        draft = sheet.draft()
        self.add_arm(draft.method, f"{draft.name} copy").set_values(draft.settings)

    def _drop_arm(self, sheet: ArmSheet) -> None:
        before = self.draft()
        self._remove_arm(sheet)
        self.arm_dropped.emit(sheet.name, before)

    def _remove_arm(self, sheet: ArmSheet) -> None:
        self.arms.remove(sheet)
        self._arm_list.removeWidget(sheet)
        sheet.hide()
        sheet.deleteLater()
        self._on_changed()

    def _free_arm_name(self, method: str) -> str:
        taken = {arm.name for arm in self.arms}
        names = (method, *(f"{method} {n}" for n in range(2, len(taken) + 3)))
        return next(name for name in names if name not in taken)

    def _stages(self) -> dict[str, SettingsSheet]:
        return {"sampling": self.sampling, "reward": self.reward, "budget": self.budget, "sft": self.sft}

    def _sheets(self) -> list[SettingsSheet]:
        return [self.general, *self._stages().values(), *self.arms]

    def _preset(self) -> str:
        return str((self.general.values().get("preset") or ["standard"])[0])

    def _choose_preset(self) -> None:
        for sheet in self._sheets()[1:]:
            sheet.use_preset(self._preset())

    def _build_parts(self) -> Iterator[None]:
        self.general = yield from self._place(SettingsSheet("Experiment", "experiment", _GENERAL, _pickers()))
        self.sft_on = QCheckBox("Fine-tune first, so that all arms start from there")
        self._inside.addWidget(self._dressed(self.sft_on))
        self.sft = yield from self._place(SettingsSheet("Fine-tuning first", "sft", pickers={"dataset": NamePicker()}))
        self.sft.hide()
        self._inside.addLayout(self._arm_list)
        for method in ("ppo", "dpo"):
            yield from self._adding_arm(method)
            yield
        self._inside.addWidget(self._dressed(self._arm_buttons()))
        reward = SettingsSheet("Reward model", "reward", pickers={"model": NamePicker(browses=True)})
        self.reward = yield from self._place(reward)
        self.sampling = yield from self._place(SettingsSheet("Sampling", "sampling"))
        self.budget = yield from self._place(SettingsSheet("Budget", "budget"))
        self._inside.addStretch(1)
        self._connect()
        self._is_filling = False

    def _place(self, sheet: SettingsSheet) -> Generator[None, None, SettingsSheet]:
        sheet.setParent(self)
        yield from sheet.building()
        self._dressed(sheet)
        yield
        self._inside.addWidget(sheet)
        yield
        return sheet

    def _connect(self) -> None:
        for sheet in (self.general, self.sampling, self.reward, self.budget):
            sheet.changed.connect(self._on_changed)
        self.sft.changed.connect(self._on_changed)
        self.sft_on.toggled.connect(lambda _on: self._on_sft_changed())
        self.general.fields["preset"].changed.connect(self._choose_preset)

    def _dressed(self, card: QWidget) -> QWidget:
        card.setStyleSheet(self._look.sheet())
        return card

    def _arm_buttons(self) -> QWidget:
        foot = QWidget()
        more = QHBoxLayout(foot)
        more.setContentsMargins(0, 0, 0, 0)
        more.addWidget(button("Add PPO", lambda: self.add_arm("ppo")))
        more.addWidget(button("Add DPO", lambda: self.add_arm("dpo")))
        more.addWidget(label("Several values, as 0.05, 0.1, make several arms.", "muted", wraps=True), 1)
        return foot


def _pickers() -> dict[str, NamePicker | JudgesPicker]:
    return {
        "model": NamePicker(browses=True),
        "dataset": NamePicker(),
        "test_prompts": NamePicker(),
        "judges": JudgesPicker(),
    }


def _names(arm: DraftArm) -> list[str]:
    return [str(made["name"]) for made in arm.expanded()]
