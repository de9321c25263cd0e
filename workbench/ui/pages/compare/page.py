"""The Compare page: asks for a comparison and hands it to those who show its parts."""

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from workbench import api
from workbench.compare import ComparedArm, Comparison
from workbench.domain.errors import BadSetting, NotFound
from workbench.ui.page import Page
from workbench.ui.pages.compare.body import Body
from workbench.ui.pages.compare.exporting import ExportDialog, export_actions
from workbench.ui.pages.compare.head import Head
from workbench.ui.pages.compare.saved_views import SavedViews
from workbench.ui.pages.compare.view_bar import ViewBar
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.turns import Turns
from workbench.ui.widgets import EmptyState, add_action
from workbench.ui.widgets.controls import counted

_ALL_PROMPTS = 5_000
_REST = 5  # times as long as a comparison takes, until runs that go on have it made again


class _Answer(NamedTuple):
    """What a look at the project brings: the comparison and every arm's answers."""

    comparison: Comparison
    questions: list[api.Question]


class ComparePage(Page):
    """Rewards, KL and win rates of the project's evaluated arms, kept up to date while runs go on."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self._shown: _Answer | None = None
        self._view = self._last_view()
        self._places: dict[str, api.Place] = {}
        self._seen: tuple[object, ...] | None = None
        self._is_stale = False
        self._asked_at, self._took_s = 0.0, 0.0
        self._soon = QTimer(self, singleShot=True)
        self._drawing = Turns(self)
        self._build()
        self._place()
        self._connect()

    @property
    def view(self) -> api.View:
        """How the comparison is looked at now."""
        return self._view

    @property
    def comparison(self) -> Comparison | None:
        """What was compared last, without what was hidden since."""
        if self._shown is None:
            return None
        hidden = self.tree.hidden()
        panels = tuple(
            panel.model_copy(
                update={
                    "series": tuple(one for one in panel.series if one.arm not in hidden),
                    "spans": tuple(one for one in panel.spans if one.arm not in hidden),
                }
            )
            for panel in self._shown.comparison.panels
        )
        return self._shown.comparison.model_copy(update={"panels": panels})

    @cached_property
    def export(self) -> ExportDialog:
        """The dialog of exports, made when it is first wanted."""
        return ExportDialog(self.session, lambda: self.comparison, lambda: self._view, self.head)

    @property
    def is_settled(self) -> bool:
        """Says whether all that is wanted is shown."""
        wanted = self._shown is not None and self._shown.comparison.view == self._view
        return wanted and self._drawing.is_done and self.deck.is_done and not self.session.tasks.is_running("compare")

    def arrive(self) -> None:
        if self._shown is None and (view := self.session.view) is not None:  # else the first look at the project asks
            self._seen = self._drawn_from(view)
            self.refresh()
        self.saved.read()

    def dressed(self) -> Sequence[QWidget]:
        return (self.head, self.empty, *self.body.dressed(), self._area.verticalScrollBar())

    def commands(self) -> Sequence[QAction]:
        return [*self.actions(), *self.deck.actions(), *self.answers.actions(), *self._exports, *self.saved.commands()]

    def offer_export(self, panel: str | None = None) -> None:
        """Asks how the charts, or one of them, shall be kept."""
        self.export.offer(panel)

    def refresh(self) -> None:
        """Asks for the comparison of this view; while one is on its way, asks again after it."""
        project, view, places = self.session.project, self._view, self._places
        if project is None:
            return
        if self.session.tasks.is_running("compare"):
            self._is_stale = True
            return

        def work() -> _Answer:
            found = api.compare_runs(project, view=view)
            return _Answer(found, api.compare_answers(project, found, _ALL_PROMPTS, _still_there(places, found)))

        self._is_stale = False
        self._asked_at = time.monotonic()
        self.session.ask("compare", work, self._on_compared, on_error=self._on_not_compared)

    def show_view(self, view: api.View) -> None:
        """Looks at the comparison in another way, which comes back when the project is opened again."""
        self._view = view
        self.session.settings.setValue(self._key(), view.model_dump_json())
        self.bar.show_view(view, self._rivals(), self._judges())
        self.refresh()

    def show_places(self, places: Mapping[str, api.Place]) -> None:
        """Shows the answers of these checkpoints, and of the last ones of arms that are not named."""
        self._places = dict(places)
        project, shown = self.session.project, self._shown
        if project is None or shown is None:
            return
        at = _still_there(self._places, shown.comparison)

        def on_result(questions: list[api.Question]) -> None:
            if self._shown is not None and self._shown.comparison is shown.comparison:
                self._shown = _Answer(shown.comparison, questions)
                self._show_answers()

        self.session.ask(
            "compare answers",
            lambda: api.compare_answers(project, shown.comparison, _ALL_PROMPTS, at),
            on_result,
            title="The answers were not read",
        )

    def sample_best_of_n(self) -> None:
        """Queues best of n by every reward model of the project; its curves come when it has sampled."""
        if (project := self.session.project) is not None:
            self.session.ask(
                "best of n",
                lambda: api.sample_best_of_n(project),
                lambda jobs: self.session.tell(f"Best of n is queued: {counted(len(jobs), 'run')}."),
                title="Best of n was not queued",
            )

    def _build(self) -> None:
        self.bar, self.saved = ViewBar(), SavedViews(self.session, lambda: self._view)
        self.body = Body(self.session)
        self.tree, self.verdict, self.grid, self.filter = (
            self.body.tree,
            self.body.verdict,
            self.body.charts,
            self.body.filter,
        )
        self.deck, glance = self.body.deck, self.body.glance
        self.matrix, self.answers, self.summary_card = glance.matrix, glance.answers, glance.summary
        self.summary = self.summary_card.table
        self._area = QScrollArea(widgetResizable=True)  # a low window has no room for all of it
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setWidget(self.body)
        self.head = Head(self.bar, self.saved, self.offer_export)
        self.empty = EmptyState("", "", "Go to Overview", lambda: self.page_wanted.emit("overview"))
        self.empty.wait("Comparing…")
        add_action(self, "Export…", "Ctrl+Shift+E", self.offer_export)
        add_action(self, "Filter runs", "Ctrl+Shift+F", self.filter.setFocus)
        self._exports = export_actions(self, lambda suffix: self.export.offer(suffix=suffix))

    def _place(self) -> None:
        self._body = QStackedWidget()
        self._body.addWidget(self.empty)
        self._body.addWidget(self._area)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.head)
        layout.addWidget(self._body, 1)

    def _connect(self) -> None:
        self.bar.changed.connect(lambda values: self.show_view(self._view.with_changes(**values)))
        self.bar.show_view(self._view, ())
        self.saved.chosen.connect(self._on_view_chosen)
        self.session.history.changed.connect(self.saved.read)
        self.tree.shown_changed.connect(self._on_ticked)
        self.filter.textChanged.connect(self.tree.filter_by)
        self.grid.picked.connect(self.answers.show_checkpoint)
        self.grid.export_wanted.connect(self.offer_export)
        self.answers.places_wanted.connect(self.show_places)
        self.body.best_of_n_wanted.connect(self.sample_best_of_n)
        self.body.settings_wanted.connect(lambda: self.thing_wanted.emit("settings", "judges"))
        self.look.changed.connect(self._on_look_changed)
        self._soon.timeout.connect(self.refresh)
        self.session.project_changed.connect(self._on_project_changed)

    def _on_view_chosen(self, view: api.View) -> None:
        if self._shown is not None:
            comparison = self._shown.comparison
            self.tree.show_arms(comparison.everyone, comparison.hidden_by(view), self.look.scheme)
        self.show_view(view)

    def _on_ticked(self) -> None:
        """Takes arms from the charts at once; verdict and warnings follow when they are worked out without them."""
        self._show()
        hidden = self.tree.hidden()
        if any(arm.name not in hidden for arm in self._rivals()):
            lasting = [arm.called[0] for arm in self._everyone() if arm.name in hidden]
            self.show_view(self._view.with_changes(hidden=lasting))
        else:
            self.verdict.say("No run is ticked. Tick at least one to see what can be said of it.")

    def _on_look_changed(self, _scheme: object) -> None:
        if self._shown is not None:
            self.tree.show_arms(self._shown.comparison.everyone, self.tree.hidden(), self.look.scheme)
            self._show()

    def _on_project_changed(self, view: api.ProjectView) -> None:
        seen = self._drawn_from(view)
        self._show_going()
        if seen != self._seen:
            self._seen = seen
            pause_s = _REST * self._took_s - (time.monotonic() - self._asked_at)
            self._soon.start(max(0, round(1000 * pause_s)))

    def _drawn_from(self, view: api.ProjectView) -> tuple[object, ...]:
        """Returns how those runs stand that a comparison is made of."""
        drawn = ("evaluate", "best_of_n", "judge", *(("ppo", "dpo") if self._view.metrics else ()))
        return tuple((run.id, run.state, run.step) for run in view.runs if run.method in drawn)

    def _on_compared(self, answer: _Answer) -> None:
        self._took_s = time.monotonic() - self._asked_at
        self._shown, comparison = answer, answer.comparison
        self._view = comparison.lasting(self._view)
        unticked = self.tree.hidden()
        is_none = all(arm.name in unticked for arm in comparison.evaluated)
        hidden = unticked if is_none else comparison.hidden_by(self._view)
        self.tree.show_arms(comparison.everyone, hidden, self.look.scheme)
        self.bar.offer_metrics(comparison.reward_metrics)
        self.bar.show_view(self._view, self._rivals(), self._judges())
        self._show()
        if self._is_stale:
            self.refresh()

    def _on_not_compared(self, error: Exception) -> None:
        if isinstance(error, NotFound):
            self.empty.say("Nothing to compare yet", error.sentence)
            self._shown = None
            self._body.setCurrentIndex(0)
        else:
            self.session.report("The runs could not be compared", error)
        if isinstance(error, BadSetting) and self._view.judge:
            self.show_view(self._view.with_changes(judge=""))  # one that has judged nothing here
        elif isinstance(error, BadSetting) and self._view.baseline:
            self.show_view(self._view.with_changes(baseline=""))  # an arm that is gone by now
        elif isinstance(error, BadSetting) and self._view.hidden:
            self.show_view(self._view.with_changes(hidden=()))  # all that are left
        elif self._is_stale:
            self.refresh()

    def _show(self) -> None:
        if self._shown is not None:
            self._drawing.start(self._showing(self._shown))

    def _showing(self, answer: _Answer) -> Iterator[None]:
        """Shows everything, piece by piece; the words first, since they take no time."""
        comparison, scheme, hidden = answer.comparison, self.look.scheme, self.tree.hidden()
        self.head.show_interval(comparison)
        self._show_going()
        yield
        self._body.setCurrentIndex(1)
        yield
        if any(arm.name not in hidden for arm in comparison.evaluated):
            self.verdict.show_words(comparison)
        self.body.fairness.show_pins(comparison)
        yield
        yield from self.grid.showing(comparison, scheme, hidden)
        self.body.fit_charts()
        yield from self.answers.showing(answer.questions, comparison.arms, scheme, hidden)
        yield
        yield from self.deck.showing(comparison, scheme, hidden)
        self._ring()

    def _show_going(self) -> None:
        if self._shown is not None:
            self.body.going.show_runs(self._shown.comparison, self.tree.hidden(), self.session.view)

    def _show_answers(self) -> None:
        assert self._shown is not None
        comparison, questions = self._shown
        self.answers.show_questions(questions, comparison.arms, self.look.scheme, self.tree.hidden())
        self._ring()

    def _ring(self) -> None:
        """Puts a ring around the checkpoints whose answers are shown, where they are not the last."""
        assert self._shown is not None
        first = {
            arm.name: _step_in_first_seed(arm.checkpoints, arm.seeds, place)
            for arm in self._shown.comparison.arms
            if (place := self._places.get(arm.name)) is not None
        }
        self.grid.ring(first)

    def _everyone(self) -> list[ComparedArm]:
        return self._shown.comparison.everyone if self._shown is not None else []

    def _rivals(self) -> list[ComparedArm]:
        """The arms that others can be compared with."""
        return self._shown.comparison.evaluated if self._shown is not None else []

    def _judges(self) -> Sequence[str]:
        return self._shown.comparison.judges if self._shown is not None else ()

    def _key(self) -> str:
        folder = self.session.project.folder if self.session.project is not None else ""
        return f"compare/last-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"

    def _last_view(self) -> api.View:
        """Returns how this project was looked at last; what another version of the program kept otherwise is left."""
        kept = str(self.session.settings.value(self._key(), ""))
        try:
            return api.View.model_validate_json(kept) if kept else api.View()
        except ValueError:
            return api.View()


def _still_there(places: Mapping[str, api.Place], comparison: Comparison) -> dict[str, api.Place]:
    """Returns the places that the comparison has."""
    known = {(arm.name, point.seed, point.step) for arm in comparison.arms for point in arm.checkpoints}
    return {arm: place for arm, place in places.items() if (arm, *place) in known}


def _step_in_first_seed(checkpoints: Sequence[Any], seeds: Sequence[int], place: api.Place) -> int:
    """Returns the step in an arm's first seed of the checkpoint that stands in the same order as `place` in its own."""
    own = [point.step for point in checkpoints if point.seed == place.seed]
    first = [point.step for point in checkpoints if point.seed == seeds[0]]
    at = own.index(place.step) if place.step in own else len(own) - 1
    return first[min(at, len(first) - 1)]
