"""A small box over the list, to type the tags of what is selected."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from workbench.ui.widgets import button, label, set_role

_AWAY = 10  # pixels from the list's edges
_MOST_OFFERED = 6


class TagBox(QFrame):
    """Asks for tags, separated by commas; those that are used already are a click away."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._on_done: Callable[[list[str]], None] | None = None
        self._title = label("", "title")
        self.field = QLineEdit(placeholderText="As: keep, baseline")
        self._known = QHBoxLayout()
        self._build()

    def ask(
        self,
        title: str,
        tags: Sequence[str],
        known: Sequence[str],
        below: int,
        on_done: Callable[[list[str]], None],
    ) -> None:
        """Opens the box.

        Args:
            title: whose tags they are.
            tags: those that are there.
            known: all that the project uses.
            below: where in the list the box is to begin, so that it covers nothing that is selected.
            on_done: receives what was typed, when the person presses Enter.
        """
        self._on_done = on_done
        self._title.setText(title)
        self.setAccessibleName(title)
        self.field.setText(", ".join(tags))
        self._offer([tag for tag in known if tag not in tags][:_MOST_OFFERED])
        self.layout().activate()
        height = self.sizeHint().height()
        top = min(below + _AWAY, self._over.height() - height - _AWAY)
        self.setGeometry(_AWAY, max(_AWAY, top), self._over.width() - 2 * _AWAY, height)
        self.show()
        self.raise_()
        self.field.setFocus()
        self.field.end(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if event.type() == QEvent.Type.FocusOut or (is_escape and event.type() == QEvent.Type.KeyPress):
            self._end()
            return is_escape
        return super().eventFilter(watched, event)

    def tags(self) -> list[str]:
        """Returns what is typed, each tag once."""
        words = (" ".join(part.split()) for part in self.field.text().split(","))
        return list(dict.fromkeys(word for word in words if word))

    def _offer(self, tags: Sequence[str]) -> None:
        while (item := self._known.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for tag in tags:
            made: QPushButton = button(tag, lambda tag=tag: self._add(tag), tip=f"Adds the tag {tag}")
            made.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the box is open as long as its field has the focus
            self._known.addWidget(made)
        self._known.addStretch(1)

    def _add(self, tag: str) -> None:
        self.field.setText(", ".join([*self.tags(), tag]))
        self.field.setFocus()

    def _take(self) -> None:
        on_done, tags = self._on_done, self.tags()
        self._end()
        if on_done is not None:
            on_done(tags)

    def _end(self) -> None:
        if self.isVisible():
            self._on_done = None
            self.hide()
            self._over.setFocus()

    def _build(self) -> None:
        set_role(self, "palette")
        self.hide()
        self.field.setAccessibleName("Tags, separated by commas")
        self.field.returnPressed.connect(self._take)
        self.field.installEventFilter(self)
        layout = QVBoxLayout(self)
        layout.addWidget(self._title)
        layout.addWidget(self.field)
        layout.addLayout(self._known)
        layout.addWidget(label("Separated by commas. Enter keeps them, Esc does not.", "muted"))
