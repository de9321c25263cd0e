"""The settings of one group in a card: plain ones first, advanced ones when asked for, found by a search."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit

from workbench import api
from workbench.domain.drafts import DraftArm
from workbench.domain.experiments import ArmMethod
from workbench.ui.experiments.field import SettingField
from workbench.ui.experiments.pickers import JudgesPicker, NamePicker, Offer
from workbench.ui.widgets import Card, button

_AT_ONCE = 8  # fields: they take some five milliseconds
_METHODS = {"ppo": "PPO", "dpo": "DPO"}


class SettingsSheet(Card):
    """A form made from a recipe's declaration. It is empty until `building` has been gone through.

    Signals:
        changed: the person set something.
    """

    changed = Signal()

    def __init__(
        self,
        title: str,
        group: str,
        names: Collection[str] = (),
        pickers: Mapping[str, NamePicker | JudgesPicker] | None = None,
    ) -> None:
        super().__init__(title)
        self._group, self._names, self._pickers = group, names, pickers or {}
        self.fields: dict[str, SettingField] = {}
        for picker in self._pickers.values():
            picker.setParent(self)  # it goes with the sheet, also before it has its field

    def building(self) -> Iterator[None]:
        """Makes the fields, of which there is none before, a few at a time."""
        views = [view for view in api.list_settings(self._group) if view.kind != "group"]
        for view in views:
            if not self._names or view.name in self._names:
                self.fields[view.name] = made = SettingField(view, self._pickers.get(view.name), self)
                self.body.addWidget(made)
                made.changed.connect(self.changed)
                if len(self.fields) % _AT_ONCE == 0:
                    yield
        widest = max(made.unit.sizeHint().width() for made in self.fields.values())
        for made in self.fields.values():
            made.unit.setFixedWidth(widest)  # so that the editors end at one line
        self.filter("", advanced=False)

    def values(self) -> dict[str, list[Any]]:
        """Returns what was set, by setting."""
        found = {name: made.values() for name, made in self.fields.items()}
        return {name: values for name, values in found.items() if values}

    def set_values(self, values: Mapping[str, list[Any]]) -> None:
        """Sets these settings, and the rest to its defaults."""
        for name, made in self.fields.items():
            made.set_values(values.get(name, []))

    def use_preset(self, preset: str) -> None:
        """Shows the preset's values where nothing is set."""
        for made in self.fields.values():
            made.use_preset(preset)

    def filter(self, words: str, *, advanced: bool) -> bool:
        """Shows the settings that are meant by the words; changed ones are never hidden among the advanced.

        Returns:
            Whether any is shown.
        """
        for made in self.fields.values():
            wanted = advanced or bool(words) or not made.setting.advanced or bool(made.values())
            made.setVisible(wanted and made.is_found(words))
        return any(not made.isHidden() for made in self.fields.values())

    def focus_first(self) -> None:
        """Puts the cursor into the first setting that is shown."""
        shown = [made for made in self.fields.values() if not made.isHidden()]
        if shown:
            shown[0].editor.setFocus(Qt.FocusReason.OtherFocusReason)


class ArmSheet(SettingsSheet):
    """An arm: its name, which may be changed, and its method's settings.

    Signals:
        removed: the person wants to be rid of it.
        doubled: the person wants another one like it.
    """

    removed = Signal()
    doubled = Signal()

    def __init__(self, name: str, method: ArmMethod) -> None:
        self.method = method
        self.name_line = QLineEdit(name)
        self._rewards = _rewards_picker() if method == "ppo" else None
        super().__init__("Arm", method, pickers={"rewards": self._rewards} if self._rewards is not None else None)
        self.set_subtitle(_METHODS[method])
        self.name_line.setAccessibleName("Name of the arm")
        self.name_line.setToolTip("How charts and tables call it")
        self.name_line.textChanged.connect(lambda _text: self._on_named())
        self.corner.addWidget(self.name_line)
        self.corner.addWidget(
            button("Duplicate", self.doubled.emit, role="link", tip="Adds another arm with these settings")
        )
        self.corner.addWidget(button("Remove", self.removed.emit, role="link", tip="Takes this arm out"))
        self._on_named()

    @property
    def name(self) -> str:
        """What the person calls the arm."""
        return self.name_line.text().strip()

    def offer_rewards(self, offers: Sequence[Offer]) -> None:
        """Changes what may be picked as a term of the reward."""
        if self._rewards is not None:
            self._rewards.offer(offers)

    def draft(self) -> DraftArm:
        """Returns what stands in it."""
        return DraftArm(name=self.name, method=self.method, settings=self.values())

    def _on_named(self) -> None:
        self.setAccessibleName(f"Arm {self.name}")
        self.changed.emit()


def _rewards_picker() -> JudgesPicker:
    return JudgesPicker("Adds a term to the reward; a weight goes before it, as 0.5*vader", keeps_default=True)
