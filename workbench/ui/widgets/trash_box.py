"""The project's trash: what was deleted, how much it takes, back with it or away for good."""

import time
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench import api
from workbench.ui.session import Session
from workbench.ui.widgets.controls import button, label, set_role, tip_words

_SIZE = (520, 320)
_KIB = 1024
_DELETION = Qt.ItemDataRole.UserRole


class TrashButton(QPushButton):
    """Says how many deletions the open project's trash holds, and opens it."""

    def __init__(self, session: Session) -> None:
        super().__init__("Trash")
        set_role(self, "link")
        self.setToolTip("What was deleted, and back with it")
        self.setAccessibleDescription(self.toolTip())
        self.box = TrashBox(session, self)
        self.clicked.connect(lambda _checked=False: self.open_box())
        session.project_changed.connect(self._on_project_changed)
        if session.view is not None:
            self._on_project_changed(session.view)

    def open_box(self) -> None:
        """Shows the trash."""
        self.box.refresh()
        self.box.show()

    def _on_project_changed(self, view: api.ProjectView) -> None:
        self.setText(f"Trash ({view.n_deleted})" if view.n_deleted else "Trash")


class TrashBox(QDialog):
    """Lists deletions, the newest first. It stays open beside the window and keeps up with it."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: list[str] = []
        self._doomed: list[str] = []  # what the question is about
        self.list = QTreeWidget()
        self.restore_button = button("Bring back", self.restore, tip="Puts the selected things where they were")
        self.empty_button = button("Delete for good…", self.ask_to_empty, tip="Frees the space; nothing brings it back")
        self.sure_button = button("Yes, delete for good", self.empty, role="primary")
        self.no_button = button("No, keep it", self._keep)
        self._sentence = label("", "muted", wraps=True)
        self._build()
        session.project_changed.connect(self._on_project_changed)
        session.project_closed.connect(self.close)

    def refresh(self) -> None:
        """Reads what the trash holds."""
        project = self._session.project
        if project is not None:
            self._session.ask("trash", lambda: api.show_trash(project), self._show, title="The trash was not read")

    def restore(self) -> None:
        """Brings the selected deletions back."""
        project, chosen = self._session.project, self._selected()
        if project is not None and chosen:
            work = lambda: [api.restore(project, deletion).words for deletion in chosen]  # noqa: E731
            self._session.ask("trash-restore", work, self._on_restored, title="It was not brought back")

    def ask_to_empty(self) -> None:
        """Asks once more before the selected deletions, or all where none is selected, go for good."""
        self._doomed = self._selected() or list(self._shown)
        self._set_asking(True)
        self.no_button.setFocus()

    def empty(self) -> None:
        """Deletes for good what was asked about, whatever is selected by now."""
        project, doomed = self._session.project, self._doomed
        self._set_asking(False)
        if project is not None and doomed:
            work = partial(api.empty_trash, project, doomed)
            self._session.ask("trash-empty", work, self._on_emptied, title="The trash was not emptied")

    def _show(self, found: list[api.Deletion]) -> None:
        shown = [one.id for one in found]
        if shown != self._shown:
            self._set_asking(False)  # the question was about another list
        self._shown = shown
        chosen = set(self._selected())
        self.list.clear()
        for one in found:
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.at))
            item = QTreeWidgetItem([one.words, when, size_words(one.size)])
            item.setData(0, _DELETION, one.id)
            item.setToolTip(0, tip_words("\n".join(one.run_ids) or one.words))
            item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.list.addTopLevelItem(item)
            item.setSelected(one.id in chosen)
        total = size_words(sum(one.size for one in found))
        self._sentence.setText(f"{total} in all, within the project." if found else "The trash is empty.")
        for control in (self.restore_button, self.empty_button):
            control.setEnabled(bool(found))
        if not self._selected():
            self.list.setCurrentIndex(self.list.model().index(0, 0))

    def _selected(self) -> list[str]:
        return [item.data(0, _DELETION) for item in self.list.selectedItems()]

    def _on_restored(self, words: list[str]) -> None:
        self._session.tell(f"{', '.join(words)}: brought back.".capitalize(), "good")
        self._session.look()
        self.refresh()

    def _on_emptied(self, freed: int) -> None:
        self._session.tell(f"{size_words(freed)} freed.", "good")
        self._session.look()
        self.refresh()

    def _keep(self) -> None:
        self._set_asking(False)

    def _set_asking(self, asking: bool) -> None:
        if not asking:
            self._doomed = []
        self.sure_button.setText(f"Yes, delete {'the selected' if self._selected() else 'all'} for good")
        for control in (self.restore_button, self.empty_button):
            control.setVisible(not asking)
        for control in (self.sure_button, self.no_button):
            control.setVisible(asking)

    def _on_project_changed(self, view: api.ProjectView) -> None:
        if self.isVisible() and view.n_deleted != len(self._shown):
            self.refresh()

    def _build(self) -> None:
        self.setWindowTitle("Trash")
        self.setObjectName("ground")
        self.resize(*_SIZE)
        self.list.setAccessibleName("Deletions, the newest first")
        self.list.setColumnCount(3)
        self.list.setHeaderLabels(["what", "deleted", "size"])
        self.list.setRootIsDecorated(False)
        self.list.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            self.list.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        foot = QHBoxLayout()
        foot.addWidget(self._sentence, 1)
        for control in (self.restore_button, self.empty_button, self.no_button, self.sure_button):
            control.setAutoDefault(False)
            foot.addWidget(control)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list, 1)
        layout.addLayout(foot)
        self._set_asking(False)


def size_words(n_bytes: int) -> str:
    """Returns a size on disk as people say it: 12 KiB, 97.4 MiB."""
    size, unit = float(n_bytes), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < _KIB:
            break
        size, unit = size / _KIB, larger
    return f"{n_bytes:,} bytes" if unit == "bytes" else f"{size:,.1f} {unit}"
