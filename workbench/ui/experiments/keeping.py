"""What is kept of a form: as it stands when the window closes, as drafts under names, as YAML files."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from workbench import api
from workbench.domain.drafts import ExperimentDraft
from workbench.domain.errors import BadInput, WorkbenchError
from workbench.domain.experiments import Experiment
from workbench.ui.session import Session
from workbench.ui.widgets import add_action

_KEEP_MS = 1000  # after the last key
_YAML = "Experiment files (*.yaml *.yml)"


class Form(Protocol):
    """What is kept: something that holds a draft."""

    def draft(self) -> ExperimentDraft: ...
    def show_draft(self, draft: ExperimentDraft) -> None: ...


class FormKeeping(QObject):
    """Keeps what stands in a form, and brings it back; the menus and the shortcut for it.

    Args:
        session: whose project it is kept in.
        form: what is kept.
        widget: the form as a widget, for shortcuts.
        head: the part of it that menus and dialogs hang on, since it wears the style sheet.
    """

    def __init__(self, session: Session, form: Form, widget: QWidget, head: QWidget) -> None:
        super().__init__(widget)
        self._session = session
        self._form = form
        self._head = head
        self._project: api.Project | None = None  # the one whose form this is, also while it is being closed
        self._kept: ExperimentDraft | None = None
        self._untouched: ExperimentDraft | None = None  # what stood in the form before anybody typed
        self._before: ExperimentDraft | None = None  # what was replaced last
        self.start_menu, self.save_menu = QMenu(head), QMenu(head)
        self._timer = QTimer(self, singleShot=True, interval=_KEEP_MS)
        self._timer.timeout.connect(self._keep)
        self.start_menu.aboutToShow.connect(self._fill_start)
        self.save_menu.aboutToShow.connect(self._fill_save)
        self._fill_save()
        add_action(widget, "Save the draft of the experiment", "Ctrl+S", self.save_draft)

    def restore(self) -> None:
        """Brings back what stood in the form when it was left, once a project."""
        project = self._session.project
        if project is not None and self._project is None:
            self._project, self._untouched = project, self._form.draft()
            self._session.ask(
                "left form", lambda: api.left_form(project), self._on_restored, on_error=self._on_not_restored
            )

    def note_change(self) -> None:
        """Keeps the form a moment later."""
        if self._kept is not None:
            self._timer.start()

    def keep_now(self) -> None:
        """Keeps the form before this returns: it is going out of sight, perhaps for ever."""
        if self._project is None or self._kept is None:
            return
        draft = self._form.draft()
        if not self._kept.same_as(draft):
            self._timer.stop()
            try:
                api.leave_form(self._project, draft)
                self._kept = draft
            except (WorkbenchError, OSError) as error:
                self._session.report("The form was not kept", error)

    def remember(self, arm: str, before: ExperimentDraft) -> None:
        """Keeps what stood in the form before an arm was taken out."""
        self._before = before
        self._session.tell(f'Removed the arm {arm}. "Start from" brings back what the form held before.')

    def save_draft(self) -> None:
        """Keeps the form as a draft under the experiment's name."""
        project, draft = self._session.project, self._form.draft()
        if project is None:
            return
        if not draft.name:
            self._session.tell("Give the experiment a name first: the draft is kept under it.", "bad")
            return
        told = lambda _none: self._session.tell(f"Saved the draft {draft.name}.", "good")  # noqa: E731
        self._session.ask("save draft", lambda: api.save_draft(project, draft.name, draft), told)

    def save_yaml(self, path: str) -> None:
        """Writes the experiment as a file; one that is not complete is refused with the reason."""
        project, draft = self._session.project, self._form.draft()
        if not path or project is None:
            return
        target = Path(path)  # as it was chosen: for that one the dialog asked whether it may be replaced

        def write() -> None:
            api.export_experiment(project, Experiment.parse(draft.raw(), where="The experiment"), target)

        told = lambda _none: self._session.tell(f"Saved {target.name}.", "good")  # noqa: E731
        self._session.ask("save-experiment", write, told, title="The experiment was not saved")

    def open_yaml(self, path: str) -> None:
        """Fills the form from an experiment file."""
        project = self._session.project
        if path and project is not None:
            self._fill("read-experiment", lambda: ExperimentDraft.of(api.open_experiment(project, Path(path))))

    def duplicate(self, name: str) -> None:
        """Fills the form with an experiment of the project, under a new name."""
        project = self._session.project
        if project is None:
            return

        def read() -> ExperimentDraft:
            draft = ExperimentDraft.of(api.find_experiment(project, name))
            taken = {*project.manifest().experiments, *api.draft_names(project)}
            return draft.model_copy(update={"general": draft.general | {"name": [_free_name(name, taken)]}})

        self._fill("read-experiment", read)

    def open_draft(self, name: str) -> None:
        """Fills the form with a draft."""
        project = self._session.project
        if project is not None:
            self._fill("read-experiment", lambda: api.read_draft(project, name))

    def _fill(self, key: str, read: Callable[[], ExperimentDraft]) -> None:
        self._session.ask(key, read, self._replace, title="The experiment was not opened")

    def _delete_draft(self, name: str) -> None:
        project = self._session.project
        if project is not None:
            self._session.history.do(
                f"Delete draft {name}",
                lambda: api.delete_draft(project, name),
                lambda draft: api.save_draft(project, name, draft),
            )

    def _keep(self) -> None:
        project, draft = self._project, self._form.draft()

        def on_kept(_none: None) -> None:
            self._kept = draft

        if project is not None and self._kept is not None and not self._kept.same_as(draft):
            self._session.ask(
                "keep form", lambda: api.leave_form(project, draft), on_kept, title="The form was not kept"
            )

    def _on_restored(self, left: ExperimentDraft | None) -> None:
        is_untouched = self._untouched is not None and self._form.draft().same_as(self._untouched)
        if left is not None and is_untouched and self._session.project == self._project:
            self._show(left)
            self._kept = self._form.draft()
        else:
            self._begin_anew()

    def _on_not_restored(self, problem: Exception) -> None:
        """Sets aside what could not be read, or nothing could be kept without destroying it."""
        project = self._project
        assert project is not None

        def on_aside(path: Path) -> None:
            told = BadInput(f"What it was left with cannot be read, and is kept in {path}: {problem}")
            self._session.report("The form starts anew", told)
            self._begin_anew()

        work = lambda: api.set_form_aside(project)  # noqa: E731
        self._session.ask("left form", work, on_aside, title="The form could not be read, and is not kept from now on")

    def _begin_anew(self) -> None:
        self._kept = self._untouched
        self.note_change()  # somebody may have typed already

    def _replace(self, draft: ExperimentDraft) -> None:
        """Fills the form; what stood in it is one menu away."""
        self._before = self._form.draft()
        self._show(draft)

    def _show(self, draft: ExperimentDraft) -> None:
        """Fills the form; what an earlier version stored and the form has no field for is told."""
        self._form.show_draft(draft)
        if forgotten := api.unknown_settings(draft):
            names = ", ".join(forgotten)
            self._session.tell(f"This version has no setting for what was stored as {names}: it is left out.", "bad")

    def _bring_back(self) -> None:
        if self._before is not None:
            self._replace(self._before)

    def _fill_start(self) -> None:
        self.start_menu.clear()
        view, project = self._session.view, self._session.project
        experiments = view.experiments if view else []
        self.start_menu.addAction("Open YAML file ...").triggered.connect(lambda: self._ask_for_file(to_save=False))
        self.start_menu.addAction("An empty form").triggered.connect(self._empty)
        if self._before is not None:
            self.start_menu.addAction("What the form held before").triggered.connect(self._bring_back)
        _section(self.start_menu, "Duplicate an experiment", experiments, self.duplicate)
        _section(self.start_menu, "Go on with a draft", api.draft_names(project) if project else [], self.open_draft)

    def _fill_save(self) -> None:
        self.save_menu.clear()
        project = self._session.project
        self.save_menu.addAction("Save draft\tCtrl+S").triggered.connect(self.save_draft)
        self.save_menu.addAction("Save as YAML file ...").triggered.connect(lambda: self._ask_for_file(to_save=True))
        names = api.draft_names(project) if project else []
        _section(self.save_menu, "Delete a draft", names, self._delete_draft)

    def _empty(self) -> None:
        self._replace(ExperimentDraft(arms=tuple(api.DraftArm(name=m, method=m) for m in ("ppo", "dpo"))))

    def _ask_for_file(self, *, to_save: bool) -> None:
        dialog = QFileDialog(self._head, "Save as YAML" if to_save else "Open YAML", "", _YAML)
        mode = QFileDialog.AcceptMode.AcceptSave if to_save else QFileDialog.AcceptMode.AcceptOpen
        dialog.setAcceptMode(mode)
        dialog.setDefaultSuffix("yaml")
        dialog.fileSelected.connect(self.save_yaml if to_save else self.open_yaml)
        dialog.open()


def menu_button(words: str, menu: QMenu, tip: str) -> QToolButton:
    """Makes a button that opens a menu."""
    made = QToolButton()
    made.setText(words)
    made.setMenu(menu)
    made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    made.setToolTip(tip)
    made.setAccessibleDescription(tip)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


def _section(menu: QMenu, title: str, names: list[str], on_chosen: Callable[[str], None]) -> None:
    if not names:
        return
    inner = menu.addMenu(title)
    for name in names:
        inner.addAction(name.replace("&", "&&")).triggered.connect(
            lambda _checked=False, chosen=name: on_chosen(chosen)
        )


def _free_name(name: str, taken: set[str]) -> str:
    n = 2
    while f"{name} {n}" in taken:
        n += 1
    return f"{name} {n}"
