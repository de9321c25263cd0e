"""Looks at a comparison below its charts, one at a time, under tabs."""

from collections.abc import Collection, Iterator, Sequence

from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from workbench.compare import Comparison
from workbench.ui.theme import Scheme
from workbench.ui.turns import Turns
from workbench.ui.widgets import add_action


class Tab(QWidget):
    """One look at a comparison: `title` stands on its tab, `tip` says what it answers."""

    title: str
    tip: str

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        """Shows the arms that are not hidden, piece by piece."""
        raise NotImplementedError


class Deck(QWidget):
    """Fills the tab in sight only: another one is filled when it is turned to."""

    def __init__(self, tabs: Sequence[Tab]) -> None:
        super().__init__()
        self.tabs = tabs
        self.bar, self._stack = QTabBar(self, autoHide=True, expanding=False, drawBase=False), QStackedWidget()
        self.bar.setAccessibleName("Looks at the comparison")
        self._shown: tuple[Comparison, Scheme, Collection[str]] | None = None
        self._filling = Turns(self)
        for tab in tabs:
            self._stack.addWidget(tab)
            self.bar.setTabToolTip(self.bar.addTab(tab.title), tab.tip)
        add_action(self, "Next table", "Ctrl+PgDown", lambda: self._turn(1))
        add_action(self, "Previous table", "Ctrl+PgUp", lambda: self._turn(-1))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.bar)
        layout.addWidget(self._stack, 1)
        self.bar.currentChanged.connect(self._on_turned)

    @property
    def is_done(self) -> bool:
        """Says whether the tab in sight is filled."""
        return self._filling.is_done

    def turn_to(self, title: str) -> None:
        """Brings a tab into sight."""
        self.bar.setCurrentIndex([tab.title for tab in self.tabs].index(title))

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        """Shows a comparison in the tab in sight, and in others when they are turned to."""
        self._shown = comparison, scheme, hidden
        self._filling.stop()
        yield from self.tabs[self._stack.currentIndex()].showing(comparison, scheme, hidden)

    def _turn(self, by: int) -> None:
        self.bar.setCurrentIndex((self.bar.currentIndex() + by) % len(self.tabs))

    def _on_turned(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        if self._shown is not None:
            self._filling.start(self.tabs[place].showing(*self._shown))
