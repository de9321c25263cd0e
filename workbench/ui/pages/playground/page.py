"""The Playground page: hands a prompt to the models' process and shows what it says."""

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import Any

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.errors import BadSetting
from workbench.domain.pairs import Turns
from workbench.domain.playground import (
    Answered,
    AskedJudge,
    Asking,
    Began,
    Cancelled,
    Failed,
    PlaygroundEvent,
    Sampled,
    Scored,
    Troubled,
    Wrote,
)
from workbench.ui.page import Page
from workbench.ui.pages.playground.answers import AnswerGrid
from workbench.ui.pages.playground.choosing import CheckpointCard, JudgeCard
from workbench.ui.pages.playground.heat import HeatBar
from workbench.ui.pages.playground.keeping import KeepBar
from workbench.ui.pages.playground.prompt import PromptCard
from workbench.ui.session import Session
from workbench.ui.tasks import Task
from workbench.ui.theme import Look
from workbench.ui.widgets import EmptyState, add_action, button, label, set_role
from workbench.ui.widgets.controls import ElidedLabel

_LEFT = 264
_ASK = "playground"
_WRITE = ("Ask something", "Write a prompt, tick the checkpoints to ask, and press Ctrl+Return.")
_NOBODY = (
    "Nobody to ask yet",
    "Run an experiment: its start model can be asked at once, and every checkpoint as soon as it is saved.",
)
_NO_WEIGHTS = (
    "No checkpoint to ask yet",
    "No run of this project has saved one, or the project was copied without weights. It is listed as soon as it is there.",
)


class PlaygroundPage(Page):
    """Asks one question at a time; its answers stay until the next one."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self._seen: tuple[object, ...] | None = None
        self._playground: api.Playground | None = None
        self._judges: dict[str, AskedJudge] = {}
        self._is_busy = False
        self._build()
        self._place()
        self._build_actions()
        self._connect()
        self._show_busy(busy=False)

    def arrive(self) -> None:
        if self.session.view is not None:
            self._on_project_changed(self.session.view)
        self.prompt.box.setFocus()

    def commands(self) -> Sequence[QAction]:
        return self.actions()

    @property
    def is_busy(self) -> bool:
        """Says whether a question is being answered."""
        return self._is_busy

    def ask(self) -> None:
        """Asks the ticked checkpoints; a question that is being answered is given up for it."""
        try:
            settings = self.prompt.asking.settings()
        except BadSetting as error:
            self.session.report("Nothing was asked", error)
            return
        turns, choices = self.prompt.turns(settings.system), self.checkpoints.chosen()
        project = self.session.project
        if project is None or not turns or not choices:
            self._say("Write a prompt first." if not turns else "Tick at least one checkpoint.")
            return
        self._playground = self._playground or api.start_playground(project)
        self._judges = {judge.name: judge for judge in self.judge_card.chosen()}
        self.keep_bar.begin(turns, settings)
        self.heat.offer({})
        self._body.setCurrentWidget(self._answered)
        self._show_busy(busy=True)
        self._say("Asking…")
        models, judges = [choice.model for choice in choices], list(self._judges.values())
        work = partial(_listen, self._playground, turns, models, judges, settings)
        handlers = self._on_over, self._on_failed, self._on_event
        self.session.tasks.cancel(_ASK)
        ready = lambda: self.session.tasks.start_long(_ASK, work, *handlers)  # noqa: E731
        self.answers.begin(choices, settings.n_responses, self.look.scheme, ready)

    def ask_again(self) -> None:
        """Asks the same with other random numbers: the next seed."""
        try:
            self.prompt.asking.next_seed()
        except BadSetting as error:
            self.session.report("Nothing was asked", error)
        else:
            self.ask()

    def stop(self) -> None:
        """Gives the question up; what was said so far stays."""
        if self._playground is not None and self._is_busy:
            self._playground.cancel()

    def _build(self) -> None:
        self.ask_button = button("Ask", self.ask, role="primary", tip="Asks the ticked checkpoints (Ctrl+Return)")
        self.again_button = button(
            "Ask again", self.ask_again, tip="With the next seed, so other random numbers (Ctrl+Shift+Return)"
        )
        self.stop_button = button("Stop", self.stop, tip="Gives the question up (Esc)")
        self.checkpoints, self.judge_card = CheckpointCard(), JudgeCard()
        self.prompt, self.answers = PromptCard(self.session), AnswerGrid()
        self.keep_bar = KeepBar(self.session, self.answers)
        self.heat = HeatBar(str(self.session.settings.value("playground/heat", "")))
        self._status = ElidedLabel("")
        set_role(self._status, "muted")
        self.nobody = EmptyState(*_NOBODY, "Go to Experiments", lambda: self.page_wanted.emit("experiments"))
        self.nobody.wait("Looking for checkpoints…")
        self.hint = EmptyState(*_WRITE)

    def _build_actions(self) -> None:
        for words, keys, work in (
            ("Ask the prompt", "Ctrl+Return", self.ask),
            ("Ask again with the next seed", "Ctrl+Shift+Return", self.ask_again),
            ("Keep the prompt", "Ctrl+Shift+S", self.keep_bar.keep_prompt),
            ("Keep the pair", "Ctrl+S", self.keep_bar.keep_pair),
            ("Previous prompt", "Alt+Left", lambda: self.prompt.step(-1)),
            ("Next prompt", "Alt+Right", lambda: self.prompt.step(1)),
            ("Stop answering", "Esc", self.stop),
        ):
            add_action(self, words, keys, work)
        self._stop_action = self.actions()[-1]

    def _place(self) -> None:
        head = QHBoxLayout()
        head.addWidget(label("Playground", "page-title"))
        head.addSpacing(16)
        head.addWidget(self._status, 1)
        head.addWidget(self.heat)
        head.addSpacing(10)
        head.addWidget(self.stop_button)
        head.addWidget(self.again_button)
        head.addWidget(self.ask_button)
        self._whole = QStackedWidget()
        self._whole.addWidget(self.nobody)
        self._whole.addWidget(self._build_whole())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self._whole, 1)

    def _build_whole(self) -> QWidget:
        whole, self._answered = QWidget(), QWidget()
        left, right, below = QVBoxLayout(), QVBoxLayout(), QVBoxLayout(self._answered)
        self.checkpoints.setFixedWidth(_LEFT)
        self.judge_card.setFixedWidth(_LEFT)
        left.addWidget(self.checkpoints, 1)
        left.addWidget(self.judge_card)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.answers, 1)
        below.addWidget(self.keep_bar)
        self._body = QStackedWidget()
        self._body.addWidget(self.hint)
        self._body.addWidget(self._answered)
        right.addWidget(self.prompt)
        right.addWidget(self._body, 1)
        layout = QHBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(left)
        layout.addLayout(right, 1)
        for made in (left, right, below, layout):
            made.setSpacing(10)
        return whole

    def _connect(self) -> None:
        self.session.project_changed.connect(self._on_project_changed)
        self.session.project_closed.connect(self._on_closed)
        self.look.changed.connect(self._on_look_changed)
        self.prompt.changed.connect(self._on_prompt_changed)
        self.heat.chosen.connect(self._on_heat_chosen)

    def _say(self, words: str) -> None:
        self._status.setText(words)

    def _show_busy(self, *, busy: bool) -> None:
        self._is_busy = busy
        self.stop_button.setEnabled(busy)
        self._stop_action.setEnabled(busy)  # so that Esc stays what it is elsewhere

    def _on_project_changed(self, view: api.ProjectView) -> None:
        seen = (tuple((run.id, run.state) for run in view.runs), tuple(record.name for record in view.datasets))
        project = self.session.project
        self.keep_bar.offer(view.datasets)
        if project is None or seen == self._seen or not self.isVisible():
            return
        self._seen = seen
        names = [record.name for record in view.datasets]
        work = lambda: api.offer_playground(project)  # noqa: E731
        title = "The checkpoints could not be listed"
        self.session.ask("playground-offer", work, lambda offer: self._on_offer(offer, names), title=title)

    def _on_offer(self, offer: api.PlaygroundOffer, datasets: Sequence[str]) -> None:
        self.checkpoints.show_models(offer.models, self.look.scheme)
        self.judge_card.show_judges(offer.judges)
        self.prompt.offer(offer, datasets)
        self._whole.setCurrentIndex(1 if offer.models else 0)
        has_runs = self.session.view is not None and bool(self.session.view.runs)
        self.nobody.say(*(_NO_WEIGHTS if has_runs else _NOBODY))
        for made in (self.ask_button, self.again_button):
            made.setEnabled(bool(offer.models))

    def _on_prompt_changed(self) -> None:
        """Has the models' process started while the person writes, so that the first answer comes at once."""
        project = self.session.project
        if self._playground is None and project is not None:
            self._playground = api.start_playground(project)
            self.session.tasks.start("playground-start", self._playground.warm_up, lambda _none: None)

    def _on_event(self, event: PlaygroundEvent) -> None:
        if isinstance(event, Began):
            self._say(f"{event.phase[:1].upper()}{event.phase[1:]}…")
        elif isinstance(event, Wrote):
            self.answers.write(event)
        elif isinstance(event, Sampled):
            self.answers.finish(event)
        elif isinstance(event, Scored):
            role = self.judge_card.role(event.judge)
            self.answers.score(event, self._judges[event.judge].label, role)
        elif isinstance(event, Troubled):
            self._on_trouble(event)

    def _on_trouble(self, event: Troubled) -> None:
        sentence = f"{event.message} {event.hint}".strip()
        if event.about in self._judges:
            self.session.tell(f"No score by {self._judges[event.about].label}: {sentence}", "bad")
        else:
            self.answers.fail(event.about, sentence)

    def _on_over(self, last: PlaygroundEvent) -> None:
        self._show_busy(busy=False)
        if isinstance(last, Answered):
            n = sum(card.response is not None for card in self.answers.cards)
            self._say(f"{n} {'answer' if n == 1 else 'answers'} in {last.seconds:.1f} s")
        elif isinstance(last, Cancelled):
            self._say("Stopped.")
            self.answers.say("stopped")
        elif isinstance(last, Failed):
            self._say("")
            self.answers.say("no answer")
            self.session.failed.emit("Nothing was answered", last.message, last.hint, f"{last.code}: {last.message}")
        self._offer_heat()

    def _on_failed(self, error: Exception) -> None:
        self._show_busy(busy=False)
        self._say("")
        self.answers.say("no answer")
        self.session.report("Nothing was answered", error)

    def _offer_heat(self) -> None:
        """Offers the reward models that said something of every token."""
        names = dict.fromkeys(name for card in self.answers.cards for name, tokens in card.tokens.items() if tokens)
        self.heat.offer({name: self._judges[name].label for name in names})
        self._show_heat()

    def _on_heat_chosen(self) -> None:
        self.session.settings.setValue("playground/heat", self.heat.judge)
        self._show_heat()

    def _show_heat(self) -> None:
        limit = self.answers.show_heat(self.heat.judge, self.look.scheme)
        self.heat.show_scale(limit, self.look.scheme)

    def _on_look_changed(self, _scheme: object) -> None:
        self.answers.dress(self.look.scheme)
        self.checkpoints.dress(self.look.scheme)
        self._show_heat()

    def _on_closed(self) -> None:
        self.session.tasks.cancel(_ASK)
        if self._playground is not None:
            self._playground.close()
            self._playground = None


def _listen(
    playground: api.Playground,
    turns: Turns,
    models: Sequence[Any],
    judges: Sequence[AskedJudge],
    settings: Asking,
    task: Task,
) -> PlaygroundEvent:
    """Reports what is said of a question and returns its last word; given up where nobody listens any more."""
    with closing(playground.ask(turns, models, judges, settings)) as events:
        for event in events:
            task.report(event)
    return event
