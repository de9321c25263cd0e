"""The banner of an error: what happened, what helps, and the details to copy. It waits until it is dismissed."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from workbench.ui.widgets.controls import button, label, set_role


class ErrorBanner(QFrame):
    """Shows the newest error above the page."""

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "banner")
        self._title = label("", "title")
        self._sentence = label("", wraps=True, selectable=True)
        self._details = ""
        self._place()
        self.hide()

    def show_error(self, title: str, sentence: str, hint: str, details: str) -> None:
        """Says what happened and what helps."""
        self._title.setText(title)
        self._sentence.setText(f"{sentence} {hint}".strip())
        self._details = details
        self.setAccessibleName(f"Error: {title}. {sentence}")
        self.show()

    def text(self) -> str:
        """Returns what it says below its title."""
        return self._sentence.text()

    def copy_details(self) -> None:
        """Puts all that is known of the error on the clipboard."""
        QGuiApplication.clipboard().setText(f"{self._title.text()}\n{self.text()}\n\n{self._details}")

    def _place(self) -> None:
        words = QVBoxLayout()
        words.addWidget(self._title)
        words.addWidget(self._sentence)
        layout = QHBoxLayout(self)
        layout.addLayout(words, 1)
        self.copy_button = button("Copy details", self.copy_details, tip="Copies the whole error for a report")
        layout.addWidget(self.copy_button)
        layout.addWidget(button("Dismiss", self.hide))
