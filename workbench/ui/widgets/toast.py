"""Toasts: short news at the window's lower right that go by themselves."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QTimer, Signal
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from workbench.ui.widgets.controls import button, label, set_role

_SHOWN_MS = 6000
_WIDTH = 360
_MARGIN = 16
_MOST = 4


class Toast(QFrame):
    """One piece of news, with a way to the place it speaks of where there is one.

    Signals:
        over: the person went there, or has seen enough of it.
    """

    over = Signal()

    def __init__(self, sentence: str, tone: str, action: str, on_action: Callable[[], object] | None) -> None:
        super().__init__()
        set_role(self, "toast")
        self.setProperty("tone", tone)
        self.setAccessibleName(sentence)
        layout = QHBoxLayout(self)
        layout.addWidget(label(sentence, wraps=True), 1)
        if action and on_action is not None:
            way = button(action, on_action, role="link")
            way.clicked.connect(self.over)
            layout.addWidget(way)
        layout.addWidget(button("✕", self.over.emit, role="link", tip="Dismiss"))


class ToastArea(QWidget):
    """Stacks the toasts over a window's lower right corner; takes no place while there are none."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.setSpacing(8)
        self._toasts: list[Toast] = []
        over.installEventFilter(self)
        self.hide()

    def show_toast(
        self, sentence: str, tone: str = "plain", action: str = "", on_action: Callable[[], object] | None = None
    ) -> Toast:
        """Shows a sentence for a few seconds; of too many the oldest goes."""
        toast = Toast(sentence, tone, action, on_action)
        toast.over.connect(lambda: self._remove(toast))
        QTimer.singleShot(_SHOWN_MS, toast, lambda: self._remove(toast))
        self._toasts.append(toast)
        self._stack.addWidget(toast)
        toast.show()  # else it counts for nothing until the next turn of the event loop
        while len(self._toasts) > _MOST:
            self._remove(self._toasts[0])
        self.show()
        self._settle()
        return toast

    def dismiss(self, toast: Toast) -> None:
        """Takes a toast away that is out of date; nothing happens where it is gone."""
        self._remove(toast)

    def sentences(self) -> list[str]:
        """Returns what is shown now."""
        return [toast.accessibleName() for toast in self._toasts]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._settle()
        return super().eventFilter(watched, event)

    def _remove(self, toast: Toast) -> None:
        if toast in self._toasts:
            self._toasts.remove(toast)
            self._stack.removeWidget(toast)
            toast.deleteLater()
        self.setVisible(bool(self._toasts))
        self._settle()

    def _settle(self) -> None:
        width = min(_WIDTH, max(120, self._over.width() - 2 * _MARGIN))
        self._stack.invalidate()
        self.resize(width, self._stack.heightForWidth(width))  # adjustSize knows nothing of lines that wrap
        place = self.rect().translated(
            self._over.width() - self.width() - _MARGIN, self._over.height() - self.height() - _MARGIN
        )
        for taken in self._to_keep_clear():  # from the lowest up
            if place.intersects(taken):
                place.moveBottom(taken.top() - _MARGIN)
        self.move(place.left(), max(_MARGIN, place.top()))
        self.raise_()

    def _to_keep_clear(self) -> list[QRect]:
        """Returns where the buttons stand that a page is about, the lowest first."""
        buttons = [one for one in self._over.findChildren(QAbstractButton) if one.property("role") == "primary"]
        places = [QRect(one.mapTo(self._over, QPoint()), one.size()) for one in buttons if one.isVisible()]
        return sorted(places, key=lambda place: -place.top())
