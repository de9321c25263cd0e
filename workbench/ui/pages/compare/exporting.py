"""Export: the charts as a figure, their series as CSV, the whole comparison as one HTML file."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton, QWidget

from workbench import api
from workbench.compare import Comparison
from workbench.ui.session import Session
from workbench.ui.widgets import set_role

_FORMATS = {
    ".svg": "Charts as SVG…",
    ".pdf": "Charts as PDF…",
    ".png": "Charts as PNG…",
    ".csv": "Data as CSV…",
    ".html": "Report as HTML…",
}


class ExportButton(QPushButton):
    """Asks for a file and has the comparison written to it, by its ending."""

    def __init__(self, session: Session, shown: Callable[[], Comparison | None]) -> None:
        super().__init__("Export…")
        set_role(self, "primary")
        self.setToolTip("Keep the charts or the whole comparison as a file")
        self._session = session
        self._shown = shown
        menu = QMenu(self)
        for suffix, words in _FORMATS.items():
            self._add(menu, words, suffix)
        menu.addSeparator()
        self._dark = menu.addAction("Figures on a dark ground")
        self._dark.setCheckable(True)
        self._dark.setChecked(str(session.settings.value("export/dark", "")) == "true")
        self.setMenu(menu)

    def write(self, out: Path) -> None:
        """Writes the file; a toast says where, the banner what went wrong."""
        comparison, project = self._shown(), self._session.project
        if comparison is None or project is None:
            return
        dark = self._dark.isChecked()
        self._session.settings.setValue("export/dark", "true" if dark else "")
        self._session.settings.setValue("export/folder", str(out.parent))

        def work() -> None:
            if out.suffix in (".html", ".htm"):
                api.export_report(project, out, comparison=comparison)
            else:
                api.write_charts(comparison, out, dark=dark)

        told = f"Saved {out.name} in {out.parent}."
        self._session.ask("export", work, lambda _: self._session.tell(told, "good"), title="Nothing was saved")

    def ask_where(self, suffix: str) -> QFileDialog:
        """Asks for a file with this ending."""
        project = self._session.project
        start = str(self._session.settings.value("export/folder", project.folder / "exports" if project else ""))
        dialog = QFileDialog(self.window(), "Export", start, f"*{suffix}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.selectFile(f"comparison{suffix}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.write(Path(path)))
        dialog.open()
        return dialog

    def commands(self, parent: QWidget) -> list[QAction]:
        """Returns the exports for the command palette."""
        made = []
        for suffix, words in _FORMATS.items():
            action = QAction(f"Export {words[0].lower()}{words[1:]}", parent)
            action.triggered.connect(lambda _checked=False, suffix=suffix: self.ask_where(suffix))
            made.append(action)
        return made

    def _add(self, menu: QMenu, words: str, suffix: str) -> None:
        menu.addAction(words).triggered.connect(lambda _checked=False: self.ask_where(suffix))
