"""Where things are kept, and what lies there now."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout

from workbench import api
from workbench.ui.opening import open_folder
from workbench.ui.session import Session
from workbench.ui.settings.card import PreferenceCard
from workbench.ui.widgets import button, label

_OWN = {"preferences": "Preferences", "log": "Log of the window"}


class FoldersCard(PreferenceCard):
    """Asks for the folders of new projects and downloads; shows where the program keeps its own files."""

    words = "directory place disk cache projects hub log preferences"

    def __init__(self, session: Session) -> None:
        super().__init__(
            "Folders", "what is in a folder stays there when another is chosen", "folders", session.preferences
        )
        self._session = session
        self._places = {name: "" for name in _OWN}
        self.places = {name: label("", "muted", wraps=True, selectable=True) for name in _OWN}
        for name, title in _OWN.items():
            self._add_place(name, title)
        session.preferences.changed.connect(lambda _preferences: self.refresh())

    def refresh(self) -> None:
        """Asks what the folders hold; a large cache takes seconds to add up."""
        self._session.ask("window folders", api.list_folders, self._show, title="The folders were not read")

    def _show(self, folders: Sequence[api.FolderView]) -> None:
        for folder in folders:
            field = self.fields.get(f"folders.{folder.name}")
            if field is not None:
                field.stand_in(folder.path)
                field.say(f"It holds {folder.holds}.")
            elif folder.name in self.places:
                self._places[folder.name] = folder.path
                self.places[folder.name].setText(f"{folder.path}: {folder.holds}")

    def _add_place(self, name: str, title: str) -> None:
        row = QHBoxLayout()
        row.addWidget(label(title))
        row.addWidget(self.places[name], 1)
        show = button("Show", lambda: open_folder(Path(self._places[name])), tip="Opens the folder")
        show.setAccessibleName(f"Show the folder: {title.lower()}")
        row.addWidget(show)
        self.rows.addLayout(row)
