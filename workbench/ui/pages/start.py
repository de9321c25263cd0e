"""Start: what a person sees while no project is open. Recent projects, a new one, the sample."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QFormLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from workbench import api
from workbench.ui.opening import ask, ask_for_project
from workbench.ui.page import Page
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.widgets import Card, button, label
from workbench.ui.widgets.controls import change_role

_WIDTH = 980


class StartPage(Page):
    """Opens a project by a click or a dialog, or makes a new one."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self._recent = Card("Recent projects")
        self._rows = QVBoxLayout()
        self._new = self._build_new()
        self._sample = self._build_sample()
        self._preferred = ""
        self._place()

    def arrive(self) -> None:
        self._show_recent()
        self._show_where()
        has_sample = api.find_sample() is not None
        self._sample.setVisible(has_sample)
        is_first = has_sample and not self.session.recent()  # who has no project yet looks around before
        change_role(self.sample_button, "primary" if is_first else "")
        change_role(self.create_button, "" if is_first else "primary")

    def begin(self) -> None:
        self.name_field.setFocus()

    def choose(self) -> None:
        """Asks which project to open."""
        ask_for_project(self, self.session.open)

    def open_sample(self) -> None:
        """Opens the sample project."""
        self.session.open_sample()

    def create_project(self) -> None:
        """Makes the project that the form describes."""
        name = self.name_field.text().strip()
        if not name:
            self.name_field.setFocus()
            return
        self.session.create(Path(self.where_field.text()).expanduser() / name, name)

    def _choose_where(self) -> None:
        dialog = QFileDialog(self, "Folder for the new project", self.where_field.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        ask(dialog, self.where_field.setText)

    def _show_where(self) -> None:
        """Shows where the person prefers new projects, unless another folder was chosen since."""
        preferred = str(api.default_projects_folder(self.session.preferences.now))
        if preferred != self._preferred:
            self._preferred = preferred
            self.where_field.setText(preferred)

    def _show_recent(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().deleteLater()
        folders = self.session.recent()
        for folder in folders:
            self._rows.addWidget(self._recent_row(folder))
        if not folders:
            words = "Projects that you open are listed here. You can also drop a project's folder on this window."
            self._rows.addWidget(label(words, "muted", wraps=True))
        self._rows.addStretch(1)

    def _recent_row(self, folder: Path) -> QWidget:
        row = button(
            f"{folder.name}\n{_short(folder.parent)}", lambda: self.session.open(folder), role="row", tip=str(folder)
        )
        row.setAccessibleName(f"Open {folder.name}")
        return row

    def _build_new(self) -> Card:
        card = Card("New project", "one folder that you can copy and keep under git")
        self.name_field = QLineEdit(placeholderText="my-project")
        self.name_field.setAccessibleName("Name of the new project")
        self.name_field.returnPressed.connect(self.create_project)
        self.where_field = QLineEdit()
        self.where_field.setAccessibleName("Folder for the new project")
        where = QHBoxLayout()
        where.addWidget(self.where_field, 1)
        where.addWidget(button("Choose…", self._choose_where, tip="Choose another folder"))
        form = QFormLayout()
        form.addRow("Name", self.name_field)
        form.addRow("Folder", where)
        card.body.addLayout(form)
        self.create_button = button(
            "Create project", self.create_project, role="primary", tip="Makes the project and opens it"
        )
        card.body.addWidget(self.create_button, 0, Qt.AlignmentFlag.AlignRight)
        return card

    def _build_sample(self) -> Card:
        card = Card("Sample project", "PPO beside DPO on film reviews, trained and compared")
        words = "A finished comparison with real results, to look around in before you bring data of your own."
        card.body.addWidget(label(words, "muted", wraps=True))
        self.sample_button = button("Open the sample", self.open_sample, tip="Opens the finished film critic")
        card.body.addWidget(self.sample_button, 0, Qt.AlignmentFlag.AlignRight)
        return card

    def _place(self) -> None:
        self._recent.corner.addWidget(button("Open…", self.choose, tip="Open a project by its file (Ctrl+O)"))
        self._recent.body.addLayout(self._rows, 1)
        beside = QVBoxLayout()
        beside.setSpacing(12)
        beside.addWidget(self._sample)
        beside.addWidget(self._new)
        beside.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(12)
        columns.addWidget(self._recent, 1, Qt.AlignmentFlag.AlignTop)
        columns.addLayout(beside, 1)
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 24, 0, 0)
        inside.addWidget(label("Which road leads to the better model?", "page-title"))
        words = "Reward model and PPO, or DPO: train both from one start on the same comparisons, and see them side by side."
        inside.addWidget(label(words, "muted", wraps=True))
        inside.addSpacing(14)
        inside.addLayout(columns, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addStretch(1)
        layout.addWidget(inner, 20)
        layout.addStretch(1)


def _short(folder: Path) -> str:
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)
