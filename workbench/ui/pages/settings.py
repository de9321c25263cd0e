"""Settings: what a person prefers on this computer, whatever project is open."""

from collections.abc import Callable, Iterator
from typing import TypeVar

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
from workbench.ui.turns import Turns
from workbench.ui.widgets import button, label
from workbench.ui.widgets.controls import add_action

_WIDTH = 900
_SEARCH_WIDTH = 260


_Kind = TypeVar("_Kind", bound=Section)


class SettingsPage(Page):
    """Asks for everything that a person may prefer; each change holds at once and is kept.

    Its cards are made in turns, so that the window answers meanwhile; one that is wanted earlier is made at once.
    """

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self._makers: dict[type[Section], Callable[[], Section]] = {
            LookCard: lambda: LookCard(session.preferences, look),
            DevicesCard: lambda: DevicesCard(session),
            FoldersCard: lambda: FoldersCard(session),
            TokenCard: lambda: TokenCard(session),
            JudgesCard: lambda: JudgesCard(session),
            ShortcutsCard: lambda: ShortcutsCard(session),
        }
        self._made: dict[type[Section], Section] = {}
        self._making = Turns(self)
        self.search = QLineEdit(placeholderText="Search settings and shortcuts", clearButtonEnabled=True)
        self.search.setAccessibleName("Search settings and shortcuts")
        self._none = label("", "muted")
        self._area = QScrollArea(objectName="ground", widgetResizable=True)
        self._cards, self._links = QVBoxLayout(), QHBoxLayout()
        self._place()
        self.search.textChanged.connect(self._filter)
        add_action(self, "Search settings", "Ctrl+F", self._find)

    @property
    def look_card(self) -> LookCard:
        """How everything looks."""
        return self._section(LookCard)

    @property
    def devices(self) -> DevicesCard:
        """What runs may use."""
        return self._section(DevicesCard)

    @property
    def folders(self) -> FoldersCard:
        """Where projects and models lie."""
        return self._section(FoldersCard)

    @property
    def token(self) -> TokenCard:
        """The hub's token."""
        return self._section(TokenCard)

    @property
    def judges(self) -> JudgesCard:
        """The endpoints that judge."""
        return self._section(JudgesCard)

    @property
    def shortcuts(self) -> ShortcutsCard:
        """The keys of every command."""
        return self._section(ShortcutsCard)

    @property
    def is_done(self) -> bool:
        """Says whether every card is made."""
        return len(self._made) == len(self._makers)

    def sections(self) -> tuple[Section, ...]:
        """Returns the parts of the page, from top to bottom; makes those that are not made yet."""
        return tuple(self._section(kind) for kind in self._makers)

    def arrive(self) -> None:
        for section in self._made.values():
            section.refresh()
        self._making.start(self._make_cards())

    def go_to(self, what: str) -> None:
        """Scrolls to a section: the shortcuts, or the judges."""
        known: dict[str, type[Section]] = {"shortcuts": ShortcutsCard, "judges": JudgesCard}
        if what in known:
            self._show_section(known[what])

    def _make_cards(self) -> Iterator[bool]:
        for kind in self._makers:
            if kind not in self._made:
                self._section(kind)
                yield True

    def _section(self, kind: type[_Kind]) -> _Kind:
        if kind not in self._made:
            section = self._made[kind] = self._makers[kind]()
            order = [known for known in self._makers if known in self._made]
            self._cards.insertWidget(order.index(kind), section)
            self._links.insertWidget(order.index(kind), self._link(kind, section.title()))
            section.refresh()
        found = self._made[kind]
        assert isinstance(found, kind)
        return found

    def _link(self, kind: type[Section], title: str) -> QWidget:
        go = button(title, lambda: self._show_section(kind), role="link")
        go.setAccessibleName(f"Go to {title}")
        return go

    def _find(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def _filter(self, words: str) -> None:
        found = [section for section in self.sections() if section.search(words.strip())]
        self._none.setText("" if found else f"Nothing is called “{words.strip()}”.")
        self._none.setVisible(not found)

    def _show_section(self, kind: type[Section]) -> None:
        self.search.clear()
        section = self.sections()[list(self._makers).index(kind)]  # those above it decide where it is
        QTimer.singleShot(0, self, lambda: self._area.verticalScrollBar().setValue(section.y()))

    def hideEvent(self, event: QHideEvent) -> None:
        if TokenCard in self._made:
            self.token.field.clear()  # half a secret is not left lying there
        if JudgesCard in self._made:
            self.judges.secret.clear()
        super().hideEvent(event)

    def _place(self) -> None:
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, 6, 0)
        inside.setSpacing(12)
        inside.addWidget(self._none)
        self._cards.setSpacing(12)
        inside.addLayout(self._cards)
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
        bar.addLayout(self._links)
        bar.addStretch(1)
        bar.addWidget(self.search, 1)
        return bar
