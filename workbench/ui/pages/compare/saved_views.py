"""Saved views: kept under a name, chosen, renamed, deleted, and taken back."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu, QPushButton

from workbench import api
from workbench.ui.session import Session
from workbench.ui.widgets.controls import tip_words


class SavedViews(QPushButton):
    """Offers the project's views and keeps the one in sight.

    Signals:
        chosen: the view that the person wants to see.
    """

    chosen = Signal(object)

    def __init__(self, session: Session, shown: Callable[[], api.View]) -> None:
        super().__init__("Views")
        self.setToolTip("Keep what is shown under a name, or go back to what was kept")
        self._session = session
        self._shown = shown
        self._views: dict[str, api.View] = {}
        self._name = ""
        self._save_action = QAction("Save this view…", self)
        self._save_action.triggered.connect(self.ask_name)
        self._actions: dict[str, QAction] = {}
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self._fill()

    def read(self) -> None:
        """Reads the project's views anew."""
        project = self._session.project
        if project is not None:
            self._session.ask("compare views", lambda: api.list_views(project), self._on_read)

    def save(self, name: str) -> None:
        """Keeps the view in sight; what had the name before comes back by undo."""
        project, view = self._session.project, self._shown()
        if project is None or not name.strip():
            return
        name = name.strip()

        def undo(before: api.View | None) -> None:
            if before is None:
                api.delete_view(project, name)
            else:
                api.save_view(project, name, before)

        self._name = name
        self._session.history.do(
            f"Save view {name}", lambda: api.save_view(project, name, view), undo, lambda _before: self.read()
        )

    def rename(self, name: str, new: str) -> None:
        """Gives a view another name."""
        project, new = self._session.project, new.strip()
        if project is None or not new or new == name:
            return
        self._session.history.do(
            f"Rename view {name}",
            lambda: api.rename_view(project, name, new),
            lambda _done: api.rename_view(project, new, name),
            lambda _done: self.read(),
        )

    def delete(self, name: str) -> None:
        """Forgets a view."""
        project = self._session.project
        if project is not None:
            self._session.history.do(
                f"Delete view {name}",
                lambda: api.delete_view(project, name),
                lambda view: api.save_view(project, name, view),
                lambda _view: self.read(),
            )

    def ask_name(self) -> QInputDialog:
        """Asks under which name the view in sight is kept."""
        return self._ask("Save view", "Name", self._name or "my view", self.save)

    def commands(self) -> list[QAction]:
        """Returns what the command palette offers: an action stays the same as long as its view has its name."""
        return [self._save_action, *self._actions.values()]

    def _on_read(self, views: dict[str, api.View]) -> None:
        self._views = views
        known = self._actions
        self._actions = {name: known.pop(name) if name in known else self._show_action(name) for name in views}
        for gone in known.values():
            gone.deleteLater()
        self._fill()

    def _fill(self) -> None:
        self._menu.clear()
        for name, view in self._views.items():
            action = self._menu.addAction(_plain(name))
            action.triggered.connect(lambda _checked=False, name=name, view=view: self._choose(name, view))
        if not self._views:
            self._menu.addAction("No view is saved yet").setEnabled(False)
        self._menu.addSeparator()
        self._menu.addAction("Save this view…").triggered.connect(self.ask_name)
        self._menu.addAction("Everything as it was at first").triggered.connect(lambda: self._choose("", api.View()))
        for title, work in (("Rename", self._ask_new_name), ("Delete", self.delete)):
            menu = self._menu.addMenu(title)
            menu.setEnabled(bool(self._views))
            for name in self._views:
                menu.addAction(_plain(name)).triggered.connect(lambda _checked=False, name=name, work=work: work(name))

    def _show_action(self, name: str) -> QAction:
        action = QAction(f"Show view {name}", self)
        action.triggered.connect(lambda: self._choose(name, self._views[name]))
        return action

    def _choose(self, name: str, view: api.View) -> None:
        self._name = name
        self.chosen.emit(view)

    def _ask_new_name(self, name: str) -> QInputDialog:
        return self._ask("Rename view", tip_words(f"New name of {name}"), name, lambda new: self.rename(name, new))

    def _ask(self, title: str, words: str, text: str, work: Callable[[str], None]) -> QInputDialog:
        dialog = QInputDialog(self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(title)
        dialog.setLabelText(words)
        dialog.setTextValue(text)
        dialog.textValueSelected.connect(work)
        dialog.open()
        return dialog


def _plain(name: str) -> str:
    return name.replace("&", "&&")
