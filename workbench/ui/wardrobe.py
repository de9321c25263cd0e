"""The style sheet on the parts of the window, changed one part at a time."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from workbench.ui.page import Page
from workbench.ui.theme import Look
from workbench.ui.turns import Turns


class Wardrobe(QObject):
    """Dresses each part of a window in the sheet of the look, those in sight first.

    Parts, not the application: under a sheet of the application's, everything is polished anew each time that it is put into
    something larger, so that a page takes three times as long to build; and a change of the look would dress all pages at
    once, which takes a quarter of a second. Large pages name parts of their own, which are dressed in turns.
    """

    def __init__(self, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._sheet = look.sheet()
        self._parts: list[QWidget] = []
        self._held: QWidget | None = None
        self._turns = Turns(self)
        self._soon = QTimer(self, singleShot=True, interval=0)  # after those who draw themselves anew
        self._soon.timeout.connect(lambda: self._turns.start(self._dressing()))
        look.changed.connect(self._on_look_changed)

    def add(self, *parts: QWidget) -> None:
        """Dresses parts, now and whenever the look changes."""
        self._parts += parts
        for part in parts:
            for piece in _pieces(part):
                self._dress(piece)

    def drop(self, part: QWidget) -> None:
        """Forgets a part that is going to be deleted."""
        self._parts.remove(part)
        if part is self._held:
            self._held = None

    def dress(self, part: QWidget) -> None:
        """Dresses a part that comes into sight, where it does not wear the look of now; what it hides has time."""
        for piece in _pieces(part):
            if piece.isVisibleTo(part):
                self._dress(piece)

    def _dress(self, piece: QWidget) -> None:
        if piece.styleSheet() != self._sheet:
            piece.setStyleSheet(self._sheet)

    def _on_look_changed(self, _scheme: object) -> None:
        self._sheet = self._look.sheet()
        self._hold(self._in_order()[0] if self._parts else None)  # or it would be painted twice
        self._soon.start()

    def _dressing(self) -> Iterator[None]:
        for part in self._in_order():
            if part in self._parts:  # it may have been dropped meanwhile
                yield from self._dressing_part(part)

    def _in_order(self) -> list[QWidget]:
        """Returns the parts in sight, the page before all, then the others."""
        return sorted(self._parts, key=lambda part: (not part.isVisible(), not isinstance(part, Page)))

    def _dressing_part(self, part: QWidget) -> Iterator[None]:
        """Dresses a part piece by piece; what is seen changes at once."""
        self._hold(part)
        for piece in _pieces(part):
            self._dress(piece)
            yield
            if part not in self._parts:
                return
        self._hold(None)
        yield

    def _hold(self, part: QWidget | None) -> None:
        """Keeps one part from being painted, and no other."""
        if self._held is not None:
            self._held.setUpdatesEnabled(True)
        self._held = part
        if part is not None:
            part.setUpdatesEnabled(False)


def _pieces(part: QWidget) -> Sequence[QWidget]:
    return part.dressed() if isinstance(part, Page) else (part,)
