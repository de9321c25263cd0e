"""All judges side by side, and a way to have another one asked."""

from collections.abc import Collection, Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QHeaderView

from workbench import api
from workbench.compare import Comparison
from workbench.domain.costs import about_money, duration
from workbench.ui.pages.compare.deck import Tab
from workbench.ui.pages.compare.tables import CopyTable, ValueItem, estimate_item, name_item
from workbench.ui.session import Session
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card, button, label
from workbench.ui.widgets.controls import counted, tip_words
from workbench.ui.widgets.swatch import swatch

_KINDS = {
    "gold": "the gold judge of the experiment",
    "proxy": "the reward model that PPO was trained against",
    "scores": "a further judge that scores each answer",
    "pairs": "a language model that compares each answer with the start model's, in both orders",
    "people": "people who saw the answers without names",
}
_HABITS = {
    "swap": "Share of the pairs that were judged alike when their order was swapped: higher is better",
    "first": "Share of the one-sided replies that named the answer that stood first: 50 % without a bias",
    "unparsed": "Share of the replies that were neither A, B nor tie; they are left out",
    "judged": "Questions that were asked, both orders counted; of people, judgements",
}
_READING = "reading what each of them said …"


class JudgesTab(Tab):
    """What every judge says of the arms; read when the tab is turned to.

    Signals:
        settings_wanted: a language model is to be declared.
    """

    settings_wanted = Signal()
    title = "Judges"
    tip = "Do the judges agree: win rate against the start model by each of them, and their habits"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._comparison: Comparison | None = None
        self._scheme: Scheme | None = None
        self.card = Card("Judges", _READING)
        self.table = CopyTable("Judges")
        self.people = label("", "muted", wraps=True)
        self.endpoint, self.last_only = QComboBox(), QCheckBox("last checkpoints only", checked=True)
        self.cost = label("", "muted")
        self.go = button("Judge", self._judge, tip="Queues runs that ask this model about every arm that is shown")
        self.declare = button(
            "Declare one in Settings", self.settings_wanted.emit, role="link", tip="On your own server or a provider's"
        )
        self._place()
        self.endpoint.activated.connect(lambda _at: self._ask_cost())
        self.last_only.toggled.connect(lambda _on: self._ask_cost())
        session.preferences.changed.connect(lambda _now: self._offer())
        self._offer()

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        self._comparison, self._scheme = comparison, scheme
        project = self._session.project
        if project is not None:
            work = lambda: api.compare_judges(project, view=comparison.view)  # noqa: E731
            self._session.ask("compare judges", work, self._show, title="The judges were not compared")
            self._ask_cost()
        yield

    def _show(self, table: api.JudgeTable) -> None:
        habits = _HABITS if any(one.n_asked for one in table.judges) else {}
        heads = ["judge", *table.arms, *habits]
        self.table.clear()
        self.table.setColumnCount(len(heads))
        self.table.setRowCount(len(table.judges))
        for column, head in enumerate(heads):
            item = ValueItem(head)
            item.setToolTip(tip_words(_HABITS.get(head, head)))
            if 0 < column <= len(table.arms) and self._scheme is not None:
                item.setIcon(swatch(self._scheme.runs.colour(table.places[column - 1])))
            self.table.setHorizontalHeaderItem(column, item)
        for row, one in enumerate(table.judges):
            self._fill(row, one, table.arms)
        header = self.table.horizontalHeader()
        header.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # the ends of arms' names tell them apart
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for column in range(len(heads) - len(habits), len(heads)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.table.resizeRowsToContents()
        self.card.set_subtitle("% of prompts won against the start model, 95 % interval")
        self.people.setText(" ".join(table.people.lines) if table.people is not None else "")
        self.people.setVisible(table.people is not None)

    def _fill(self, row: int, one: api.JudgeFigures, arms: Collection[str]) -> None:
        name = name_item(one.judge, f"{one.judge}: {_KINDS[one.kind]}")
        rates = [estimate_item(one.rates.get(arm), scale=100, digits=1) for arm in arms]
        habits = [_share(value) for value in (one.swap_consistency, one.first_position, one.unparsed)]
        cells = [name, *rates, *habits, ValueItem(f"{one.n_asked:,}" if one.n_asked else "", float(one.n_asked))]
        for column, cell in enumerate(cells[: self.table.columnCount()]):  # habits only where a judge has any
            self.table.setItem(row, column, cell)

    def _offer(self) -> None:
        names = list(self._session.preferences.now.endpoints)
        chosen = self.endpoint.currentData()
        self.endpoint.clear()
        for name in names:
            self.endpoint.addItem(f"llm:{name}", f"llm:{name}")
        self.endpoint.setCurrentIndex(max(0, self.endpoint.findData(chosen)))
        for widget in (self.endpoint, self.last_only, self.cost, self.go):
            widget.setVisible(bool(names))
        self.declare.setVisible(not names)
        self._ask_cost()

    def _runs(self) -> list[str]:
        arms = self._comparison.arms if self._comparison is not None else ()
        return [run for arm in arms if arm.method != "reference" for run in arm.evaluations]

    def _ask_cost(self) -> None:
        project, judge, runs, last = self._session.project, self.endpoint.currentData(), self._runs(), self._last()
        self.go.setEnabled(bool(judge and runs))
        if project is not None and judge and runs:
            work = lambda: api.plan_judging(project, runs, judge, last_only=last).cost  # noqa: E731
            self._session.ask(
                "judging cost", work, self._say_cost, on_error=lambda error: self.cost.setText(str(error))
            )

    def _say_cost(self, cost: api.JudgingCost) -> None:
        words = f"at most {cost.n_questions:,} questions, {duration(cost.seconds)} or more, {about_money(cost.dollars)}"
        self.cost.setText(words if cost.n_questions else "all judged")
        self.go.setEnabled(bool(cost.n_questions))

    def _last(self) -> bool:
        return self.last_only.isChecked()

    def _judge(self) -> None:
        project, judge, runs, last = self._session.project, self.endpoint.currentData(), self._runs(), self._last()
        if project is None:
            return

        def on_done(jobs: list[object]) -> None:
            ask = "asks" if len(jobs) == 1 else "ask"
            self._session.tell(f"{counted(len(jobs), 'run')} {ask} {judge}: Experiments shows how far.")
            self._session.look()

        self.go.setEnabled(False)
        work = lambda: api.judge_runs(project, runs, judge, last_only=last)  # noqa: E731
        self._session.ask("judge", work, on_done, title="The judge was not asked")

    def _place(self) -> None:
        self.endpoint.setAccessibleName("Judge to ask")
        self.endpoint.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.last_only.setToolTip("Leaves the earlier checkpoints out, which saves most of the cost")
        self.table.verticalHeader().hide()
        row = QHBoxLayout()
        row.addWidget(label("Ask a language model:", "muted"))
        for widget in (self.declare, self.endpoint, self.last_only, self.cost):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.go)
        self.card.body.addWidget(self.table, 1)
        self.card.body.addWidget(self.people)
        self.card.body.addLayout(row)
        self.people.hide()
        self.hold(self.card)


def _share(value: float | None) -> ValueItem:
    return ValueItem("" if value is None else f"{100 * value:.0f} %", float("nan") if value is None else value)
