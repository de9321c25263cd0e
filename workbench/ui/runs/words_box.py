"""A small box over the list, to type a few words about what is selected: tags, or settings of a copy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from workbench.ui.widgets import button, label, set_role

_AWAY = 10  # pixels from the list's edges
_MOST_OFFERED = 6
_COLUMNS = 2


@dataclass(frozen=True)
class Question:
    """What the box asks: its title, the words that are there, likely further ones, an example for an empty field."""

    title: str
    words: Sequence[str]
    likely: Sequence[str]
    example: str


class WordsBox(QFrame):
    """Asks for words, separated by commas; likely ones are a click away."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._on_done: Callable[[list[str]], None] | None = None
        self._title = label("", "title")
        self.field = QLineEdit()
        self._likely = QGridLayout()
        self._build()

    def ask(self, question: Question, below: int, on_done: Callable[[list[str]], None]) -> None:
        """Opens the box.

        Args:
            question: what to ask.
            below: where in the list the box is to begin, so that it covers nothing that is selected.
            on_done: receives what was typed, when the person presses Enter.
        """
        self._on_done = on_done
        self._title.setText(question.title)
        self.setAccessibleName(question.title)
        self.field.setPlaceholderText(question.example)
        self.field.setText(", ".join(question.words))
        self._offer([word for word in question.likely if word not in question.words][:_MOST_OFFERED])
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

    def words(self) -> list[str]:
        """Returns what is typed, each word once."""
        words = (" ".join(part.split()) for part in self.field.text().split(","))
        return list(dict.fromkeys(word for word in words if word))

    def _offer(self, words: Sequence[str]) -> None:
        while (item := self._likely.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for place, word in enumerate(words):
            made = button(word.replace("&", "&&"), lambda word=word: self._add(word), tip=f"Adds {word}")
            made.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the box is open as long as its field has the focus
            self._likely.addWidget(made, place // _COLUMNS, place % _COLUMNS)

    def _add(self, word: str) -> None:
        self.field.setText(", ".join([*self.words(), word]))
        self.field.setFocus()

    def _take(self) -> None:
        on_done, words = self._on_done, self.words()
        self._end()
        if on_done is not None:
            on_done(words)

    def _end(self) -> None:
        if self.isVisible():
            self._on_done = None
            self.hide()
            self._over.setFocus()

    def _build(self) -> None:
        set_role(self, "palette")
        self.hide()
        self.field.setAccessibleName("Words, separated by commas")
        self.field.returnPressed.connect(self._take)
        self.field.installEventFilter(self)
        layout = QVBoxLayout(self)
        layout.addWidget(self._title)
        layout.addWidget(self.field)
        layout.addLayout(self._likely)
        layout.addWidget(label("Separated by commas. Enter keeps them, Esc does not.", "muted"))
