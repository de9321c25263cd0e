"""The open project, kept fresh: the window's one link to `workbench.api`."""

import logging
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSettings, QTimer, Signal

from workbench import api
from workbench.domain.errors import WorkbenchError
from workbench.ui.history import History
from workbench.ui.machine.watch import MachineWatch
from workbench.ui.preferences import PreferenceStore
from workbench.ui.shortcuts import Shortcuts
from workbench.ui.tasks import Task, Tasks

_LOG = logging.getLogger(__name__)
_RECENT = "projects/recent"
_N_RECENT = 8
OF_THE_WINDOW = "window "  # begins the keys of questions that do not end with the project
_POLL_MS = 500
_POLL_SHARE = 10  # a look that takes long on a large project is taken at most a tenth of the time


class Session(QObject):
    """Opens and closes projects, looks at the open one twice a second, remembers what the person chose.

    Signals:
        project_opened: with the Project.
        project_closed: nothing is open any more.
        project_changed: with the ProjectView, whenever what the project holds or where its runs are has changed.
        failed: title, sentence, hint and details of what went wrong.
        recovered: the question that failed last was asked again, and answered.
        told: a sentence worth a toast, and its tone: plain, good or bad.
    """

    project_opened = Signal(object)
    project_closed = Signal()
    project_changed = Signal(object)
    failed = Signal(str, str, str, str)
    recovered = Signal()
    told = Signal(str, str)

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.tasks = Tasks(self)
        self.history = History(self.tasks, self.report, self)
        self.preferences = PreferenceStore(self.tasks, self.report, self)
        self.shortcuts = Shortcuts(self.preferences, self)
        self.machine = MachineWatch(self.tasks, self)
        self._project: api.Project | None = None
        self._view: api.ProjectView | None = None
        self._looked_at = 0.0
        self._failing = self._unanswered = ""  # keys: of what fails just now, and of what was told to have failed
        self._strays: set[str] = (
            set()
        )  # keys of what failed that nobody waited for: said once, however often it is tried
        self._trouble = ""  # why the project could not be looked at the last time
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self.look)
        self.tasks.strayed.connect(self._on_strayed)

    @property
    def project(self) -> api.Project | None:
        """The open project."""
        return self._project

    @property
    def view(self) -> api.ProjectView | None:
        """What was last seen of it; None until the first look."""
        return self._view

    def ask(
        self,
        key: str,
        work: Callable[[], Any],
        on_result: Callable[[Any], None],
        *,
        title: str = "That did not work",
        on_error: Callable[[Exception], None] | None = None,
    ) -> Task:
        """Runs a verb of the api on another thread; where it fails and nobody else minds, the window says so.

        Args:
            key: names the question; only the newest of a key is answered, and none after its project was closed.
            work: takes nothing, touches no widget.
            on_result: receives its result on the window's thread.
            title: of the message if it fails.
            on_error: takes the exception instead of the window.
        """

        def on_failed(error: Exception) -> None:
            self._failing = key
            on_error(error) if on_error else self.report(title, error)
            self._failing = ""

        def on_answered(result: Any) -> None:
            if self._unanswered == key:
                self._unanswered = ""
                self.recovered.emit()
            on_result(result)

        return self.tasks.start(key, work, on_answered, on_failed)

    def report(self, title: str, error: BaseException) -> None:
        """Says in the window, and in the log, that something went wrong."""
        self._unanswered = self._failing
        details = "".join(traceback.format_exception(error))
        if isinstance(error, WorkbenchError):
            _LOG.warning("%s: %s", title, error)
            self.failed.emit(title, error.sentence, error.hint, details)
            return
        _LOG.error("%s.", title, exc_info=error)
        sentence = f"{type(error).__name__}: {error}"
        self.failed.emit(title, sentence, "Your project is safe. Copy the details if you want to report this.", details)

    def tell(self, sentence: str, tone: str = "plain") -> None:
        """Shows a toast."""
        self.told.emit(sentence, tone)

    def open(self, path: Path) -> None:
        """Opens the project at a folder or project.workbench; `project_opened` follows, or `failed`."""
        self.ask("window open", lambda: api.open_project(path), self._on_opened, title="The project was not opened")

    def open_sample(self) -> None:
        """Opens the sample project, in a copy of the person's own."""
        work = lambda: api.open_project(api.place_sample())  # noqa: E731
        self.ask("window open", work, self._on_opened, title="The sample was not opened")

    def create(self, folder: Path, name: str | None = None) -> None:
        """Makes a project and opens it."""
        work = lambda: api.create_project(folder, name)  # noqa: E731
        self.ask("window open", work, self._on_created, title="The project was not made")

    def close(self) -> None:
        """Closes the project; its runs go on."""
        self._timer.stop()
        self.history.clear()
        self.tasks.cancel_all(but=OF_THE_WINDOW)  # whoever asked belongs to the project and goes with it
        if self._project is not None:
            self._project = self._view = None
            self._trouble = ""
            self.project_closed.emit()

    def stop(self) -> None:
        """Closes the project and ends what is going on in this process."""
        self.close()
        self.machine.stop()
        self.tasks.stop()
        self.preferences.flush()  # after a write that was going on, or that one's older value would be the last

    def look(self) -> None:
        """Looks at the project now; `project_changed` follows where something is different."""
        project = self._project
        if project is None or self.tasks.is_running("look"):
            return
        self._looked_at = time.monotonic()
        self.ask("look", lambda: api.show_project(project), self._on_looked, on_error=self._on_look_failed)

    def keep(self, name: str, value: object) -> None:
        """Remembers something about the open project for the next time that it is opened here."""
        self.settings.setValue(self._own_key(name), value)

    def kept(self, name: str, default: object) -> Any:
        """Returns what was remembered about the open project."""
        return self.settings.value(self._own_key(name), default)

    def _own_key(self, name: str) -> str:
        folder = self._project.folder if self._project else ""
        return f"{name}{str(folder).replace('/', '|')}"

    def recent(self) -> list[Path]:
        """Returns the projects that were opened last and are still there, newest first."""
        stored = self.settings.value(_RECENT, [])
        paths = [stored] if isinstance(stored, str) else list(stored or [])
        return [Path(path) for path in paths if (Path(path) / "project.workbench").is_file()]

    def forget(self, folder: Path) -> None:
        """Takes a project out of the recent ones; nothing on disk changes."""
        self.settings.setValue(_RECENT, [str(path) for path in self.recent() if path != folder])

    def _on_created(self, project: api.Project) -> None:
        self.settings.setValue("window/page", "overview")  # which says what comes first
        self._on_opened(project)

    def _on_opened(self, project: api.Project) -> None:
        self.close()
        self._project = project
        others = [path for path in self.recent() if path != project.folder]
        self.settings.setValue(_RECENT, [str(path) for path in [project.folder, *others][:_N_RECENT]])
        self.project_opened.emit(project)
        self._timer.start()
        self.look()

    def _on_looked(self, view: api.ProjectView) -> None:
        took_ms = 1000 * (time.monotonic() - self._looked_at)
        self._timer.setInterval(max(_POLL_MS, int(_POLL_SHARE * took_ms)))
        self._trouble = ""
        if self._view is None:
            self._prepare()
        if view != self._view:
            self._view = view
            self.project_changed.emit(view)

    def _prepare(self) -> None:
        """Reads long logs ahead, before somebody waits for a chart of them."""
        project = self._project
        assert project is not None
        self.tasks.start_long("prepare logs", lambda task: api.prepare_logs(project, task.check), lambda _done: None)

    def _on_look_failed(self, error: Exception) -> None:
        """Says it once; a project that was seen stays open with all that is typed: a moment later it may be read again."""
        if self._view is None:
            self.close()
            self.report("The project cannot be read", error)
        elif str(error) != self._trouble:
            self._trouble = str(error)
            self.report("The project cannot be read at the moment; what is shown is from before", error)

    def _on_strayed(self, key: str, error: Exception) -> None:
        if key not in self._strays:
            self._strays.add(key)
            self.report("Something in the background went wrong", error)
