"""Looks at a comparison below its charts, one at a time, under tabs."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

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

    def hold(self, card: QWidget) -> None:
        """Fills the tab with a card."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card)


_Kind = TypeVar("_Kind", bound=Tab)


class Deck(QWidget):
    """Makes and fills the tab in sight only: another one when it is turned to."""

    def __init__(self, makers: Mapping[type[Tab], Callable[[], Tab]]) -> None:
        super().__init__()
        self._kinds, self._makers = list(makers), makers
        self._made: dict[type[Tab], Tab] = {}
        self.bar, self._stack = QTabBar(self, autoHide=True, expanding=False, drawBase=False), QStackedWidget()
        self.bar.setAccessibleName("Looks at the comparison")
        self._shown: tuple[Comparison, Scheme, Collection[str]] | None = None
        self._filling = Turns(self)
        for kind in makers:
            self.bar.setTabToolTip(self.bar.addTab(kind.title), kind.tip)
        self._stack.setCurrentWidget(self.current)
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

    @property
    def current(self) -> Tab:
        """The tab in sight."""
        return self.tab(self._kinds[self.bar.currentIndex()])

    def tab(self, kind: type[_Kind]) -> _Kind:
        """Returns a tab, which is made when it is first wanted."""
        if kind not in self._made:
            self._made[kind] = tab = self._makers[kind]()
            self._stack.addWidget(tab)
        found = self._made[kind]
        assert isinstance(found, kind)
        return found

    def turn_to(self, title: str) -> None:
        """Brings a tab into sight; a title that no tab has changes nothing."""
        titles = [kind.title for kind in self._kinds]
        if title in titles:
            self.bar.setCurrentIndex(titles.index(title))

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        """Shows a comparison in the tab in sight, and in others when they are turned to."""
        self._shown = comparison, scheme, hidden
        self._filling.stop()
        yield from self.current.showing(comparison, scheme, hidden)

    def _turn(self, by: int) -> None:
        self.bar.setCurrentIndex((self.bar.currentIndex() + by) % len(self._kinds))

    def _on_turned(self, _place: int) -> None:
        self._stack.setCurrentWidget(self.current)
        if self._shown is not None:
            self._filling.start(self.current.showing(*self._shown))
