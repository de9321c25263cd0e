"""What every page is: a widget with the session and the look, a name, and a way to ask for another page."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from workbench.ui.session import Session
from workbench.ui.theme import Look


class Page(QWidget):
    """One page of the window.

    Signals:
        page_wanted: the key of the page that the person asks for.
        new_wanted: the key of the page where the person wants to begin something new.
        thing_wanted: the key of a page, and what of it: a run by its id.
    """

    page_wanted = Signal(str)
    new_wanted = Signal(str)
    thing_wanted = Signal(str, str)

    def __init__(self, session: Session, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.look = look
        self.setObjectName("ground")

    def arrive(self) -> None:
        """Called each time the page comes into sight: the place to begin work."""

    def begin(self) -> None:
        """Called where the person asks for something new: the place to put the cursor into the first field."""

    def go_to(self, what: str) -> None:
        """Called where the person asks for one thing of the page: a run by its id."""

    def dressed(self) -> Sequence[QWidget]:
        """Returns what wears the style sheet: the page, or of a large page its parts, each of which is dressed in a turn.

        What lies around the parts does without the sheet, and so do dialogs and menus that are not children of a part.
        """
        return (self,)

    def commands(self) -> Sequence[QAction]:
        """Returns what the command palette offers while the page is in sight."""
        return self.actions()


@dataclass(frozen=True)
class PageSpec:
    """A page that the window offers; its module is loaded when it is first shown.

    Attributes:
        key: names it in settings and in `page_wanted`.
        title: in the rail.
        home: "module:Class" within `workbench.ui.pages`.
        tip: one sentence on what the page is for.
        needs_project: shown only while a project is open; the others only while none is.
        keys: its own shortcut. A page that has one is there with and without a project, at the rail's foot.
    """

    key: str
    title: str
    home: str
    tip: str = ""
    needs_project: bool = True
    keys: str = ""

    def is_offered(self, is_open: bool) -> bool:
        """Says whether the page can be shown while a project is open, or while none is."""
        return bool(self.keys) or self.needs_project == is_open

    @property
    def is_of_project(self) -> bool:
        """Says whether the page belongs to the open project and goes with it."""
        return self.needs_project and not self.keys

    def build(self, session: Session, look: Look) -> Page:
        """Makes the page."""
        page: Page = self.load()(session, look)
        return page

    def load(self) -> type[Page]:
        """Loads the page's module, which may take a second: a thread may do it ahead."""
        module, name = self.home.split(":")
        found: type[Page] = getattr(import_module(f"workbench.ui.pages.{module}"), name)
        return found
