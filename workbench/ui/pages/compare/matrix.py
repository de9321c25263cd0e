"""Head to head: how often the row's arm beats the column's, on the same prompts."""

from collections.abc import Collection, Iterator
from functools import cached_property

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QResizeEvent
from PySide6.QtWidgets import QHeaderView

from workbench.compare import Comparison, WinCell
from workbench.domain.estimates import Estimate
from workbench.domain.experiments import shown_name
from workbench.ui.pages.compare.tables import CopyTable, ValueItem
from workbench.ui.theme import Scheme
from workbench.ui.widgets.controls import tip_words
from workbench.ui.widgets.swatch import swatch

_NARROWEST, _LEAST_NAMES = 42, 0.2  # pixels of a column; share of the table that the rows' names have in any case
_READABLE = 90  # pixels in which a name says more than its number
_AROUND = 2  # pixels around the two lines of a cell
_STRONGEST = 150  # alpha of a rate of 0 or 1: text stays readable on it


class WinMatrix(CopyTable):
    """Colours each cell by how far it is from one half; the words say the rate, so colour is never alone."""

    def __init__(self) -> None:
        super().__init__("Head to head")
        self._names: list[str] = []
        self._is_controlled = False
        self._shown: tuple[Comparison, Scheme, Collection[str]] | None = None
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setMinimumSectionSize(26)
        self.verticalHeader().setMinimumSectionSize(2 * self.fontMetrics().lineSpacing() + _AROUND)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)  # "±11" reads better touching its cell's edge than as "±…"
        self.verticalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        """Fills the matrix with the arms that are shown, row by row."""
        self._shown = comparison, scheme, hidden
        lines = [arm for arm in (*comparison.arms, *comparison.sampled_shown) if arm.name not in hidden]
        names, places = [arm.name for arm in lines], {arm.name: arm.index for arm in lines}
        self._names = []  # sizes change on the way, before the heads are there
        self.clear()
        self.setRowCount(len(names))
        self.setColumnCount(len(names))
        for at, name in enumerate(names):
            across, down = ValueItem(shown_name(name)), ValueItem(shown_name(name))
            down.setIcon(swatch(scheme.runs.colour(places[name])))
            down.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            for head in (across, down):
                head.setToolTip(tip_words(shown_name(name)))
            self.setHorizontalHeaderItem(at, across)
            self.setVerticalHeaderItem(at, down)
        self._names = [shown_name(name) for name in names]
        self._name_columns()
        for row, first in enumerate(names):
            for column, second in enumerate(names):
                self.setItem(row, column, _RateItem((first, second), comparison, scheme, self._is_controlled))
            yield

    def prefer_controlled(self, is_controlled: bool) -> None:
        """Shows the win rates with length held equal, or the raw ones."""
        self._is_controlled = is_controlled
        if self._shown is not None:
            for _ in self.showing(*self._shown):
                pass

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._name_columns()

    def _name_columns(self) -> None:
        """Heads the columns with the arms' names where there is room, else with the numbers of their rows."""
        if not self._names:
            return
        left = int(max(_LEAST_NAMES * self.width(), self.width() - _NARROWEST * len(self._names)))
        self.verticalHeader().setMaximumWidth(left)
        room = self.viewport().width() / len(self._names) - 8
        names = [shown_name(name) for name in self._names]
        are_named = max(map(self.fontMetrics().horizontalAdvance, names)) <= room
        for at, name in enumerate(names):
            self.horizontalHeaderItem(at).setText(name if are_named else str(at + 1))
            numbered = f"{at + 1} {name}" if left >= _READABLE else str(at + 1)
            self.verticalHeaderItem(at).setText(name if are_named else numbered)


class _RateItem(ValueItem):
    """A cell that finds its words and its colour when it comes into sight: fifty arms have 2,500, of which few do."""

    def __init__(self, pair: tuple[str, str], comparison: Comparison, scheme: Scheme, is_controlled: bool) -> None:
        super().__init__("")
        self._pair, self._comparison, self._scheme, self._is_controlled = pair, comparison, scheme, is_controlled

    def data(self, role: int) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_words(self._meaning())
        if role == Qt.ItemDataRole.BackgroundRole:
            return self._shade
        return super().data(role)

    @cached_property
    def _cell(self) -> WinCell | None:
        return self._comparison.cell(*self._pair)

    @cached_property
    def _rate(self) -> Estimate | None:
        if self._cell is None:
            return None
        controlled = self._cell.length_controlled
        if not self._is_controlled:
            return self._cell.rate
        return controlled.rate if controlled is not None else None

    @cached_property
    def _words(self) -> str:
        row, column = self._pair
        if (rate := self._rate) is None:
            return "" if row == column else "-"
        return f"{100 * rate.mean:.0f}\n±{50 * (rate.high - rate.low):.0f}"

    @cached_property
    def _shade(self) -> QBrush | None:
        if (rate := self._rate) is None:
            return None
        shade = QColor(self._scheme.tokens.win if rate.mean >= 0.5 else self._scheme.tokens.loss)
        shade.setAlpha(round(_STRONGEST * min(1.0, 2 * abs(rate.mean - 0.5))))
        return QBrush(shade)

    def _meaning(self) -> str:
        row, column = self._pair
        pair = f"{shown_name(row)} and {shown_name(column)}"
        if self._cell is None:
            return "" if row == column else f"{pair} share no prompts and seeds."
        if self._rate is None:
            return f"Length and arm cannot be told apart for {pair}."
        return _sentence(self._cell, self._comparison.score)


def _sentence(cell: WinCell, score: str) -> str:
    rate, gold = cell.rate, cell.gold_difference
    return (
        f"{shown_name(cell.row)} beats {shown_name(cell.column)} on {100 * rate.mean:.1f} % of prompts "
        f"({100 * rate.low:.1f} to {100 * rate.high:.1f}): {cell.wins} wins, {cell.ties} ties, {cell.losses} losses. "
        f"{score[:1].upper()}{score[1:]} {gold.mean:+.3g} ({gold.low:+.3g} to {gold.high:+.3g}). p = {cell.p_value:.3g}, "
        "not adjusted." + (_same_length(cell.length_controlled.rate) if cell.length_controlled is not None else "")
    )


def _same_length(rate: Estimate) -> str:
    mean, low, high = (f"{100 * value:.1f}" for value in (rate.mean, rate.low, rate.high))
    return f" With length held equal {mean} % ({low} to {high})."
