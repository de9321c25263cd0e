"""What the worker printed, with search."""

from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from workbench.ui.widgets import button, label


class LogTab(QWidget):
    """Shows a log that grows; follows its end unless the person scrolled away."""

    def __init__(self) -> None:
        super().__init__()
        self.search = QLineEdit(placeholderText="Search the log  (Ctrl+F)", clearButtonEnabled=True)
        self.text = QPlainTextEdit(readOnly=True)
        self._found = label("", "muted")
        self._build()
        self.search.textChanged.connect(self._on_searched)
        self.search.returnPressed.connect(self.find_next)

    def show_log(self, text: str) -> None:
        """Shows the log as it is now; what is selected and in sight stays."""
        old = self.text.toPlainText()
        text = text or "The worker has printed nothing yet."
        if text == old:
            return
        bar = self.text.verticalScrollBar()
        at_end, place = bar.value() >= bar.maximum() - 2, bar.value()
        if old and text.startswith(old):
            self._append(text[len(old) :])
        else:
            self.text.setPlainText(text)
        bar.setValue(bar.maximum() if at_end else place)

    def find_next(self, *, back: bool = False) -> None:
        """Goes to the next place where the searched words stand, round the end."""
        words = self.search.text()
        flags = QTextDocument.FindFlag.FindBackward if back else QTextDocument.FindFlag(0)
        if words and not self.text.find(words, flags):
            end = QTextCursor.MoveOperation.End if back else QTextCursor.MoveOperation.Start
            self.text.moveCursor(end)
            self.text.find(words, flags)

    def found(self) -> str:
        """Returns what is said about the search."""
        return self._found.text()

    def _append(self, more: str) -> None:
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(more)

    def _on_searched(self, words: str) -> None:
        n = self.text.toPlainText().casefold().count(words.casefold()) if words else 0
        self._found.setText(f"{n:,} found" if words else "")
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        self.find_next()

    def _build(self) -> None:
        self.search.setAccessibleName("Search the log")
        self.text.setAccessibleName("The worker's log")
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.document().setDefaultFont(_fixed(self))
        head = QHBoxLayout()
        head.addWidget(self.search, 1)
        head.addWidget(self._found)
        head.addWidget(button("‹", lambda: self.find_next(back=True), tip="Previous place"))
        head.addWidget(button("›", self.find_next, tip="Next place (Enter)"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.text, 1)


def _fixed(widget: QWidget):  # type: ignore[no-untyped-def]
    font = widget.font()
    font.setStyleHint(font.StyleHint.Monospace)
    font.setFamilies(["DejaVu Sans Mono", "Menlo", "Consolas", "monospace"])
    return font
