"""The Compare page: asks for a comparison and hands it to those who show its parts."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from workbench import api
from workbench.compare import Comparison, XAxis
from workbench.domain.errors import NotFound
from workbench.ui.page import Page
from workbench.ui.pages.compare.answers import AnswersCard
from workbench.ui.pages.compare.exporting import ExportButton
from workbench.ui.pages.compare.matrix import WinMatrix
from workbench.ui.pages.compare.run_tree import RunTree
from workbench.ui.pages.compare.summary import SummaryTable
from workbench.ui.pages.compare.verdict import VerdictView
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.widgets import Card, EmptyState, label
from workbench.ui.widgets.plots import ChartCard, ChartLink

_X: dict[XAxis, str] = {
    "step": "training step",
    "episodes": "episodes",
    "tokens": "tokens",
    "seconds": "training time",
    "kl": "KL to the reference",
}
_LEFT = 224
_ALL_PROMPTS = 5_000


class _Answer(NamedTuple):
    """What a look at the project brings: the comparison and every arm's answers."""

    comparison: Comparison
    questions: list[api.Question]


class ComparePage(Page):
    """Rewards, KL and win rates of the project's evaluated arms, kept up to date while runs go on."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self._shown: _Answer | None = None
        self._seen: tuple[object, ...] = ()
        self._is_stale = False
        self._build()
        self._place()
        self._connect()

    @property
    def comparison(self) -> Comparison | None:
        """What is shown, with the hidden arms left out of its charts."""
        if self._shown is None:
            return None
        hidden = self.tree.hidden()
        panels = tuple(
            panel.model_copy(update={"series": tuple(one for one in panel.series if one.arm not in hidden)})
            for panel in self._shown.comparison.panels
        )
        return self._shown.comparison.model_copy(update={"panels": panels})

    def arrive(self) -> None:
        if self._shown is None:
            self.refresh()

    def commands(self) -> Sequence[QAction]:
        return [*self.actions(), *self.answers.actions(), *self.export.commands(self)]

    def refresh(self) -> None:
        """Asks for the comparison over the chosen x-axis; while one is on its way, asks again after it."""
        project, x = self.session.project, self.x_box.currentData()
        if project is None:
            return

        def work() -> _Answer:
            found = api.compare_runs(project, x=x)
            return _Answer(found, api.compare_answers(project, found, _ALL_PROMPTS))

        self._is_stale = False
        self.session.ask("compare", work, self._on_compared, on_error=self._on_not_compared)

    def _build(self) -> None:
        self.x_box = QComboBox()
        self.x_box.setAccessibleName("x-axis")
        self.x_box.setToolTip("What the charts are drawn over; KL gives the frontier of reward against KL")
        for key, words in _X.items():
            self.x_box.addItem(words, key)
        self.x_box.setCurrentIndex(max(0, self.x_box.findData(self.session.settings.value("compare/x", "step"))))
        self.export = ExportButton(self.session, lambda: self.comparison)
        self.tree, self.verdict = RunTree(), VerdictView()
        self.charts = [ChartCard(title) for title in ("Reward", "KL to the reference", "Win rate")]
        self._link = ChartLink(self.charts, self)
        self.matrix, self.answers, self.summary = WinMatrix(), AnswersCard(), SummaryTable()
        self._interval = label("", "muted")
        self.empty = EmptyState("Comparing…", "", "Go to Overview", lambda: self.page_wanted.emit("overview"))

    def _place(self) -> None:
        self._body = QStackedWidget()
        self._body.addWidget(self.empty)
        self._body.addWidget(self._build_body())
        head = QHBoxLayout()
        head.addWidget(label("Compare", "page-title"))
        head.addSpacing(16)
        head.addWidget(label("x-axis", "muted"))
        head.addWidget(self.x_box)
        head.addSpacing(10)
        head.addWidget(self._interval)
        head.addStretch(1)
        head.addWidget(self.export)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self._body, 1)

    def _build_body(self) -> QWidget:
        left = Card("Runs")
        left.setFixedWidth(_LEFT)
        left.body.addWidget(self.tree)
        left.body.addWidget(self.verdict, 1)
        matrix = Card("Head to head", "% of prompts, row beats column")
        matrix.body.addWidget(self.matrix)
        summary = Card("Summary", "at the last checkpoint")
        summary.body.addWidget(self.summary)
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(10)
        grid.addWidget(left, 0, 0, 2, 1)
        grid.addLayout(_row(dict.fromkeys(self.charts, 1)), 0, 1)
        grid.addLayout(_row({matrix: 24, self.answers: 17, summary: 25}), 1, 1)
        grid.setRowStretch(0, 7)
        grid.setRowStretch(1, 5)
        grid.setColumnStretch(1, 1)
        return body

    def _connect(self) -> None:
        self.x_box.activated.connect(self._on_x_chosen)
        self.tree.shown_changed.connect(self._show)
        self.look.changed.connect(self._on_look_changed)
        self.session.project_changed.connect(self._on_project_changed)

    def _on_x_chosen(self, _index: int) -> None:
        self.session.settings.setValue("compare/x", self.x_box.currentData())
        self.refresh()

    def _on_look_changed(self, _scheme: object) -> None:
        if self._shown is not None:
            self.tree.show_arms(self._shown.comparison, self.look.scheme)
            self._show()

    def _on_project_changed(self, view: api.ProjectView) -> None:
        seen = tuple((run.id, run.state, run.step) for run in view.runs if run.method == "evaluate")
        if seen == self._seen:
            return
        self._seen = seen
        if self.session.tasks.is_running("compare"):
            self._is_stale = True
        else:
            self.refresh()

    def _on_compared(self, answer: _Answer) -> None:
        self._shown = answer
        self.tree.show_arms(answer.comparison, self.look.scheme)
        self._show()
        self._body.setCurrentIndex(1)
        if self._is_stale:
            self.refresh()

    def _on_not_compared(self, error: Exception) -> None:
        if isinstance(error, NotFound):
            self.empty.say("Nothing to compare yet", error.sentence)
            self._shown = None
            self._body.setCurrentIndex(0)
        else:
            self.session.report("The runs could not be compared", error)
        if self._is_stale:
            self.refresh()

    def _show(self) -> None:
        if self._shown is None:
            return
        comparison, scheme, hidden = self._shown.comparison, self.look.scheme, self.tree.hidden()
        for card, panel in zip(self.charts, comparison.panels, strict=True):
            card.show_panel(panel, scheme, hidden)
        self._interval.setText(comparison.interval)
        self.verdict.show_words(comparison)
        self.matrix.show_wins(comparison, scheme, hidden)
        self.summary.show_arms(comparison, scheme, hidden)
        self.answers.show_questions(self._shown.questions, scheme, hidden)


def _row(cards: Mapping[Card, int]) -> QHBoxLayout:
    """Lays cards side by side by their shares; what they hold has no say in their size."""
    row = QHBoxLayout()
    row.setSpacing(10)
    for card, share in cards.items():
        card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        row.addWidget(card, share)
    return row
