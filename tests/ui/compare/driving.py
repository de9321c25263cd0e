"""What a person does on the Compare page."""

from PySide6.QtWidgets import QComboBox


def chosen(box: QComboBox, data: object) -> None:
    """Chooses an entry as a person does."""
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def settled(qtbot, page) -> None:
    """Waits until what is shown is of the view that is wanted."""
    qtbot.waitUntil(lambda: page.is_settled, timeout=20000)
