"""What is wrong with a value, said where it moves nothing: it floats over the next setting while the person is at this one."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtWidgets import QLabel, QWidget

from workbench.ui.widgets import set_role

_GAP = 2


class FloatingNote(QLabel):
    """Stands below a widget while it has the focus or the pointer is over its field, above it where there is no room."""

    def __init__(self, field: QWidget, beside: QWidget) -> None:
        """Takes the field, in whose parent it floats, and the widget that it stands below."""
        ground = field.parentWidget() or field
        super().__init__(ground, textFormat=Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        set_role(self, "read-out")
        self.hide()
        self._ground, self._field, self._beside = ground, field, beside
        field.installEventFilter(self)
        beside.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = (QEvent.Type.FocusIn, QEvent.Type.FocusOut, QEvent.Type.Enter, QEvent.Type.Leave, QEvent.Type.Hide,
                 QEvent.Type.Move, QEvent.Type.Resize)  # fmt: skip
        if event.type() in kinds:
            self.follow()
        return super().eventFilter(watched, event)

    def follow(self) -> None:
        """Shows itself where it is wanted and has something to say."""
        is_wanted = self._beside.hasFocus() or self._field.underMouse()
        self.setVisible(bool(self.text()) and is_wanted and self._field.isVisible())
        if self.isVisible():
            self._place()

    def _place(self) -> None:
        self.adjustSize()
        parent, beside = self._ground, self._beside
        below = beside.mapTo(parent, QPoint(0, beside.height() + _GAP))
        left = max(0, min(below.x(), parent.width() - self.width()))
        fits = below.y() + self.height() <= parent.height()
        self.move(left, below.y() if fits else below.y() - beside.height() - self.height() - 2 * _GAP)
        self.raise_()
