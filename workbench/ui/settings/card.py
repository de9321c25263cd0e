"""A card of preferences: the fields of one group."""

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout

from workbench import api
from workbench.ui.preferences import PreferenceStore
from workbench.ui.settings.field import PreferenceField
from workbench.ui.widgets import Card

_FOLDERS = "folders"


class Section(Card):
    """A part of the Settings page that a search may hide. Its own words are in `words`."""

    words = ""

    def search(self, words: str) -> bool:
        """Shows what a search means, and says whether that is anything."""
        found = words.casefold() in f"{self.title()} {self.words}".casefold()
        self.setVisible(found)
        return found

    def refresh(self) -> None:
        """Looks anew at what lies outside the preferences; called when the page comes into sight."""


class PreferenceCard(Section):
    """Asks for the preferences of a group; `rows` takes what belongs there and is no plain preference.

    Args:
        title, subtitle: of the card.
        group: as look.
        store: where they are kept.
        without: names of those that are asked for otherwise.
    """

    def __init__(
        self, title: str, subtitle: str, group: str, store: PreferenceStore, without: Sequence[str] = ()
    ) -> None:
        super().__init__(title, subtitle)
        self._store = store
        self.rows = QVBoxLayout()
        self.fields = {
            view.name: self._field(view, group)
            for view in api.list_preferences(store.now)
            if view.setting.group == group and view.name not in without
        }
        self.body.addLayout(self.rows)
        store.changed.connect(self._on_changed)

    def search(self, words: str) -> bool:
        """Shows the fields that a search means; all of them where it means the card."""
        if super().search(words):
            found = set(self.fields)
        else:
            found = {name for name, field in self.fields.items() if field.is_found(words)}
        for name, field in self.fields.items():
            field.setVisible(name in found)
        self.setVisible(bool(found))
        return bool(found)

    def _field(self, view: api.PreferenceView, group: str) -> PreferenceField:
        made = PreferenceField(view, is_folder=group == _FOLDERS)
        made.edited.connect(lambda value: self._store.set(view.name, value))
        made.reset_wanted.connect(lambda: self._store.reset(view.name))
        self.rows.addWidget(made)
        return made

    def _on_changed(self, preferences: api.Preferences) -> None:
        for view in api.list_preferences(preferences):
            if view.name in self.fields:
                self.fields[view.name].show_value(view)
