"""One run: where it is, and in tabs everything that is known of it."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QTabWidget, QVBoxLayout

from workbench import api
from workbench.domain.costs import pace
from workbench.domain.errors import NotFound
from workbench.domain.methods import step_words
from workbench.ui.runs.curves_tab import CurvesTab
from workbench.ui.runs.events_tab import EventsTab
from workbench.ui.runs.log_tab import LogTab
from workbench.ui.runs.outcome_tab import OutcomeTab
from workbench.ui.runs.replay_tab import ReplayTab
from workbench.ui.runs.samples_tab import SamplesTab
from workbench.ui.runs.settings_tab import SettingsTab
from workbench.ui.runs.story import RunStory
from workbench.ui.runs.watcher import RunWatcher
from workbench.ui.runs.words import rate_words
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.widgets import Card, label
from workbench.ui.widgets.controls import tip_words
from workbench.ui.widgets.run_rows import run_words

_LOG_MS = 1500


class RunPanel(Card):
    """Shows the chosen run; reads what the tab in sight needs, and nothing while it is out of sight."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("No run chosen")
        self._session = session
        self._run: api.RunView | None = None
        self.watcher = RunWatcher(session, self)
        self.message = label("", "muted", wraps=True, selectable=True)
        self.tabs = QTabWidget(documentMode=True)
        self.curves, self.samples, self.log = CurvesTab(look), SamplesTab(), LogTab()
        self.events, self.settings, self.outcome = EventsTab(), SettingsTab(), OutcomeTab()
        self.replay = ReplayTab()
        self._log_timer = QTimer(self)
        self._log_timer.setInterval(_LOG_MS)
        self._build()
        self._connect()

    def show_run(self, run: api.RunView, title: str) -> None:
        """Shows a run as it is now; turning to another one begins its story anew."""
        before, self._run = self._run, run
        rate = f" · {pace(run.rate)}" if run.rate else ""
        self.set_title(title, f"{run_words(run)}{rate}")
        self.message.setText(f"{run.message} {run.hint}".strip())
        self.message.setVisible(bool(self.message.text()))
        self.message.setToolTip(tip_words(f"{run.id}\n{rate_words(run)}".strip()))
        if before is None or before.id != run.id:
            self._turn_to(run)
        elif (before.state, before.message) != (run.state, run.message):
            self.refresh()  # a worker that vanished is seen before its end is written down

    def show_nothing(self) -> None:
        """Shows that no run is chosen: there is none any more."""
        self._run = None
        self.set_title("No run chosen")
        self.message.hide()
        self.watcher.watch("")

    def tab(self) -> str:
        """Returns the name of the tab in sight."""
        return self.tabs.tabText(self.tabs.currentIndex())

    def show_tab(self, name: str) -> None:
        """Brings a tab into sight; a name that no tab has changes nothing."""
        for number in range(self.tabs.count()):
            if self.tabs.tabText(number) == name:
                self.tabs.setCurrentIndex(number)

    def begin_search(self) -> bool:
        """Puts the cursor into the search of the tab in sight; False where it has none."""
        tab = self.tabs.currentWidget()
        if tab is self.log or tab is self.settings:
            (self.log if tab is self.log else self.settings).search.setFocus()
            return True
        return False

    def set_in_sight(self, in_sight: bool) -> None:
        """Begins or ends keeping up with the run."""
        self.watcher.set_listening(in_sight)
        (self._log_timer.start if in_sight else self._log_timer.stop)()

    def refresh(self) -> None:
        """Reads what the tab in sight shows."""
        run, project = self._run, self._session.project
        if run is None or project is None:
            return
        tab, ask = self.tabs.currentWidget(), self._ask
        if tab is self.log:
            ask("run-log", lambda: api.run_log(project, run.id), self.log.show_log)
        elif tab is self.settings:
            ask("run-recipe", lambda: api.run_recipe(project, run.id), self.settings.show_recipe)
        elif tab is self.samples:
            ask("run-samples", lambda: api.run_samples(project, run.id), self.samples.show_evaluated)
        elif tab is self.outcome:
            ask("run-outcome", lambda: api.run_outcome(project, run.id), lambda o: self.outcome.show_outcome(run, o))
        elif tab is self.replay:
            ask("run-replay", lambda: api.read_replay(project, run.id), lambda r: self.replay.show_replay(run, r))

    def _stop_replay(self) -> None:
        run, project = self._run, self._session.project
        if run is not None and project is not None:
            self._session.ask(
                "replay-stop",
                lambda: api.stop_replay(project, run.id),
                lambda _none: self.refresh(),
                title="The replay was not stopped",
            )

    def _ask(self, key: str, work: Callable[[], Any], on_result: Callable[[Any], None]) -> None:
        """Asks about the run; one that was deleted meanwhile, here or elsewhere, has nothing more to say."""
        self._session.ask(key, work, on_result, on_error=self._on_error)

    def _on_error(self, error: Exception) -> None:
        if not isinstance(error, NotFound):
            self._session.report("The run was not read", error)

    def _turn_to(self, run: api.RunView) -> None:
        for key in ("run-log", "run-recipe", "run-samples", "run-outcome", "run-replay"):
            self._session.tasks.cancel(key)  # an answer about another run is not to arrive here
        self.samples.show_evaluated([])
        self.watcher.watch(run.id)
        self.refresh()

    def _show_story(self, story: RunStory) -> None:
        self.curves.show_story(story, step_words(self._run.method if self._run else ""))
        self.samples.show_live(story.samples)
        self.events.show_story(story)

    def _keep_fresh(self) -> None:
        working = self._run is not None and not self._run.state.is_over
        tab = self.tabs.currentWidget()
        if (working and tab is self.log) or (tab is self.replay and self.replay.may_change):
            self.refresh()

    def _connect(self) -> None:
        self.watcher.story_changed.connect(self._show_story)
        self.tabs.currentChanged.connect(lambda _tab: self.refresh())
        self._log_timer.timeout.connect(self._keep_fresh)
        self.replay.stop_wanted.connect(self._stop_replay)

    def _build(self) -> None:
        tips = {
            "Curves": "What the run measures, live",
            "Samples": "What it answers to the same prompts over time",
            "Log": "What its worker prints",
            "Events": "Starts, checkpoints, warnings, ends",
            "Settings": "The recipe that it was frozen with",
            "Outcome": "How it ended and what helps",
            "Replay": "Whether the same comes of it when it is done again",
        }
        tabs = (self.curves, self.samples, self.log, self.events, self.settings, self.outcome, self.replay)
        for (name, tip), tab in zip(tips.items(), tabs, strict=True):
            self.tabs.setTabToolTip(self.tabs.addTab(tab, name), tip)
        self.tabs.setAccessibleName("About the run")
        self.tabs.tabBar().setAccessibleName("About the run")
        layout = QVBoxLayout()
        layout.addWidget(self.message)
        layout.addWidget(self.tabs, 1)
        self.message.hide()
        self.body.addLayout(layout, 1)
