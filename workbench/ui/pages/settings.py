"""Settings: what a person prefers on this computer, whatever project is open."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from workbench.ui.page import Page
from workbench.ui.session import Session
from workbench.ui.settings.card import Section
from workbench.ui.settings.devices import DevicesCard
from workbench.ui.settings.folders import FoldersCard
from workbench.ui.settings.judges import JudgesCard
from workbench.ui.settings.keys import ShortcutsCard
from workbench.ui.settings.look import LookCard
from workbench.ui.settings.token import TokenCard
from workbench.ui.theme import Look
from workbench.ui.widgets import button, label
from workbench.ui.widgets.controls import add_action

_WIDTH = 900
_SEARCH_WIDTH = 260


class SettingsPage(Page):
    """Asks for everything that a person may prefer; each change holds at once and is kept."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self.look_card = LookCard(session.preferences, look)
        self.devices = DevicesCard(session)
        self.folders = FoldersCard(session)
        self.token = TokenCard(session)
        self.judges = JudgesCard(session)
        self.shortcuts = ShortcutsCard(session)
        self.search = QLineEdit(placeholderText="Search settings and shortcuts", clearButtonEnabled=True)
        self.search.setAccessibleName("Search settings and shortcuts")
        self._none = label("", "muted")
        self._area = QScrollArea(objectName="ground", widgetResizable=True)
        self._place()
        self.search.textChanged.connect(self._filter)
        add_action(self, "Search settings", "Ctrl+F", self._find)

    def sections(self) -> tuple[Section, ...]:
        """Returns the parts of the page, from top to bottom."""
        return (self.look_card, self.devices, self.folders, self.token, self.judges, self.shortcuts)

    def arrive(self) -> None:
        for section in self.sections():
            section.refresh()

    def go_to(self, what: str) -> None:
        """Scrolls to a section: the shortcuts, or the judges."""
        known: dict[str, Section] = {"shortcuts": self.shortcuts, "judges": self.judges}
        if what in known:
            self._show_section(known[what])

    def _find(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def _filter(self, words: str) -> None:
        found = [section for section in self.sections() if section.search(words.strip())]
        self._none.setText("" if found else f"Nothing is called “{words.strip()}”.")
        self._none.setVisible(not found)

    def _show_section(self, section: Section) -> None:
        self.search.clear()
        QTimer.singleShot(0, self, lambda: self._area.verticalScrollBar().setValue(section.y()))

    def hideEvent(self, event: QHideEvent) -> None:
        for secret in (self.token.field, self.judges.secret):
            secret.clear()  # half a secret is not left lying there
        super().hideEvent(event)

    def _place(self) -> None:
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, 6, 0)
        inside.setSpacing(12)
        inside.addWidget(self._none)
        for section in self.sections():
            inside.addWidget(section)
        inside.addStretch(1)
        self._none.hide()
        self._area.setWidget(inner)
        self._area.setAccessibleName("Settings")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(self._bar())
        layout.addWidget(self._area, 1)

    def _bar(self) -> QHBoxLayout:
        self.search.setMinimumWidth(_SEARCH_WIDTH // 2)
        self.search.setMaximumWidth(_SEARCH_WIDTH)
        bar = QHBoxLayout()
        bar.addWidget(label("Settings", "page-title"))
        bar.addSpacing(12)
        for section in self.sections():
            go = button(section.title(), lambda section=section: self._show_section(section), role="link")
            go.setAccessibleName(f"Go to {section.title()}")
            bar.addWidget(go)
        bar.addStretch(1)
        bar.addWidget(self.search, 1)
        return bar
