"""The menu bar: everything that can be done from anywhere, with its shortcut, and what the page in sight offers."""

from collections.abc import Callable, Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from workbench.ui.session import Session


def add_menu(bar: QMenuBar, title: str, *groups: Sequence[QAction | QMenu]) -> QMenu:
    """Adds a menu; a line is drawn between its groups."""
    menu = bar.addMenu(title)
    for number, group in enumerate(groups):
        if number:
            menu.addSeparator()
        for entry in group:
            menu.addMenu(entry) if isinstance(entry, QMenu) else menu.addAction(entry)
    return menu


def add_living_menu(bar: QMenuBar, title: str, actions: Callable[[], Sequence[QAction]], if_none: str) -> QMenu:
    """Adds a menu whose actions are asked for each time it opens."""
    menu = bar.addMenu(title)

    def fill() -> None:
        menu.clear()
        menu.addActions([action for action in actions() if action.text()])
        if menu.isEmpty():
            menu.addAction(if_none).setEnabled(False)

    menu.aboutToShow.connect(fill)
    return menu


def recent_menu(session: Session, parent: QWidget) -> QMenu:
    """Makes the menu of the projects that were opened last, as they are whenever it opens."""
    menu = QMenu("Open &recent", parent)

    def fill() -> None:
        menu.clear()
        for folder in session.recent():
            action = menu.addAction(str(folder).replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, path=folder: session.open(path))
        if menu.isEmpty():
            menu.addAction("No project was opened yet").setEnabled(False)

    menu.aboutToShow.connect(fill)
    return menu
