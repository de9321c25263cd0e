"""Listens to one run: a few times a second it reads what is new, never the whole log again."""

import time

from PySide6.QtCore import QObject, QTimer, Signal

from workbench import api
from workbench.domain.errors import NotFound
from workbench.ui.runs.story import RunStory
from workbench.ui.session import Session

_LOOK_MS = 400  # a point is to be seen within a second of its writing, on a busy machine too
_TELL_S = 0.5  # between two drawings of a long log that is being read
_KEY = "run-news"


class RunWatcher(QObject):
    """Keeps the story of the chosen run.

    Signals:
        story_changed: with the RunStory, whenever the run said something, and at once for another run.
    """

    story_changed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._run_id = ""
        self._offset = 0
        self._story = RunStory()
        self._is_told = True
        self._told_at = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)

    def watch(self, run_id: str) -> None:
        """Turns to another run; an empty id listens to none."""
        self._session.tasks.cancel(_KEY)
        self._run_id, self._offset, self._story = run_id, 0, RunStory()
        self._is_told, self._told_at = True, time.monotonic()
        self.story_changed.emit(self._story)
        self.look()

    def set_listening(self, listening: bool) -> None:
        """Begins or ends looking by itself; nobody needs to look while nobody sees it."""
        if listening:
            self._timer.start()
            self.look()
        else:
            self._timer.stop()

    def look(self) -> None:
        """Reads what is new."""
        project, run_id, offset = self._session.project, self._run_id, self._offset
        if project is None or not run_id or self._session.tasks.is_running(_KEY):
            return
        self._session.ask(_KEY, lambda: api.read_run(project, run_id, offset), self._on_news, on_error=self._on_error)

    def _on_error(self, error: Exception) -> None:
        if isinstance(error, NotFound):  # deleted meanwhile, here or elsewhere: the list will say so
            self._run_id = ""
        else:
            self._session.report("The run was not read", error)

    def _on_news(self, news: api.RunNews) -> None:
        self._offset = news.offset
        if news.began_anew:
            self._story = RunStory()
        self._story.add(news.events)
        self._is_told = self._is_told and not (news.events or news.began_anew)
        if not self._is_told and (not news.more or time.monotonic() - self._told_at > _TELL_S):
            self._is_told, self._told_at = True, time.monotonic()
            self.story_changed.emit(self._story)
        if news.more:
            self.look()
