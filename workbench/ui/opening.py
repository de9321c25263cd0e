"""Asking which project to open, and showing where it lies."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

MANIFEST = "project.workbench"


def ask_for_project(parent: QWidget, on_chosen: Callable[[Path], object]) -> None:
    """Shows the dialog that asks for a project's file."""
    dialog = QFileDialog(parent, "Open a project", str(Path.home()), f"Projects ({MANIFEST})")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    ask(dialog, lambda path: on_chosen(Path(path)))


def open_folder(folder: Path) -> None:
    """Shows a folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def ask(dialog: QFileDialog, on_chosen: Callable[[str], object]) -> None:
    """Shows a dialog and calls `on_chosen` with the path if one was chosen; the window goes on meanwhile."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(on_chosen)
    dialog.open()


def dropped_project(event: QDropEvent) -> Path | None:
    """Returns the project among the files of a drop: its folder, or its project.workbench."""
    for path in (Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()):
        if path.name == MANIFEST or (path / MANIFEST).is_file():
            return path
    return None
