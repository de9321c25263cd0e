"""Labels, buttons and shortcuts, each in one call."""

from collections.abc import Callable

from PySide6.QtGui import QAction, QKeySequence, QPaintEvent, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QLabel, QPushButton, QSizePolicy, QStylePainter, QWidget

_WORTH_READING = 0.35  # of a line: less than that says nothing
_INSIDE = 7  # pixels, as the style sheet gives to choices


class ElidedLabel(QLabel):
    """A line of text that ends in three dots where there is no room for all of it, and is left out where next to none is."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.width() < _WORTH_READING * self.fontMetrics().horizontalAdvance(self.text()):
            return
        painter = QStylePainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawItemText(
            self.rect(), self.alignment(), self.palette(), self.isEnabled(), text, self.foregroundRole()
        )


def set_role(widget: QWidget, role: str) -> None:
    """Names what the widget is to the style sheet."""
    widget.setProperty("role", role)


def change_role(widget: QWidget, role: str) -> None:
    """Gives a widget that is shown already another name to the style sheet."""
    set_role(widget, role)
    _dress_anew(widget)


def set_tone(widget: QWidget, tone: str) -> None:
    """Colours a widget that is shown already: plain, good, warn or bad."""
    widget.setProperty("tone", tone)
    _dress_anew(widget)


def _dress_anew(widget: QWidget) -> None:
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def label(text: str = "", role: str = "", *, wraps: bool = False, selectable: bool = False) -> QLabel:
    """Makes a label; its text is shown as it is, never read as markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wraps)
    if role:
        set_role(made, role)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def counted(n: int, thing: str) -> str:
    """Returns a number of things in words: 1 run, 2 runs."""
    return f"{n:,} {thing}" if n == 1 else f"{n:,} {thing}s"


def tip_words(words: str) -> str:
    """Returns words for a tooltip that shows them as they are: a name or a message may look like markup."""
    return Qt.convertFromPlainText(words, Qt.WhiteSpaceMode.WhiteSpaceNormal) if words else ""


def button(text: str, on_click: Callable[[], object], *, role: str = "", tip: str = "") -> QPushButton:
    """Makes a button that calls `on_click`; its tooltip is its accessible description."""
    made = QPushButton(text)
    if role:
        set_role(made, role)
    made.setToolTip(tip)
    made.setAccessibleDescription(tip)
    made.clicked.connect(lambda _checked=False: on_click())
    return made


def keep_off(box: QAbstractSpinBox) -> None:
    """Keeps the text of a spin box off its border: where it begins, Qt does not ask the style sheet."""
    box.lineEdit().setTextMargins(_INSIDE, 0, 0, 0)


def add_action(
    widget: QWidget, words: str, keys: str, work: Callable[[], object], *, only_here: bool = False
) -> QAction:
    """Lets a widget do something by a shortcut, and by its name in the command palette.

    Args:
        widget: that offers it.
        words, keys, work: what it is called, its shortcut, what it does.
        only_here: the keys mean this only while the widget has the focus, else in the whole window.
    """
    action = QAction(words, widget)
    action.setShortcut(QKeySequence(keys))
    scope = Qt.ShortcutContext.WidgetShortcut if only_here else Qt.ShortcutContext.WindowShortcut
    action.setShortcutContext(scope)
    action.triggered.connect(lambda _checked=False: work())
    widget.addAction(action)
    return action
