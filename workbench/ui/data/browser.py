"""The rows of one dataset in the middle of the page: its filter, its table, the chosen pair and the distributions."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QSplitter, QTableView, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.errors import NotFound
from workbench.domain.pairs import DatasetKind
from workbench.domain.records import DatasetRecord
from workbench.domain.row_filters import Found, RowFilter, RowLine
from workbench.ui.data.distributions import Distributions
from workbench.ui.data.filter_bar import FilterBar
from workbench.ui.data.pair_view import PairText, PairView, pair_text
from workbench.ui.data.rows_model import RowsModel
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.widgets import Card, label

_RIGHT = 250
_ROW = "data/row"
_WIDTHS = {"Row": 60, "Split": 66, "Length": 54, "Gap": 54, "Raters": 56, "Margin": 54}
_TEXTS = ("Prompt", "Chosen", "Rejected")
_WITHOUT = {  # columns that rows of a kind have nothing for
    DatasetKind.PREFERENCE: set(),
    DatasetKind.THUMBS: {"Gap", "Raters"},
    DatasetKind.DEMONSTRATION: {"Rejected", "Gap", "Raters"},
    DatasetKind.PROMPTS: {"Chosen", "Rejected", "Gap", "Raters"},
}


class RowBrowser(QWidget):
    """Shows a dataset; every question goes out on another thread and only the newest is answered."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__()
        self._session = session
        self._look = look
        self._record: DatasetRecord | None = None
        self._search: api.RowSearch | None = None  # opened when a dataset is shown
        self._n_rows = 0
        self._last = str(session.kept(_ROW, ""))  # the dataset and the row of last time, to turn to when it is opened
        self._build()
        self._place()
        self._connect()

    def show_dataset(self, record: DatasetRecord) -> None:
        """Opens a dataset; its first rows are there before its statistics are."""
        project = self._session.project
        if project is None:
            return
        self.close_dataset()
        self._record = record
        self._card.set_title(record.name)
        self._offer(record)
        self.filter_bar.say("Opening…")

        def work() -> "tuple[api.RowSearch, int]":
            search = api.browse_dataset(project, record.name)
            return search, search.count()

        self._session.ask(
            "data-open",
            work,
            self._on_opened,
            on_error=lambda error: self._report(f"{record.name} could not be opened", error),
        )

    def close_dataset(self) -> None:
        """Lets go of the dataset that is shown."""
        for key in ("data-open", "data-find", "data-page", "data-row"):
            self._session.tasks.cancel(key)
        search, self._search, self._record = self._search, None, None
        self.model.show_rows(range(0))
        self.pair.show_nothing()
        self.distributions.show_nothing()
        if search is not None:
            self._session.tasks.start(f"data-close-{id(search)}", search.close, lambda _none: None)

    def find_rows(self, wanted: RowFilter) -> None:
        """Shows the rows that meet a filter."""
        search = self._search
        if search is None:
            return
        self.filter_bar.say("Searching…")
        self._session.ask(
            "data-find",
            lambda: search.find(wanted),
            self._on_found,
            on_error=lambda error: self._report("The search did not work", error),
        )

    def step(self, by: int) -> None:
        """Goes to another row of the table."""
        at = self.table.currentIndex().row() + by
        if 0 <= at < self.model.rowCount():
            self.table.selectRow(at)

    def _build(self) -> None:
        self.model = RowsModel(self._fetch)
        self.filter_bar = FilterBar()
        self.nothing = label("No row matches all of these filters. Clear shows every row again.", "muted", wraps=True)
        self.nothing.hide()
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName("Rows")
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        # Qt paints a selected row in the palette's colour below the style sheet's tint; then neither can be read.
        self.table.setStyleSheet("QTableView { selection-background-color: transparent; }")
        self._build_headers()
        self.pair = PairView(self._look.scheme)
        self.distributions = Distributions()

    def _build_headers(self) -> None:
        rows = self.table.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)  # a million rows are never measured
        rows.setDefaultSectionSize(QFontMetrics(self.table.font()).height() + 10)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for number, name in enumerate(RowsModel.COLUMNS):
            is_text = name in _TEXTS
            mode = QHeaderView.ResizeMode.Stretch if is_text else QHeaderView.ResizeMode.Interactive
            header.setSectionResizeMode(number, mode)
            if not is_text:
                self.table.setColumnWidth(number, _WIDTHS[name])

    def _place(self) -> None:
        self._card = Card("Rows")
        self._card.body.addWidget(self.filter_bar)
        self._card.body.addWidget(self.nothing)
        self._card.body.addWidget(self.table, 1)
        middle = QSplitter(Qt.Orientation.Vertical)
        middle.setChildrenCollapsible(False)
        middle.setHandleWidth(10)
        middle.addWidget(self._card)
        middle.addWidget(self.pair)
        middle.setStretchFactor(0, 3)
        middle.setStretchFactor(1, 2)
        right = QVBoxLayout()
        right.addWidget(self.distributions, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(middle, 1)
        self.distributions.setFixedWidth(_RIGHT)
        layout.addLayout(right)

    def _connect(self) -> None:
        self.filter_bar.changed.connect(self.find_rows)
        self.distributions.picked.connect(self._on_bar_picked)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_chosen)
        self._look.changed.connect(self._on_look_changed)

    def _offer(self, record: DatasetRecord) -> None:
        without = set(_WITHOUT[record.kind]) | {"Margin"}
        if not record.raters and not record.n_ties:
            without.add("Raters")
        for number, name in enumerate(RowsModel.COLUMNS):
            self.table.setColumnHidden(number, name in without)
        self.filter_bar.offer(record.raters, has_gaps="Gap" not in without, has_margins=False)
        self.filter_bar.tie_box.setVisible(record.n_ties > 0)
        self.filter_bar.show_filter(RowFilter())

    def _fetch(
        self, rows: Sequence[int], on_lines: Callable[[list[RowLine]], None], on_failed: Callable[[], None]
    ) -> None:
        search = self._search

        def on_error(error: Exception) -> None:
            self._report("Rows could not be read", error)
            on_failed()

        if search is not None:
            self._session.ask("data-page", lambda: search.lines(rows), on_lines, on_error=on_error)

    def _report(self, title: str, error: Exception) -> None:
        if isinstance(error, NotFound):  # by another window or command; the list of datasets follows in a moment
            self.filter_bar.say("Renamed or deleted meanwhile")
        else:
            self._session.report(title, error)

    def _on_opened(self, opened: "tuple[api.RowSearch, int]") -> None:
        self._search, self._n_rows = opened
        self._show_rows(range(self._n_rows))
        self.find_rows(self.filter_bar.filter)

    def _on_found(self, found: Found) -> None:
        n = len(found.rows)
        self.nothing.setVisible(n == 0 and self._n_rows > 0)
        self.filter_bar.say(f"{n:,} rows" if n == self._n_rows else f"{n:,} of {self._n_rows:,} rows")
        if found.margins is not None and self._record is not None:
            has_gaps = "Gap" not in _WITHOUT[self._record.kind]
            self.filter_bar.offer(self._record.raters, has_gaps=has_gaps, has_margins=True)
            self.table.setColumnHidden(RowsModel.COLUMNS.index("Margin"), False)
        self._show_rows(found.rows)
        self.distributions.show_histograms(found.histograms, self.filter_bar.filter, self._look.scheme)

    def _show_rows(self, rows: Sequence[int]) -> None:
        """Shows rows from the first on; where they are those in sight already, the place is kept."""
        if isinstance(rows, range) and rows == range(self.model.rowCount()) and self.model.is_whole:
            return
        self.model.show_rows(rows)
        if len(rows):
            self.table.selectRow(self._place_of_last(rows))
        else:
            self.pair.show_nothing()

    def _place_of_last(self, rows: Sequence[int]) -> int:
        """Returns the place of the row that was in sight when the project was left; the first where that is none of these."""
        name, _, row = self._last.rpartition(" ")
        self._last = ""
        is_there = self._record is not None and name == self._record.name and isinstance(rows, range)
        return int(row) if is_there and row.isdigit() and int(row) in rows else 0

    def _on_bar_picked(self, condition: str, value: object) -> None:
        self.filter_bar.show_filter(self.filter_bar.filter.toggled(condition, value))

    def _on_row_chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        search = self._search
        if search is None or not index.isValid():
            return
        at = self.model.position(index.row())
        if self._record is not None:
            self._session.keep(_ROW, f"{self._record.name} {at}")

        def work() -> PairText:
            placed = search.row(at)
            return pair_text(at, placed.split, placed.row)

        self._session.ask(
            "data-row",
            work,
            self.pair.show_pair,
            on_error=lambda error: self._report("The row could not be read", error),
        )

    def _on_look_changed(self, scheme: object) -> None:
        self.pair.dress(self._look.scheme)
        self.distributions.dress(self.filter_bar.filter, self._look.scheme)
