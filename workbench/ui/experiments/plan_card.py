"""What the form would run: the plan drawn, what it takes, what is wrong, and the button that launches it."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.costs import Basis, duration
from workbench.domain.methods import method_words
from workbench.ui.experiments.plan_graph import PlanGraph
from workbench.ui.experiments.plan_layout import total
from workbench.ui.theme import Look
from workbench.ui.widgets import Card, button, label, set_tone
from workbench.ui.widgets.controls import counted

_LEGEND = "Solid line: starts from. Dashed line: is scored by. Dashed box: reused."
_BASES: dict[Basis, str] = {
    "measured": "Measured on finished runs of this project",
    "scaled": "Scaled from its runs of other sizes or methods",
    "modelled": "Counted in operations, as nothing like it has run here",
}


class PlanCard(Card):
    """Shows a plan, or why there is none.

    Signals:
        launched: the person wants it to run.
        stage_chosen: as of the graph.
    """

    launched = Signal()
    stage_chosen = Signal(str, str)

    def __init__(self, look: Look) -> None:
        super().__init__("What would run")
        self.graph = PlanGraph(look)
        self.total = label("", wraps=True, selectable=True)
        self.basis = label("", "muted", wraps=True)
        self.warnings = label("", wraps=True, selectable=True)
        self.said = label("", wraps=True, selectable=True)
        self.launch_button = button("Launch", self.launched.emit, role="primary", tip="Puts the runs into the queue")
        self.nothing = label("The plan is drawn here once the experiment is complete.", "muted", wraps=True)
        self.legend = label(_LEGEND, "muted", wraps=True)
        self._build()
        self.graph.stage_chosen.connect(self.stage_chosen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.graph.set_room(self.area.viewport().width())

    def show_plan(self, plan: api.ExperimentPlan, base_model: str) -> None:
        """Shows what would run and what it takes."""
        self.graph.show_plan(plan.runs, base_model)
        self.legend.show()
        self.nothing.hide()
        self.set_title(counted(len(plan.runs), "run"), f"{plan.n_new} to do, {plan.n_reused} reused")
        self.say("")
        self.total.setText(total(plan.cost))
        self.basis.setText(_basis(plan))
        self.warnings.setText(" ".join(plan.warnings))
        set_tone(self.warnings, "warn")
        for line in (self.total, self.basis, self.warnings):
            line.setVisible(bool(line.text()))
        self.launch_button.setText(_launch_words(plan))
        self.launch_button.setEnabled(True)

    def wait(self, sentence: str) -> None:
        """Says that a plan is on its way; the last one stays in sight."""
        self.launch_button.setEnabled(False)
        self.say(sentence)

    def refuse(self, sentence: str) -> None:
        """Says why nothing can be launched; a plan that was shown holds no more."""
        self.wait(sentence)
        set_tone(self.said, "warn")
        self.graph.show_plan([], "")
        self.nothing.show()
        self.set_title("What would run")
        self.launch_button.setText("Launch")
        for line in (self.total, self.basis, self.warnings, self.legend):
            line.hide()

    def say(self, sentence: str) -> None:
        """Says what the launch waits for."""
        self.said.setText(sentence)
        self.said.setVisible(bool(sentence))
        self.launch_button.setAccessibleDescription(sentence or "Puts the runs into the queue")
        set_tone(self.said, "plain")

    def _build(self) -> None:
        for words, steps, tip in (("−", -1, "Draws it smaller (Ctrl+wheel)"), ("+", 1, "Draws it larger (Ctrl+wheel)")):
            made = button(words, lambda by=steps: self.graph.zoom(by), role="link", tip=tip)
            made.setAccessibleName("Zoom out" if steps < 0 else "Zoom in")
            self.corner.addWidget(made)
        self.area = QScrollArea()
        inner = QWidget()
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.nothing)
        inside.addWidget(self.graph)
        inside.addStretch(1)
        self.area.setWidget(inner)
        self.area.setWidgetResizable(True)
        self.area.setAccessibleName("The plan")
        self.body.addWidget(self.area, 1)
        for widget in (self.legend, self.said, self.total, self.basis, self.warnings, self.launch_button):
            self.body.addWidget(widget)


def _launch_words(plan: api.ExperimentPlan) -> str:
    if not plan.n_new:
        return f"Add the experiment (all {plan.n_reused} runs are there)"
    time = f" · about {duration(plan.cost.seconds.expected)}" if plan.cost.seconds else ""
    return f"Launch {counted(plan.n_new, 'run')}{time}"


def _basis(plan: api.ExperimentPlan) -> str:
    """Returns where the figures come from; the tooltip of a stage has its own."""
    bases = {method_words(run.method): run.cost.basis for run in plan.runs if run.cost is not None}
    told = []
    for basis, words in _BASES.items():
        if methods := [method for method, found in bases.items() if found == basis]:
            told.append(f"{words}: {', '.join(methods)}.")
    return " ".join(told)
