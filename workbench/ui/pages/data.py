"""Data: the project's datasets, their rows, and the way in for more."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.records import DatasetRecord
from workbench.ui.data.browser import RowBrowser
from workbench.ui.data.dataset_list import DatasetList
from workbench.ui.data.import_panel import ImportPanel
from workbench.ui.page import Page
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.widgets import Card, EmptyState, add_action, button, label
from workbench.ui.widgets.trash_box import TrashButton

_LEFT = 200
_FILES = "Data (*.jsonl *.json *.csv *.tsv *.parquet *.arrow *.feather *.gz);;All files (*)"
_BRING = (
    "Bring your comparisons",
    "Drop a file here, or choose one: JSON, JSONL, CSV, TSV, Parquet or Arrow. "
    "You see what it holds before anything is written.",
)


class DataPage(Page):
    """Shows a dataset at a time, and imports files that are chosen, or dropped anywhere on the window."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self._shown: DatasetRecord | None = None
        self._seen: tuple[tuple[str, str], ...] = ()
        self._to_import: list[str] = []  # files that were brought together with the one in the panel
        self._wanted = str(session.settings.value("data/dataset", ""))
        self._build()
        self._build_actions()
        self._place()
        self._connect()

    def arrive(self) -> None:
        if self.session.view is not None:
            self._on_project_changed(self.session.view)

    def commands(self) -> Sequence[QAction]:
        return [*self.actions(), *self.datasets.actions()]

    def go_to(self, what: str) -> None:
        """Shows what importing these files, a line each, would do, one after the other."""
        self.begin_imports(what.splitlines())

    def choose_file(self) -> None:
        """Asks for files to import."""
        last = str(self.session.settings.value("data/folder", str(Path.home())))
        dialog = QFileDialog(self, "Import data", last, _FILES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self.begin_imports)
        dialog.open()

    def begin_imports(self, paths: Sequence[str]) -> None:
        """Shows what importing the first of these files would do; the others follow when that is decided."""
        if not paths or self.session.tasks.is_running("data-import"):
            return
        first, *self._to_import = paths
        self.begin_import(first)

    def begin_import(self, path: str) -> None:
        """Shows what importing a file would do."""
        self.session.settings.setValue("data/folder", str(Path(path).parent))
        self._stack.setCurrentWidget(self.panel)
        self.panel.begin(path, n_after=len(self._to_import))

    def _build(self) -> None:
        self.datasets = DatasetList()
        self.trash = TrashButton(self.session)
        self.browser = RowBrowser(self.session, self.look)
        self.panel = ImportPanel(self.session)
        self.empty = EmptyState(*_BRING, "Choose a file", self.choose_file)
        self.import_button = button(
            "Import…",
            self.choose_file,
            role="primary",
            tip="Brings a file into the project (Ctrl+I); you can also drop it",
        )

    def _build_actions(self) -> None:
        for words, keys, work in (
            ("Import data", "Ctrl+I", self.choose_file),
            ("Search rows", "Ctrl+F", self.browser.filter_bar.text_field.setFocus),
            ("Previous row", "Alt+Up", lambda: self.browser.step(-1)),
            ("Next row", "Alt+Down", lambda: self.browser.step(1)),
            ("Drop all filters", "Ctrl+Shift+F", self.browser.filter_bar.clear_button.click),
        ):
            add_action(self, words, keys, work)
        add_action(self.datasets, "Rename dataset", "F2", self.datasets.begin_rename, only_here=True)
        add_action(self.datasets, "Delete dataset", "Del", self._delete, only_here=True)

    def _place(self) -> None:
        left = Card("Datasets")
        left.setFixedWidth(_LEFT)
        left.corner.addWidget(self.trash)  # first, as the Tab key goes
        left.body.addWidget(self.datasets, 1)
        self._rows = QWidget()
        across = QHBoxLayout(self._rows)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(10)
        across.addWidget(left)
        across.addWidget(self.browser, 1)
        self._stack = QStackedWidget()
        for widget in (self.empty, self._rows, self.panel):
            self._stack.addWidget(widget)
        head = QHBoxLayout()
        head.addWidget(label("Data", "page-title"))
        head.addStretch(1)
        head.addWidget(self.import_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.datasets.chosen.connect(self._on_dataset_chosen)
        self.datasets.renamed.connect(self._rename)
        self.panel.imported.connect(self._on_imported)
        self.panel.closed.connect(self._on_panel_closed)
        self.session.project_changed.connect(self._on_project_changed)
        self.session.project_closed.connect(self.browser.close_dataset)

    def _on_project_changed(self, view: api.ProjectView) -> None:
        seen = tuple((record.name, record.content_sha256) for record in view.datasets)
        if seen != self._seen:
            self._seen = seen
            self._wanted = self._called_now(view)
            self.datasets.show_datasets(view.datasets, self._wanted)
            if not seen:
                self.browser.close_dataset()
        if self._stack.currentWidget() is not self.panel:
            self._show_rows()

    def _called_now(self, view: api.ProjectView) -> str:
        """Returns the name of the dataset that was shown, which may have been renamed."""
        shown = self._shown
        if shown is None or shown.name in {record.name for record in view.datasets}:
            return self._wanted
        same = (record for record in view.datasets if record.model_copy(update={"name": shown.name}) == shown)
        return next((record.name for record in same), self._wanted)

    def _rename(self, old: str, new: str) -> None:
        project = self.session.project
        if project is not None:
            self.session.history.do(
                f"Rename dataset {old} to {new}",
                lambda: api.rename_dataset(project, old, new),
                lambda _none: api.rename_dataset(project, new, old),
            )

    def _delete(self) -> None:
        project, record = self.session.project, self.datasets.current()
        if project is None or record is None:
            return
        name = record.name

        def work() -> tuple[list[str], str]:
            return api.dataset_readers(project, name), api.delete_dataset(project, name)

        def tell(done: tuple[list[str], str]) -> None:
            if readers := done[0]:
                runs = "1 run" if len(readers) == 1 else f"{len(readers)} runs"
                self.session.tell(f"Results of {runs} that read {name} stay.")

        self.session.history.do(f"Delete dataset {name}", work, lambda done: api.restore(project, done[1]), tell)

    def _on_dataset_chosen(self, record: DatasetRecord) -> None:
        self._wanted, self._shown = record.name, record
        self.session.settings.setValue("data/dataset", record.name)
        self.browser.show_dataset(record)

    def _on_imported(self, name: str) -> None:
        self._wanted = name
        self.datasets.select(name)
        self.datasets.setFocus()  # the button that was pressed is gone

    def _on_panel_closed(self) -> None:
        if self._to_import:
            self.begin_import(self._to_import.pop(0))
        else:
            self._show_rows()

    def _show_rows(self) -> None:
        self._stack.setCurrentWidget(self._rows if self._seen else self.empty)
