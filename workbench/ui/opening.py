"""Asking which project to open, and showing where it lies."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDesktopServices
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


def dropped_files(data: QMimeData) -> list[str]:
    """Returns the files and folders of this computer among what is dropped."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def dropped_project(paths: Sequence[str]) -> Path | None:
    """Returns the project among dropped files: its folder, or its project.workbench."""
    for path in map(Path, paths):
        if path.name == MANIFEST or (path / MANIFEST).is_file():
            return path
    return None
