"""The summary: every arm's figures at its last checkpoint, with intervals, and where gold was best."""

import math
from collections.abc import Collection, Iterator
from math import ceil

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QHeaderView

from workbench.compare import ArmResult, Comparison, Cost, SampledResult
from workbench.domain.costs import count
from workbench.domain.estimates import Estimate
from workbench.domain.experiments import shown_name
from workbench.domain.samples import GOLD
from workbench.ui.pages.compare.tables import (
    CopyTable,
    ValueItem,
    amount_item,
    by_judge,
    estimate_item,
    in_short,
    name_item,
)
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card, button
from workbench.ui.widgets.controls import tip_words
from workbench.ui.widgets.swatch import swatch

_NARROWEST, _PADDING = 104, 8
_FIGURES = "raw scores, last checkpoint"
_COLUMNS = {
    "run": "The arm",
    "gold": "Mean score by the gold judge in its own units, at the last checkpoint; the Reward chart shows how far it is "
    "above the start model, in standard deviations",
    "proxy": "Mean score by the reward model in its own units, at the last checkpoint; the Reward chart shows how far it is "
    "above the start model, in standard deviations",
    "KL": "KL to the start model in nats per response, at the last checkpoint",
    "win %": "Share of test prompts won against the baseline, ties half, at the last checkpoint",
    "LC %": "The same with length held equal, as if both answers were of one length (AlpacaEval 2's model, 2404.04475)",
    "best": "Step of the checkpoint with the highest mean gold score, by seed, on prompts that no figure is from",
    "time": "Training time of the arm's own run, mean over seeds",
    "device": "Time a device was held: the run with the stages it rests on, as its reward model; mean over seeds",
    "trained": "Tokens trained on up to the last checkpoint, mean over seeds",
    "generated": "Tokens that the policy generated to learn from, mean over seeds; none for DPO",
}
_FIRST_COST, _CONTROLLED = list(_COLUMNS).index("time"), list(_COLUMNS).index("LC %")


class SummaryCard(Card):
    """The summary, with a switch between figures and costs where there is no room for both."""

    def __init__(self) -> None:
        super().__init__("Summary", _FIGURES)
        self.table = SummaryTable()
        self.switch = button("Costs", self._on_switched, role="link", tip="Time and tokens in place of the figures")
        self.switch.setCheckable(True)
        self.table.fitted.connect(lambda is_wide: self.switch.setVisible(not is_wide))
        self.corner.addWidget(self.switch)
        self.body.addWidget(self.table)

    def _on_switched(self) -> None:
        is_cost = self.switch.isChecked()
        self.switch.setText("Figures" if is_cost else "Costs")
        self.set_subtitle("cost, mean over seeds" if is_cost else _FIGURES)
        self.table.prefer_costs(is_cost)


class SummaryTable(CopyTable):
    """Sorts by any column; Ctrl+C copies it, with the columns that have no room.

    Signals:
        fitted: whether all columns have room beside each other.
    """

    fitted = Signal(bool)

    def __init__(self) -> None:
        super().__init__("Summary")
        self._prefers_costs = False
        self.setColumnCount(len(_COLUMNS))
        self.verticalHeader().hide()
        self.setSelectionBehavior(CopyTable.SelectionBehavior.SelectRows)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setMinimumSectionSize(30)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names often differ in their ends
        self._head()
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # as compared, until somebody sorts

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        """Fills the table with the arms that are shown, row by row."""
        self.setSortingEnabled(False)
        self._head(comparison.score)
        lines: tuple[ArmResult | SampledResult, ...] = (*comparison.arms, *comparison.sampled_shown)
        shown = [arm for arm in lines if arm.name not in hidden]
        self.setRowCount(len(shown))
        for row, arm in enumerate(shown):
            for column, item in enumerate(_sampled_cells(arm) if isinstance(arm, SampledResult) else _cells(arm)):
                self.setItem(row, column, item)
            self.item(row, 0).setIcon(swatch(scheme.runs.colour(arm.index)))
            self.setRowHeight(row, 2 * self.fontMetrics().lineSpacing() + 4)  # a figure stands over its interval
            yield
        self.setSortingEnabled(True)  # as the person sorted it last
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def prefer_costs(self, is_cost: bool) -> None:
        """Shows costs rather than figures where there is no room for both."""
        self._prefers_costs = is_cost
        self._fit()

    def _fit(self) -> None:
        """Gives the names what the figures leave; costs or figures give way where both do not fit.

        Where not even the figures do, the rate at equal length gives way: the win rate's tooltip tells it.
        """
        header, room = self.horizontalHeader(), self.viewport().width() - _NARROWEST
        widths = {column: self._width(column) for column in range(1, self.columnCount())}
        is_wide = sum(widths.values()) <= room
        figures = sum(widths[column] for column in range(1, _FIRST_COST))
        for column in widths:
            has_no_room = column == _CONTROLLED and figures > room
            is_other = not is_wide and (column >= _FIRST_COST) != self._prefers_costs
            self.setColumnHidden(column, has_no_room or is_other)
        shown = {column: width for column, width in widths.items() if not self.isColumnHidden(column)}
        for column, width in shown.items():
            header.resizeSection(column, width)
        header.resizeSection(0, max(_NARROWEST, self.viewport().width() - sum(shown.values())))
        fits = _NARROWEST + sum(shown.values()) <= self.viewport().width()
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if fits else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setHorizontalScrollBarPolicy(policy)
        self.fitted.emit(is_wide)

    def _width(self, column: int) -> int:
        """Returns what a column's longest line takes."""
        items = [self.horizontalHeaderItem(column), *(self.item(row, column) for row in range(self.rowCount()))]
        lines = [line for item in items if item is not None for line in item.text().splitlines()]
        exact = QFontMetricsF(self.font())  # rounded down, a line would be elided for a part of a pixel
        return ceil(max(map(exact.horizontalAdvance, lines), default=0.0)) + _PADDING

    def _head(self, score: str = GOLD) -> None:
        """Heads the columns; where another judge than the gold one decides, with its name."""
        for column, (name, meaning) in enumerate(_COLUMNS.items()):
            item = ValueItem(in_short(score) if name == GOLD else name)
            item.setToolTip(tip_words(by_judge(meaning, score)))
            self.setHorizontalHeaderItem(column, item)


def _sampled_cells(one: SampledResult) -> list[ValueItem]:
    """Returns best of n's line: it has no step, no training, and of the KL a bound."""
    told = (
        f"The reward model chooses the best of {one.n} responses of the start model to each of {one.n_prompts} prompts; "
        f"expected over all choices of {one.n}. Nothing was trained. Seeds {', '.join(map(str, one.seeds))}"
    )
    name = name_item(f"{one.name} ({one.n})", told)
    bound = ValueItem(f"≤ {one.kl_bound:.1f}", one.kl_bound)
    bound.setToolTip(f"At most {one.kl_bound:.3f} nats: log n - (n - 1) / n")
    figures = [_with_gain(estimate_item(one.gold), one.gold_gain), _with_gain(estimate_item(one.proxy), one.proxy_gain)]
    nothing = [_nothing(words) for words in ("Not worked out for best of n", "Nothing was trained")]
    return [name, *figures, bound, estimate_item(one.win_rate, 100, 1), *nothing, *_costs(Cost())]


def _nothing(why: str) -> ValueItem:
    item = ValueItem("-", math.nan)
    item.setToolTip(why)
    return item


def _cells(arm: ArmResult) -> list[ValueItem]:
    told = f"{shown_name(arm.name)}: {shown_name(arm.method)}, seeds {', '.join(map(str, arm.seeds))}"
    name = name_item(shown_name(arm.name), told)
    steps = sorted(arm.best.steps)
    best = (
        "-"
        if not arm.runs
        else count(steps[0])
        if steps[0] == steps[-1]
        else f"{count(steps[0])}\nto {count(steps[-1])}"
    )
    return [
        name,
        _with_gain(estimate_item(arm.gold), arm.gold_gain),
        _with_gain(estimate_item(arm.proxy), arm.proxy_gain),
        estimate_item(arm.kl, digits=1),
        _win_rate(arm),
        _controlled(arm),
        ValueItem(best, float(steps[0])),
        *_costs(arm.cost),
    ]


def _win_rate(arm: ArmResult) -> ValueItem:
    item, controlled = estimate_item(arm.win_rate, 100, 1), _controlled(arm).toolTip()
    if arm.length_controlled is not None:
        item.setToolTip(f"{item.toolTip()}\nWith length held equal: {controlled}")
    return item


def _controlled(arm: ArmResult) -> ValueItem:
    found = arm.length_controlled
    item = estimate_item(found.rate if found else None, 100, 1)
    if found is None:
        item.setToolTip("Nobody to compare with, very many arms, or length and arm cannot be told apart")
    else:
        which = "longer" if found.longer >= 0 else "shorter"
        item.setToolTip(f"{item.toolTip()}\nIts answers are {abs(found.longer):.0f} characters {which} in the mean")
    return item


def _with_gain(item: ValueItem, gain: Estimate | None) -> ValueItem:
    """Adds to a cell's tooltip what the Reward chart shows of it."""
    if gain is not None:
        words = (
            f"{gain.mean:+.2f} s.d. above the start model ({gain.low:+.2f} to {gain.high:+.2f}), as in the Reward chart"
        )
        item.setToolTip(f"{item.toolTip()}\n{words}")
    return item


def _costs(cost: Cost) -> list[ValueItem]:
    times = [(value, _time(value or 0.0), f"{value or 0.0:,.0f} s") for value in (cost.seconds, cost.device_seconds)]
    tokens = [(value, count(value or 0.0), f"{value or 0.0:,.0f} tokens") for value in (cost.tokens, cost.generated)]
    return [amount_item(*each) for each in (*times, *tokens)]


def _time(seconds: float) -> str:
    """Returns a time with two or three digits: 48 s, 2.7 min, 3.1 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
