"""The settings of one group in a card: plain ones first, advanced ones when asked for, found by a search."""

from collections.abc import Collection, Mapping
from typing import Any

from PySide6.QtCore import Signal

from workbench import api
from workbench.ui.experiments.field import SettingField
from workbench.ui.widgets import Card


class SettingsSheet(Card):
    """A form made from a recipe's declaration.

    Signals:
        changed: the person set something.
    """

    changed = Signal()

    def __init__(self, title: str, group: str, names: Collection[str] = ()) -> None:
        super().__init__(title)
        views = [view for view in api.list_settings(group) if view.kind != "group"]
        self.fields = {view.name: SettingField(view) for view in views if not names or view.name in names}
        for made in self.fields.values():
            self.body.addWidget(made)
            made.changed.connect(self.changed)
        self.filter("", advanced=False)

    def values(self) -> dict[str, list[Any]]:
        """Returns what was set, by setting."""
        found = {name: made.values() for name, made in self.fields.items()}
        return {name: values for name, values in found.items() if values}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Sets what an experiment file names, and the rest to its defaults."""
        for name, made in self.fields.items():
            if name in values:
                made.set_value(values[name])
            else:
                made.reset()

    def use_preset(self, preset: str) -> None:
        """Shows the preset's values where nothing is set."""
        for made in self.fields.values():
            made.use_preset(preset)

    def filter(self, words: str, *, advanced: bool) -> None:
        """Shows the settings that are meant by the words; changed ones are never hidden among the advanced."""
        for made in self.fields.values():
            wanted = advanced or bool(words) or not made.setting.advanced or bool(made.values())
            made.setVisible(wanted and made.is_found(words))
