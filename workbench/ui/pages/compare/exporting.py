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
from workbench.ui.pages.compare.export_kinds import KINDS, TOLD_LOGGED, ExportKind
from workbench.ui.pages.compare.figure_form import FigureForm, dense_form, form_label
from workbench.ui.session import Session
from workbench.ui.widgets import button, label, set_role

_LOGGED = "logged"
_DRAW_MS = 150  # after a change, so that turning a wheel draws once


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
        self._is_saving = False
        self._build()
        self._connect()
        self._recall()

    def offer(self, panel: str | None = None, suffix: str | None = None) -> None:
        """Comes into sight with all charts or one of them, in a format or the last one."""
        if self._shown() is None:
            self._session.tell("There is nothing to export yet.")
            return
        if suffix is not None:
            self.format_box.setCurrentIndex(self.format_box.findData(suffix))
        self._fill(panel)
        self._on_format() if panel is None else self._on_changed()
        self.show()
        self.activateWindow()

    @property
    def kind(self) -> ExportKind:
        """The chosen format."""
        return KINDS[str(self.format_box.currentData())]

    def style_wanted(self) -> FigureStyle:
        """Returns the figure's settings.

        Raises:
            BadSetting: one of them is out of bounds.
        """
        return FigureStyle.read(self.form.values(), where="the figure")

    def write(self, out: Path) -> None:
        """Writes a folder of the chosen format, or a file by its ending; a toast says where, the banner what went wrong."""
        comparison, project, view = self._shown(), self._session.project, self._view()
        if comparison is None or project is None:
            return
        style, chosen, kind, is_logged = self.style_wanted(), self.what_box.currentData(), self.kind, self._is_logged
        self._session.keep("export/folder", str(out.parent))

        def work() -> object:
            if is_logged:
                return api.export_logged(project, out)
            is_thinned = out.suffix == ".csv" and bool(view.metrics)
            is_exact = comparison.view == view and not is_thinned
            exact = comparison if is_exact else api.compare_runs(project, view=view, with_all_points=is_thinned)
            if kind.key == "tensorboard":
                return api.export_event_files(
                    project, out, [run for arm in exact.arms for run in (*arm.runs, *arm.evaluations)]
                )
            if kind.key == "model":
                return api.export_model(project, chosen, out, comparison=exact)
            if kind.key == "script":
                return api.export_script(project, chosen, out)
            if kind.of == "comparison":
                return api.export_report(project, out, comparison=exact)
            return api.write_charts(exact, out, style, panel=chosen)

        self._show_saving(is_on=True)
        self._session.ask("export", work, lambda _: self._on_saved(out), on_error=self._on_not_saved)

    def _on_saved(self, out: Path) -> None:
        self._show_saving(is_on=False)
        self._session.tell(f"Saved {out.name} in {out.parent}.", "good")

    def _on_not_saved(self, error: Exception) -> None:
        self._show_saving(is_on=False)
        self._session.report("Nothing was saved", error)

    def _show_saving(self, *, is_on: bool) -> None:
        """Says on the button that a file is being written: a report takes a few seconds."""
        self._is_saving = is_on
        self.save_button.setText("Saving…" if is_on else "Save…")
        self._offer_saving()

    def _offer_saving(self) -> None:
        self.save_button.setEnabled(not (self._is_saving or self.problem.text()) and self.what_box.count() > 0)

    def ask_where(self) -> QFileDialog:
        """Asks for a file with the ending of the chosen format, or for the name of a folder."""
        project, kind = self._session.project, self.kind
        start = str(self._session.kept("export/folder", project.exports if project else ""))
        dialog = QFileDialog(self, "Export", start, "" if kind.is_folder else f"*{kind.key}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chosen = self.what_box.currentData() if kind.of in ("charts", "run") else None
        name = str(chosen or "comparison").replace("/", "-")
        if kind.is_folder:
            dialog.selectFile(f"{name}-{kind.key}")
        else:
            dialog.setDefaultSuffix(kind.key.removeprefix("."))
            dialog.selectFile(f"{name}{kind.key}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.write(Path(path)))
        dialog.open()
        return dialog

    @property
    def _is_logged(self) -> bool:
        """Says whether all that runs logged is wanted, rather than what is drawn."""
        return bool(self.what_box.currentData() == _LOGGED) and self.kind.is_table

    def _panel(self) -> str | None:
        return self.what_box.currentData() if self.kind.of == "charts" and not self._is_logged else None

    def _fill(self, chosen: str | None = None) -> None:
        """Offers what the chosen format can be of, keeping what was chosen where that is among it."""
        comparison = self._shown()
        if comparison is None:
            return
        self.what_box.clear()
        for words, name in _choices(comparison, self.kind):
            self.what_box.addItem(words, name)
        self.what_box.setCurrentIndex(max(0, self.what_box.findData(chosen)))

    def _on_format(self) -> None:
        """Parquet holds all that was logged and nothing else; a figure cannot show that."""
        chosen = self.what_box.currentData()
        is_logged = self.kind.key == ".parquet" or (chosen == _LOGGED and self.kind.is_table)
        self._fill(_LOGGED if is_logged else None if chosen == _LOGGED else chosen)
        self._on_changed()

    def _on_what(self) -> None:
        """Goes on to a format that can hold what was chosen."""
        if (self.what_box.currentData() == _LOGGED) != self._is_logged or (
            self.kind.key == ".parquet" and not self._is_logged
        ):
            self.format_box.setCurrentIndex(self.format_box.findData(".csv"))
        self._on_changed()

    def _on_changed(self) -> None:
        kind = self.kind
        self.form.setVisible(kind.is_figure)
        self.form.dpi_box.setEnabled(kind.key == ".png" or self.form.unit_box.currentText() == "px")
        self.what_box.setEnabled(kind.of in ("charts", "run"))
        self.words.setText(TOLD_LOGGED if self._is_logged else kind.told)
        self.picture.setVisible(not self._is_logged and kind.of in ("charts", "comparison"))
        try:
            self.style_wanted()
        except BadSetting as error:
            self._complain(error.by_label({}))
        else:
            self._complain("")
            self._remember()
            self._timer.start()
        self._offer_saving()

    def _complain(self, words: str) -> None:
        self.problem.setText(words)
        self.problem.setVisible(bool(words))

    def _draw(self) -> None:
        comparison, style, panel = self._shown(), self.style_wanted(), self._panel()
        if comparison is None or self._is_logged:
            return
        if panel not in comparison.view.panels:
            panel = None
        if self.kind.is_figure:
            n = len(comparison.panels) if panel is None else 1
            width, height = style.pixels(n)
            size = f", {width:,} × {height:,} px" if self.kind.key == ".png" else ""
            self.words.setText(f"{style.width:.0f} × {style.inches(n)[1] * MM:.0f} mm{size}")
        self.picture.setAccessibleDescription(f"{self.what_box.currentText()}, {style.ground}, {style.font}")
        self._session.ask(
            "export preview",
            lambda: api.preview_charts(comparison, style, panel=panel),
            self.picture.show_bytes,
            on_error=lambda error: self._complain(str(error)),
        )

    def _remember(self) -> None:
        values: dict[str, Any] = self.form.values() | {
            "unit": self.form.unit_box.currentText(),
            "format": self.kind.key,
        }
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
        for kind in KINDS.values():
            self.format_box.addItem(kind.words, kind.key)
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
        self.setText("Drawing…")

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


def _choices(comparison: Comparison, kind: ExportKind) -> list[tuple[str, str | None]]:
    """Returns what a format can be of, in words and by the names of panels or runs."""
    if kind.of == "charts":
        panels = [(PANELS.get(name) or describe(name).label, name) for name in comparison.view.panels]
        return [("all charts", None), *panels, ("all that was logged", _LOGGED)]
    if kind.of == "run":
        return [
            (f"{arm.name}, seed {seed}", run)
            for arm in comparison.arms
            for seed, run in zip(arm.seeds, arm.runs, strict=False)
        ]
    return [("all runs compared" if kind.of == "runs" else "the whole comparison", None)]


def export_actions(parent: QWidget, offer: Callable[[str], None]) -> list[QAction]:
    """Makes the exports for the command palette, one for each format, which `offer` receives by its key."""
    made = []
    for kind in KINDS.values():
        action = QAction(f"Export as {kind.words}…", parent)
        action.triggered.connect(lambda _checked=False, key=kind.key: offer(key))
        made.append(action)
    return made
