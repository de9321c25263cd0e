"""Costs, seeds and matched levels: tables of facts about the arms, each under a tab of its own."""

from collections.abc import Collection, Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHeaderView, QScrollArea, QStackedWidget

from workbench import api
from workbench.compare import Comparison, FactRow, FactTable
from workbench.domain.matching import LEVELS
from workbench.ui.pages.compare.deck import Tab
from workbench.ui.pages.compare.tables import CopyTable, ValueItem
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card, button, label
from workbench.ui.widgets.controls import tip_words
from workbench.ui.widgets.swatch import swatch

_ABSENT = float("nan")
_PADDING = 12  # pixels beside the longest line of a column


class FactGrid(CopyTable):
    """A table of words; a row of one arm has the arm's colour, totals are bold."""

    def __init__(self, name: str, *, sorts: bool) -> None:
        super().__init__(name)
        self._sorts = sorts
        self._widths: list[int] = []
        self.verticalHeader().hide()
        self.setSelectionBehavior(CopyTable.SelectionBehavior.SelectRows)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(30)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # as compared, until somebody sorts

    def showing(self, table: FactTable, scheme: Scheme) -> Iterator[None]:
        """Fills the grid, row by row."""
        self.setSortingEnabled(False)
        self.setColumnCount(len(table.columns))
        self.setRowCount(len(table.rows))
        for column, (name, meaning) in enumerate(table.columns.items()):
            head = ValueItem(f"{name}\n{table.units[name]}" if name in table.units else name)
            head.setToolTip(tip_words(meaning))
            self.setHorizontalHeaderItem(column, head)
        for place, row in enumerate(table.rows):
            self._show_row(place, row, scheme)
            yield
        self._widths = [self._width(column) for column in range(self.columnCount())]
        self._fit()
        self.fit_rows()
        self.setSortingEnabled(self._sorts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Gives each column what its longest line takes, and its share of what is left."""
        left = max(0, self.viewport().width() - sum(self._widths)) // max(1, len(self._widths))
        for column, width in enumerate(self._widths):
            self.horizontalHeader().resizeSection(column, width + left)

    def _width(self, column: int) -> int:
        items = [self.horizontalHeaderItem(column), *(self.item(row, column) for row in range(self.rowCount()))]
        bold = self.font()
        bold.setBold(True)
        plain, heavy = self.fontMetrics(), QFontMetrics(bold)
        widths = [(heavy if item.font().bold() else plain).horizontalAdvance(line)
                  for item in items for line in item.text().splitlines()]  # fmt: skip
        mark = self.iconSize().width() if column == 0 else 0
        return max(widths, default=0) + _PADDING + mark

    def _show_row(self, place: int, row: FactRow, scheme: Scheme) -> None:
        for column, cell in enumerate(row.cells):
            item = ValueItem(cell.words, _ABSENT if cell.words == "-" else cell.value)
            item.setToolTip(tip_words(cell.full or cell.words))
            if row.is_total:
                font = item.font()
                font.setBold(True)
                item.setFont(font)
            self.setItem(place, column, item)
        first = self.item(place, 0)
        first.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if row.has_colour:
            first.setIcon(swatch(scheme.runs.colour(row.index)))


class FactTab(Tab):
    """A table in a card, with how to read it behind a button."""

    sorts = True

    def __init__(self) -> None:
        super().__init__()
        self.card, self.grid = Card(self.title), FactGrid(self.title, sorts=self.sorts)
        self.note = label("", wraps=True, selectable=True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.how = button("How to read it", self._on_asked, role="link", tip="What is counted and how, in words")
        self.how.setCheckable(True)
        self._sides = QStackedWidget()
        words = QScrollArea(widgetResizable=True)
        words.setWidget(self.note)
        words.setAccessibleName(f"How to read {self.title}")
        for side in (self.grid, words):
            self._sides.addWidget(side)
        self.card.body.addWidget(self._sides)
        self.card.corner.addWidget(self.how)
        self.hold(self.card)

    def table(self, comparison: Comparison) -> FactTable:
        """Returns what is shown of a comparison."""
        raise NotImplementedError

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        table = self.table(comparison).without(hidden)
        self.card.set_title(table.title, table.summary)
        self.note.setText(table.note)
        yield from self.grid.showing(table, scheme)

    def _on_asked(self) -> None:
        self._sides.setCurrentIndex(int(self.how.isChecked()))
        self.how.setText("The table" if self.how.isChecked() else "How to read it")


class CostsTab(FactTab):
    """What every arm took, with the stages that it rests on."""

    title, tip = (
        "Costs",
        "Prompts, pairs, tokens, FLOPs, time and memory of every arm, with the stages that it rests on",
    )
    sorts = False  # the stages of an arm stand together

    def table(self, comparison: Comparison) -> FactTable:
        return api.costs_table(comparison.costs)


class SeedsTab(FactTab):
    """Every seed of every arm."""

    title, tip = "Seeds", "Every seed of every arm, and which of them collapsed"

    def table(self, comparison: Comparison) -> FactTable:
        return api.seeds_table(comparison.seeds, comparison.selection, comparison.score)


class MatchedTab(FactTab):
    """The arms at a common level of something that the person chooses."""

    title, tip = (
        "Matched",
        "Every arm at the largest level of data, compute, KL or proxy score that all of them reached",
    )

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Comparison, Scheme, Collection[str]] | None = None
        self.by = QComboBox()
        self.by.setAccessibleName("Matched by")
        self.by.setToolTip("What the arms have in common in this table")
        for name, kind in LEVELS.items():
            self.by.addItem(f"by {kind.label}", name)
            self.by.setItemData(self.by.count() - 1, tip_words(kind.meaning), Qt.ItemDataRole.ToolTipRole)
        self.by.setCurrentIndex(self.by.findData("kl"))
        self.card.corner.insertWidget(0, self.by)
        self.by.currentIndexChanged.connect(self._on_chosen)

    def table(self, comparison: Comparison) -> FactTable:
        found = next((view for view in comparison.matched if view.by == self.by.currentData()), None)
        if found is None:
            return FactTable(title="Matched", summary="Only the start model was evaluated.", columns={}, rows=())
        return api.matched_table(found, comparison.score)

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        self._shown = comparison, scheme, hidden
        yield from super().showing(comparison, scheme, hidden)

    def _on_chosen(self) -> None:
        if self._shown is not None:
            for _ in super().showing(*self._shown):  # a row an arm: quick enough to be done at once
                pass
