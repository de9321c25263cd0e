"""What the person prefers: applied at once, written after, and kept up with what other processes write."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from workbench import api
from workbench.domain.errors import WorkbenchError
from workbench.ui.tasks import Tasks

_TITLE = "The preference was not kept"


class PreferenceStore(QObject):
    """Holds the preferences as they stand now.

    Signals:
        changed: with the Preferences.
    """

    changed = Signal(object)

    def __init__(
        self, tasks: Tasks, report: Callable[[str, BaseException], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._report = report
        self._waiting: dict[str, Callable[[], api.Preferences]] = {}  # by name, oldest first: what is to be written
        self._writing = ""
        self._watcher = QFileSystemWatcher(self)
        self._now = self._first()

    @property
    def now(self) -> api.Preferences:
        """The preferences as they stand."""
        return self._now

    def set(self, name: str, value: Any) -> None:
        """Sets a preference; one that is not allowed is refused in the window and nothing changes.

        Args:
            name: as look.theme, or shortcuts.COMMAND.
            value: of its type, or what was typed for it.
        """
        self._change(name, lambda: api.change_of(name, value), lambda: api.set_preference(name, value))

    def reset(self, name: str) -> None:
        """Gives a preference its default back; `shortcuts` is all shortcuts."""
        self._change(name, lambda: api.reset_of(name), lambda: api.reset_preference(name))

    def watch(self) -> None:
        """Keeps up with the file from now on: a command may change it while the window is open."""
        folder = api.preferences_file().parent
        folder.mkdir(parents=True, exist_ok=True)
        self._watcher.addPath(str(folder))
        self._watcher.directoryChanged.connect(lambda _folder: self.read())

    def flush(self) -> None:
        """Writes what is still to be written, at once: the window closes."""
        for name in list(self._waiting):
            try:
                self._waiting.pop(name)()
            except (WorkbenchError, OSError) as error:
                self._report(_TITLE, error)

    def _first(self) -> api.Preferences:
        try:
            return api.read_preferences()
        except WorkbenchError as error:
            problem = error  # said when the window can show it; until then nothing is lost: the file stays as it is
            QTimer.singleShot(0, self, lambda: self._report("The preferences were not read", problem))
            return api.Preferences()

    def _change(
        self,
        name: str,
        change: Callable[[], Callable[[api.Preferences], api.Preferences]],
        write: Callable[[], api.Preferences],
    ) -> None:
        try:
            self._take(change()(self._now))
        except WorkbenchError as error:
            self._report(_TITLE, error)
            return
        self._waiting.pop(name, None)  # of a value that is turned on and on, the last is written
        self._waiting[name] = write
        self._write_next()

    def _write_next(self) -> None:
        if self._waiting and not self._writing:
            self._writing = next(iter(self._waiting))
            write = self._waiting[self._writing]
            self._tasks.start("window preference", write, lambda _now: self._on_written(write), self._on_failed)

    def _on_written(self, write: Callable[[], api.Preferences]) -> None:
        if self._waiting.get(self._writing) is write:
            del self._waiting[self._writing]
        self._writing = ""
        self._write_next()

    def _on_failed(self, error: Exception) -> None:
        self._waiting.pop(self._writing, None)
        self._writing = ""
        self._report(_TITLE, error)
        self._write_next()

    def read(self) -> None:
        """Takes up what stands in the file now."""
        self._tasks.start("window preferences", api.read_preferences, self._on_read, lambda _error: None)

    def _on_read(self, preferences: api.Preferences) -> None:
        if not self._waiting:  # else ours is the newer
            self._take(preferences)

    def _take(self, preferences: api.Preferences) -> None:
        if preferences != self._now:
            self._now = preferences
            self.changed.emit(preferences)
