"""Import: a file is shown as what it would become; only then is anything written, with progress and a way to stop."""

import re
import time
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench import api
from workbench.domain.errors import WorkbenchError
from workbench.domain.previews import ImportPreview
from workbench.ui.data.import_words import in_window_words
from workbench.ui.data.mapping import ColumnMapping
from workbench.ui.data.preview_view import PreviewView
from workbench.ui.session import Session
from workbench.ui.tasks import Task
from workbench.ui.widgets import Card, button, label, set_tone
from workbench.ui.widgets.controls import counted
from workbench.ui.widgets.run_rows import duration

_LEFT = 340
_GUESS_S = 1.0  # of an import, from which on its pace tells how long it takes
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9 ._-]+")
_ENDINGS = re.compile(r"(\.(jsonl?|csv|tsv|parquet|arrow|feather|gz))+$", re.IGNORECASE)


class ImportPanel(Card):
    """Previews a file and imports it.

    Signals:
        imported: the name of the dataset that is there now.
        closed: the person goes back, or the import is done.
    """

    imported = Signal(str)
    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__("Import")
        self._session = session
        self._source = ""
        self._began = 0.0
        self._preview: ImportPreview | None = None
        self._build()
        self._place()
        self._connect()

    def begin(self, source: str, n_after: int = 0) -> None:
        """Shows what a file would become, and how many more are to follow it."""
        self._source = source
        self._preview = None
        self.set_title("Import" if not n_after else f"Import, and then {counted(n_after, 'more file')}", source)
        self.mapping.forget()
        self.format_box.setCurrentIndex(0)
        self.skip_box.setChecked(False)
        self.name_field.setText(self._free_name(source))
        self._set_importing(False)
        self._show_found(False)
        self.ask_preview()
        self.name_field.setFocus()

    def ask_preview(self) -> None:
        """Reads the beginning of the file again, in the format and with the columns that were chosen."""
        source, columns = self._source, self.mapping.columns()
        wanted = self.format_box.currentData() or None
        self._say("Looking at the file…")
        self.go_button.setEnabled(False)
        work = lambda: api.preview_import(source, format=wanted, columns=columns)  # noqa: E731
        self._session.ask("data-preview", work, self._on_previewed, on_error=self._on_failed)

    def start(self) -> None:
        """Imports the file."""
        project, preview = self._session.project, self._preview
        if project is None or preview is None or not self.go_button.isEnabled():
            return
        name, skip = self.name_field.text().strip(), self.skip_box.isChecked()
        columns, source, wanted = self.mapping.columns(), self._source, self.format_box.currentData() or None

        def work(task: Task) -> api.ImportResult:
            return api.import_dataset(
                project,
                source,
                name,
                format=wanted,
                columns=columns,
                skip_bad=skip,
                progress=lambda done, total: task.report((done, total)),
            )

        self._began = time.monotonic()
        self._set_importing(True)
        self._on_progress((0, None))
        self._session.tasks.start_long("data-import", work, self._on_imported, self._on_failed, self._on_progress)

    def cancel(self) -> None:
        """Stops the import, of which nothing stays; where none goes on, goes back to the rows."""
        if self._session.tasks.is_running("data-import"):
            self._session.tasks.cancel("data-import")
            self._set_importing(False)
            self._say("The import was stopped; nothing was kept of it.", "warn")
        else:
            self._session.tasks.cancel("data-preview")
            self.closed.emit()

    def _build(self) -> None:
        self.name_field = QLineEdit()
        self.name_field.setAccessibleName("Name of the dataset")
        self.format_box = QComboBox()
        self.format_box.setAccessibleName("Format")
        self.format_box.addItem("Recognise the format", "")
        self.format_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._why = label("", "muted", wraps=True)
        self._columns_title = label("Columns of the file", "title")
        self.mapping = ColumnMapping()
        self.skip_box = QCheckBox("Skip bad rows")
        self.skip_box.setToolTip("Rows that cannot be used are left out and kept in a file with the reasons")
        self.message = label("", wraps=True, selectable=True)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("Progress of the import")
        self.preview = PreviewView()
        self.go_button = button("Import", self.start, role="primary", tip="Writes the dataset into the project")
        self.cancel_button = button("Cancel", self.cancel, tip="Stops, or goes back to the rows (Esc)")

    def _place(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Name", self.name_field)
        form.addRow("Format", self.format_box)
        inner = QWidget()
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, 6, 0)
        inside.addLayout(form)
        inside.addWidget(self._why)
        inside.addSpacing(6)
        inside.addWidget(self._columns_title)
        inside.addWidget(self.mapping)
        inside.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        area.setFixedWidth(_LEFT)
        area.setAccessibleName("How the file is read")
        across = QHBoxLayout()
        across.setSpacing(16)
        across.addWidget(area)
        across.addWidget(self.preview, 1)
        foot = QHBoxLayout()
        for widget in (self.skip_box, self.bar):
            foot.addWidget(widget)
        foot.addWidget(self.message, 1)
        foot.addWidget(self.cancel_button)
        foot.addWidget(self.go_button)
        self.body.addLayout(across, 1)
        self.body.addLayout(foot)

    def _connect(self) -> None:
        self.format_box.activated.connect(lambda _index: self.ask_preview())
        self.mapping.changed.connect(self.ask_preview)
        self.name_field.textChanged.connect(lambda _text: self._check())
        self.name_field.returnPressed.connect(self.start)
        self.skip_box.toggled.connect(lambda _on: self._check())
        back = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        back.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        back.activated.connect(self.cancel)

    def _on_previewed(self, preview: ImportPreview) -> None:
        self._preview = preview
        if self.format_box.count() == 1:
            for choice in preview.formats:
                self.format_box.addItem(f"{choice.title} ({choice.name})", choice.name)
        self._why.setText(f"{preview.why} ({preview.kind} rows)" if preview.format else "")
        self.mapping.show_preview(preview)
        self.preview.show_preview(preview)
        self._show_found(True)
        self._check()

    def _show_found(self, is_known: bool) -> None:
        for widget in (self.preview, self.mapping, self._why, self._columns_title):
            widget.setVisible(is_known)

    def _on_failed(self, error: Exception) -> None:
        self._set_importing(False)
        self.go_button.setEnabled(self._preview is not None)
        if not isinstance(error, WorkbenchError):
            self._session.report("The import did not work", error)
        hint = in_window_words(error.hint) if isinstance(error, WorkbenchError) else ""
        self._say(f"{error.sentence if isinstance(error, WorkbenchError) else error} {hint}".strip(), "bad")

    def _on_progress(self, progress: tuple[int, int | None]) -> None:
        done, total = progress
        self.bar.setRange(0, total or 0)
        self.bar.setValue(done)
        if total is None:
            self._say(f"{done:,} rows")
            return
        took_s = time.monotonic() - self._began
        left = f" · {duration(took_s * (total - done) / done)} left" if took_s > _GUESS_S and 0 < done < total else ""
        self._say(f"{done:,} of about {total:,} rows{left}")

    def _on_imported(self, result: api.ImportResult) -> None:
        self._set_importing(False)
        skipped = f"; {result.skipped:,} bad rows were left out" if result.skipped else ""
        self._session.tell(f"{result.dataset}: {result.pairs:,} rows imported{skipped}.", "good")
        self._session.look()
        self.imported.emit(result.dataset)
        self.closed.emit()

    def _check(self) -> None:
        """Says what stands in the way of importing, if anything does."""
        preview = self._preview
        if preview is None or self._session.tasks.is_running("data-import"):
            return
        words, tone = self._obstacle(preview)
        self.go_button.setEnabled(not words)
        self._say(words or _offer(preview), tone if words else "plain")

    def _obstacle(self, preview: ImportPreview) -> tuple[str, str]:
        if preview.problem:
            return f"{preview.problem} {in_window_words(preview.hint)}".strip(), "bad"
        if not self.name_field.text().strip():
            return "Give the dataset a name.", "warn"
        if self.name_field.text().strip() in self._taken():
            return "The project has a dataset of this name; choose another.", "warn"
        if preview.n_bad and not self.skip_box.isChecked():
            return 'Correct the bad rows in the file, or tick "Skip bad rows".', "warn"
        return "", "plain"

    def _set_importing(self, is_on: bool) -> None:
        self.bar.setVisible(is_on)
        for widget in (self.name_field, self.format_box, self.mapping, self.skip_box):
            widget.setEnabled(not is_on)
        self.go_button.setEnabled(not is_on and self._preview is not None)

    def _say(self, words: str, tone: str = "plain") -> None:
        self.message.setText(words)
        set_tone(self.message, tone)

    def _taken(self) -> set[str]:
        view = self._session.view
        return {record.name for record in view.datasets} if view is not None else set()

    def _free_name(self, source: str) -> str:
        """Returns a name made of the file's, with a number where that is taken."""
        stem = _NOT_IN_NAMES.sub("-", _ENDINGS.sub("", Path(source).name)).strip(" .-_")[:70] or "dataset"
        taken = self._taken()
        numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
        return stem if stem not in taken else next(name for name in numbered if name not in taken)


def _offer(preview: ImportPreview) -> str:
    if preview.reaches_end:
        return f"{preview.n_looked_at - preview.n_bad:,} rows can be imported."
    return "Nothing is written before you import."
