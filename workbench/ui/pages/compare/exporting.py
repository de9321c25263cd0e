"""Export: what is kept, in which format, how it will look, and where it goes. The last choices are remembered."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QPixmap, QResizeEvent
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench import api
from workbench.compare import Comparison
from workbench.domain.errors import BadSetting
from workbench.domain.figures import MM, FigureStyle
from workbench.domain.metrics import describe
from workbench.domain.views import PANELS
from workbench.ui.pages.compare.figure_form import FigureForm, dense_form, form_label
from workbench.ui.session import Session
from workbench.ui.widgets import button, label, set_role

FORMATS = {
    ".svg": "SVG, vector figure",
    ".pdf": "PDF, vector figure",
    ".png": "PNG, pixels",
    ".csv": "CSV, the numbers",
    ".parquet": "Parquet, all that was logged",
    ".html": "HTML, the whole comparison",
}
_FIGURES = (".svg", ".pdf", ".png")
_TABLES = (".csv", ".parquet")  # that can hold all that was logged
_LOGGED = "logged"
_DRAW_MS = 150  # after a change, so that turning a wheel draws once
_TOLD = {
    ".csv": "One line for each point of each curve: panel, arm, role, x, y, the interval's ends, and the raw value where "
    "curves are smoothed. What is drawn above is what the numbers are of.",
    _LOGGED: "Every metric that any run of the project logged while it trained, ticked or not: one line for each step of each "
    "run, one column for each metric, as it was logged. Nothing is smoothed or left out.",
    ".html": "One file that needs nothing else: verdict, cautions, tables, these charts in light and dark, the same prompts "
    "side by side, settings, and how to run it again. Arms that are not ticked are left out.",
}


class ExportDialog(QDialog):
    """Shows what would be kept and keeps it; the window stays usable beside it."""

    def __init__(
        self,
        session: Session,
        shown: Callable[[], Comparison | None],
        view: Callable[[], api.View],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self._session, self._shown, self._view = session, shown, view
        self.what_box, self.format_box, self.form = QComboBox(), QComboBox(), FigureForm()
        self.picture = FittedPicture()
        self.words = label("", "muted", wraps=True)
        self.problem = label("", wraps=True)
        self.problem.setProperty("tone", "bad")
        self._timer = QTimer(self, singleShot=True, interval=_DRAW_MS)
        self._build()
        self._connect()
        self._recall()

    def offer(self, panel: str | None = None, suffix: str | None = None) -> None:
        """Comes into sight with all charts or one of them, in a format or the last one."""
        comparison = self._shown()
        if comparison is None:
            self._session.tell("There is nothing to export yet.")
            return
        self.what_box.clear()
        self.what_box.addItem("all charts", None)
        for name in comparison.view.panels:
            self.what_box.addItem(PANELS.get(name) or describe(name).label, name)
        self.what_box.addItem("all that was logged", _LOGGED)
        self.what_box.setCurrentIndex(max(0, self.what_box.findData(panel)))
        if suffix is not None:
            self.format_box.setCurrentIndex(self.format_box.findData(suffix))
        self._on_format()
        self.show()
        self.activateWindow()

    @property
    def suffix(self) -> str:
        """The ending of the chosen format."""
        return str(self.format_box.currentData())

    def style_wanted(self) -> FigureStyle:
        """Returns the figure's settings.

        Raises:
            BadSetting: one of them is out of bounds.
        """
        return FigureStyle.read(self.form.values(), where="the figure")

    def write(self, out: Path) -> None:
        """Writes the file by its ending; a toast says where, the banner what went wrong."""
        comparison, project, view = self._shown(), self._session.project, self._view()
        if comparison is None or project is None:
            return
        style, panel, is_logged = self.style_wanted(), self._panel(), self._is_logged
        self._session.keep("export/folder", str(out.parent))

        def work() -> None:
            if is_logged:
                api.export_logged(project, out)
                return
            is_thinned = out.suffix == ".csv" and bool(view.metrics)
            is_exact = comparison.view == view and not is_thinned
            exact = comparison if is_exact else api.compare_runs(project, view=view, with_all_points=is_thinned)
            if out.suffix in (".html", ".htm"):
                api.export_report(project, out, comparison=exact)
            else:
                api.write_charts(exact, out, style, panel=panel)

        told = f"Saved {out.name} in {out.parent}."
        self._session.ask("export", work, lambda _: self._session.tell(told, "good"), title="Nothing was saved")

    def ask_where(self) -> QFileDialog:
        """Asks for a file with the ending of the chosen format."""
        project = self._session.project
        start = str(self._session.kept("export/folder", project.exports if project else ""))
        dialog = QFileDialog(self, "Export", start, f"*{self.suffix}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(self.suffix.removeprefix("."))
        name = "logged" if self._is_logged else (self._panel() or "comparison").replace("/", "-")
        dialog.selectFile(f"{name}{self.suffix}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.write(Path(path)))
        dialog.open()
        return dialog

    @property
    def _is_logged(self) -> bool:
        """Says whether all that runs logged is wanted, rather than what is drawn."""
        return bool(self.what_box.currentData() == _LOGGED) and self.suffix in _TABLES

    def _panel(self) -> str | None:
        return self.what_box.currentData() if self.suffix != ".html" and not self._is_logged else None

    def _on_format(self) -> None:
        """Parquet holds all that was logged and nothing else; a figure cannot show that."""
        if self.suffix == ".parquet" or self.suffix not in _TABLES:
            is_logged = self.suffix == ".parquet"
            if is_logged != (self.what_box.currentData() == _LOGGED):
                self.what_box.setCurrentIndex(self.what_box.findData(_LOGGED) if is_logged else 0)
        self._on_changed()

    def _on_what(self) -> None:
        """Goes on to a format that can hold what was chosen."""
        if (self.what_box.currentData() == _LOGGED) != self._is_logged or self.suffix == ".parquet":
            self.format_box.setCurrentIndex(self.format_box.findData(".csv"))
        self._on_changed()

    def _on_changed(self) -> None:
        self.form.setVisible(self.suffix in _FIGURES)
        self.form.dpi_box.setEnabled(self.suffix == ".png" or self.form.unit_box.currentText() == "px")
        self.what_box.setEnabled(self.suffix != ".html")
        self.words.setText(_TOLD.get(_LOGGED if self._is_logged else self.suffix, ""))
        self.picture.setVisible(not self._is_logged)
        try:
            self.style_wanted()
        except BadSetting as error:
            self.problem.setText(error.sentence)
        else:
            self.problem.setText("")
            self._remember()
            self._timer.start()
        self.problem.setVisible(bool(self.problem.text()))
        self.save_button.setEnabled(not self.problem.text())

    def _draw(self) -> None:
        comparison, style, panel = self._shown(), self.style_wanted(), self._panel()
        if comparison is None or self._is_logged:
            return
        if panel not in comparison.view.panels:
            panel = None
        if self.suffix in _FIGURES:
            n = len(comparison.panels) if panel is None else 1
            width, height = style.pixels(n)
            size = f", {width:,} × {height:,} px" if self.suffix == ".png" else ""
            self.words.setText(f"{style.width:.0f} × {style.inches(n)[1] * MM:.0f} mm{size}")
        self.picture.setAccessibleDescription(f"{self.what_box.currentText()}, {style.ground}, {style.font}")
        self._session.ask(
            "export preview",
            lambda: api.preview_charts(comparison, style, panel=panel),
            self.picture.show_bytes,
            on_error=lambda error: self.problem.setText(str(error)),
        )

    def _remember(self) -> None:
        values: dict[str, Any] = self.form.values() | {"unit": self.form.unit_box.currentText(), "format": self.suffix}
        self._session.settings.setValue("export/choices", json.dumps(values))

    def _recall(self) -> None:
        """Shows the last choices; what an older or newer program remembered otherwise is passed over."""
        try:
            kept = dict(json.loads(str(self._session.settings.value("export/choices", "{}"))))
            style = FigureStyle.read({k: v for k, v in kept.items() if k in FigureStyle.model_fields}, where="")
        except (ValueError, TypeError, BadSetting):
            return
        self.form.show_values(style.model_dump())
        self.form.show_unit("px" if kept.get("unit") == "px" else "mm")
        self.format_box.setCurrentIndex(max(0, self.format_box.findData(kept.get("format", ".svg"))))

    def _build(self) -> None:
        for suffix, words in FORMATS.items():
            self.format_box.addItem(words, suffix)
        self.what_box.setAccessibleName("What is exported")
        self.format_box.setAccessibleName("Format")
        self.picture.setAccessibleName("Preview")
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.save_button = button("Save…", self.ask_where, role="primary", tip="Choose the file (Enter)")
        self.save_button.setDefault(True)
        form = dense_form()
        form.addRow(form_label("What"), self.what_box)
        form.addRow(form_label("Format"), self.format_box)
        left = QVBoxLayout()
        left.addLayout(form)
        left.addWidget(self.form)
        left.addWidget(self.problem)
        left.addStretch(1)
        left.addWidget(self.save_button)
        left.addWidget(button("Close", self.close, tip="Close (Esc)"))
        right = QVBoxLayout()
        right.addWidget(self.picture, 1)
        right.addWidget(self.words)
        layout = QHBoxLayout(self)
        layout.setSpacing(16)
        layout.addLayout(left)
        layout.addLayout(right, 1)
        self.resize(1000, 460)

    def _connect(self) -> None:
        self._timer.timeout.connect(self._draw)
        self.what_box.activated.connect(lambda _at: self._on_what())
        self.format_box.activated.connect(lambda _at: self._on_format())
        self.form.changed.connect(self._on_changed)
        self.form.unit_box.activated.connect(lambda _at: self._on_changed())


class FittedPicture(QLabel):
    """A picture at the size that the window gives it, never larger than it is."""

    def __init__(self) -> None:
        super().__init__(alignment=Qt.AlignmentFlag.AlignCenter)
        set_role(self, "preview")
        self.setMinimumSize(320, 200)
        self._picture = QPixmap()

    def show_bytes(self, content: bytes) -> None:
        """Shows the picture of a file's content."""
        self._picture = QPixmap()
        self._picture.loadFromData(content)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._picture.isNull():
            return
        room = self.contentsRect().size().boundedTo(self._picture.size())
        ways = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        self.setPixmap(self._picture.scaled(room, *ways))


def export_actions(parent: QWidget, offer: Callable[[str], None]) -> list[QAction]:
    """Makes the exports for the command palette, one for each format, which `offer` receives by its ending."""
    made = []
    for suffix, words in FORMATS.items():
        action = QAction(f"Export as {words}…", parent)
        action.triggered.connect(lambda _checked=False, suffix=suffix: offer(suffix))
        made.append(action)
    return made
