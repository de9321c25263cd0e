"""What a person does on the Compare page."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QFileDialog, QLineEdit


def chosen(box: QComboBox, data: object) -> None:
    """Chooses an entry as a person does."""
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def settled(qtbot, page) -> None:
    """Waits until what is shown is of the view that is wanted."""
    qtbot.waitUntil(lambda: page.is_settled, timeout=20000)


def turn_to(qtbot, page, title: str):
    """Clicks a tab and returns it when it is filled."""
    bar = page.deck.bar
    at = next(i for i in range(bar.count()) if bar.tabText(i) == title)
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(at).center())
    qtbot.waitUntil(lambda: page.is_settled and page.deck.is_done and page.deck.current.isVisible(), timeout=20000)
    return page.deck.current


def save_as(qtbot, export, out: Path) -> None:
    """Clicks Save in the dialog of exports, names a file, and clicks Save again."""
    qtbot.mouseClick(export.save_button, Qt.MouseButton.LeftButton)
    asked = export.findChild(QFileDialog)
    asked.findChild(QLineEdit, "fileNameEdit").setText(str(out))  # keys would open a list of what is there already
    save = asked.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Save)
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
