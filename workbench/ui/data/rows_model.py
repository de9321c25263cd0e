"""A million rows as a table: only the pages in sight are fetched, on another thread; the rest are placeholders."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer

from workbench.domain.row_filters import RowLine

PAGE = 64  # rows: two screens of a table; scattered rows cost about 8 ms each in a large file
_KEPT = 200  # pages, some 5 MB
_AWAITED = 3  # pages asked for while others are on their way; older wishes have scrolled out of sight
_WAITING = "…"

Index = QModelIndex | QPersistentModelIndex
Fetch = Callable[[Sequence[int], Callable[[list[RowLine]], None], Callable[[], None]], None]


class RowsModel(QAbstractTableModel):
    """Shows the lines of the rows at given positions.

    Args:
        fetch: takes positions, a function that is called, later, with their lines, and one that is called where they
            could not be read.
    """

    COLUMNS = ("Row", "Prompt", "Chosen", "Rejected", "Split", "Length", "Gap", "Raters", "Margin")

    def __init__(self, fetch: Fetch) -> None:
        super().__init__()
        self._fetch = fetch
        self._rows: Sequence[int] = range(0)
        self._pages: OrderedDict[int, list[RowLine]] = OrderedDict()
        self._wanted: list[int] = []
        self._on_its_way: int | None = None
        self._generation = 0
        self._timer = QTimer(self, interval=0, singleShot=True)
        self._timer.timeout.connect(self._fetch_next)

    def show_rows(self, rows: Sequence[int]) -> None:
        """Shows the rows at these positions, which are fetched as they come into sight."""
        self.beginResetModel()
        self._rows = rows
        self._pages.clear()
        self._wanted.clear()
        self._on_its_way = None
        self._generation += 1
        self.endResetModel()

    @property
    def is_whole(self) -> bool:
        """Says whether the rows are all of a dataset from its first on."""
        return isinstance(self._rows, range)

    def position(self, at: int) -> int:
        """Returns the position in the dataset of the row at a place of the table."""
        return int(self._rows[at])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's signature)
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section in _NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS.get(self.COLUMNS[section])
        return self.COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        line = self._line(index.row())
        return _WAITING if line is None else _CELLS[index.column()](line)

    def _line(self, at: int) -> RowLine | None:
        number, place = divmod(at, PAGE)
        page = self._pages.get(number)
        if page is None:
            self._want(number)
            return None
        return page[place] if place < len(page) else None

    def _want(self, number: int) -> None:
        if number == self._on_its_way or number in self._wanted:
            return
        self._wanted.append(number)
        del self._wanted[:-_AWAITED]
        if self._on_its_way is None:
            self._timer.start()

    def _fetch_next(self) -> None:
        if self._on_its_way is not None or not self._wanted:
            return
        number, generation = self._wanted.pop(), self._generation
        self._on_its_way = number
        rows = self._rows[number * PAGE : (number + 1) * PAGE]
        self._fetch(
            rows, lambda lines: self._on_fetched(generation, number, lines), lambda: self._on_failed(generation)
        )

    def _on_failed(self, generation: int) -> None:
        """Leaves the page as it is; it is asked for again when it is next painted, others at once."""
        if generation == self._generation:
            self._on_its_way = None
            self._fetch_next()

    def _on_fetched(self, generation: int, number: int, lines: list[RowLine]) -> None:
        if generation != self._generation:
            return
        self._on_its_way = None
        self._pages[number] = lines
        while len(self._pages) > _KEPT:
            self._pages.popitem(last=False)
        last = min((number + 1) * PAGE, len(self._rows)) - 1
        self.dataChanged.emit(self.index(number * PAGE, 0), self.index(last, len(self.COLUMNS) - 1))
        self._fetch_next()


def _raters(line: RowLine) -> str:
    words = f"{line.n_agreeing} of {line.n_ratings}" if line.n_ratings else ""
    return f"tie {words}".strip() if line.tie else words


_NUMBERS = {0, 5, 6, 8}
_CELLS: tuple[Callable[[RowLine], str], ...] = (
    lambda line: f"{line.index + 1:,}",
    lambda line: line.prompt,
    lambda line: line.chosen,
    lambda line: line.rejected,
    lambda line: line.split,
    lambda line: "" if line.length is None else f"{line.length:,}",
    lambda line: "" if line.gap is None else f"{line.gap:+,}" if line.gap else "0",
    _raters,
    lambda line: "" if line.margin is None else f"{line.margin:g}",
)
_TIPS = {
    "Length": "Characters of the longer response",
    "Gap": "Characters of the chosen response less those of the rejected one",
    "Raters": "How many raters chose the chosen response, of those who rated the row",
    "Margin": "How much better the chosen response is, in the source's own unit",
}
