"""Overview: what the project holds, what runs, what finished since last time, what to do next."""

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.records import RunState
from workbench.ui.data.dataset_list import count_words, splits_words
from workbench.ui.next_step import Step, is_in_trouble, is_under_way, next_step
from workbench.ui.page import Page
from workbench.ui.pages import PAGES
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.widgets import Card, button, label
from workbench.ui.widgets.run_rows import RunRows

_MOST_ROWS = 12


class OverviewPage(Page):
    """Shows the project at a glance, and keeps up with it."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self._seen = self._finished_before()
        self._figures = {name: label("0", "figure") for name in ("Datasets", "Rows", "Runs finished", "Runs to do")}
        self._next = Card("Next")
        self._sentence = label("", wraps=True)
        self._go = button("", self._go_on, role="primary")
        self._step: Step | None = None
        self._running = RunRows("Running and waiting", "Nothing runs at the moment.")
        self._trouble = RunRows("Needs you", "")
        self._finished = RunRows("Finished since last time", "Nothing new since you were last here.")
        self._datasets = Card("Datasets")
        self._dataset_words = label("", wraps=True)
        self._place()
        for rows in (self._running, self._trouble, self._finished):
            rows.chosen.connect(self._show_run)
        session.project_changed.connect(self._show)

    def arrive(self) -> None:
        if self.session.view is not None:
            self._show(self.session.view)

    def _show(self, view: api.ProjectView) -> None:
        under_way = [run for run in view.runs if is_under_way(run)]
        finished = [run for run in view.runs if run.state is RunState.FINISHED]
        self._show_figures(view, len(finished), len(under_way))
        self._show_next(view)
        self._running.show_runs(under_way[:_MOST_ROWS], len(under_way))
        trouble = [run for run in view.runs if is_in_trouble(run)]
        self._trouble.setVisible(bool(trouble))
        self._trouble.show_runs(trouble[:_MOST_ROWS], len(trouble))
        new = [run for run in finished if run.id not in self._seen]
        self._finished.show_runs(new[::-1][:_MOST_ROWS], len(new))
        self._dataset_words.setText(
            "\n".join(f"{data.name}: {count_words(data)} ({splits_words(data)})" for data in view.datasets)
            or "No data yet."
        )
        self.session.keep("overview/seen", [run.id for run in finished])

    def _show_figures(self, view: api.ProjectView, n_finished: int, n_to_do: int) -> None:
        values = (len(view.datasets), sum(data.n_rows for data in view.datasets), n_finished, n_to_do)
        for figure, value in zip(self._figures.values(), values, strict=True):
            figure.setText(f"{value:,}")

    def _show_next(self, view: api.ProjectView) -> None:
        step = next_step(view)
        self._next.set_title(step.title)
        self._sentence.setText(step.sentence)
        self._step = step
        self._go.setText(step.action)
        self._go.setVisible(step.page in {spec.key for spec in PAGES})

    def _show_run(self, run_id: str) -> None:
        self.thing_wanted.emit("experiments", run_id)

    def _go_on(self) -> None:
        if self._step is not None:
            (self.new_wanted if self._step.is_new else self.page_wanted).emit(self._step.page)

    def _finished_before(self) -> set[str]:
        stored = self.session.kept("overview/seen", [])
        return {stored} if isinstance(stored, str) else set(stored or [])

    def _place(self) -> None:
        self._next.body.addWidget(self._sentence)
        go = QHBoxLayout()
        go.addWidget(self._go)
        go.addStretch(1)
        self._next.body.addLayout(go)
        self._datasets.body.addWidget(self._dataset_words)
        self._datasets.body.addStretch(1)
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(12)
        for column, (name, figure) in enumerate(self._figures.items()):
            grid.addWidget(_figure_card(name, figure), 0, column)
            grid.setColumnStretch(column, 1)
        grid.addWidget(self._next, 1, 0, 1, 2)
        grid.addWidget(self._trouble, 2, 0, 1, 4)
        grid.addWidget(self._running, 3, 0, 1, 2)
        grid.addWidget(self._finished, 3, 2, 1, 2)
        grid.addWidget(self._datasets, 1, 2, 1, 2)
        grid.setRowStretch(4, 1)
        area = QScrollArea(objectName="ground", widgetResizable=True)
        area.setWidget(inner)
        area.setAccessibleName("Overview")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(label("Overview", "page-title"))
        layout.addWidget(area, 1)


def _figure_card(name: str, figure: QWidget) -> Card:
    card = Card(name)
    card.body.addWidget(figure)
    return card
