"""An empty state: what would stand here, what to do to get it, and the button that does it."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.ui.widgets.controls import button, label


class EmptyState(QWidget):
    """Stands where there is nothing yet."""

    def __init__(
        self, title: str, sentence: str, action: str = "", on_action: Callable[[], object] | None = None
    ) -> None:
        super().__init__()
        self.title = label(title, "empty-title", wraps=True)
        self.sentence = label(sentence, "muted", wraps=True)
        self.button = button(action, on_action, role="primary") if action and on_action else None
        self._place()

    def say(self, title: str, sentence: str) -> None:
        """Changes the words."""
        self.title.setText(title)
        self.sentence.setText(sentence)
        if self.button is not None:
            self.button.show()

    def wait(self, title: str) -> None:
        """Says what is being looked for: until that is found or not there is nothing to do."""
        self.say(title, "")
        if self.button is not None:
            self.button.hide()

    def _place(self) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addStretch(1)
        for widget in (self.title, self.sentence):
            widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(widget)
        if self.button is not None:
            layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(2)
