"""All arms, or all checkpoints, on one scale: Bradley-Terry strengths in points of Elo, drawn as dots with intervals."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem

from workbench import api
from workbench.compare import Comparison, Ranked, Ranking
from workbench.domain.experiments import shown_name
from workbench.ui.pages.compare.deck import Tab
from workbench.ui.pages.compare.tables import CopyTable, ValueItem, name_item
from workbench.ui.session import Session
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card, button, label
from workbench.ui.widgets.controls import tip_words
from workbench.ui.widgets.swatch import swatch

_COLUMNS = {
    "rank": "One more than the number of those whose whole interval lies above; several may share one",
    "run": "The arm",
    "step": "The checkpoint, by seed where they differ",
    "Elo": "Points above the start model by Bradley-Terry; 34.9 are a win rate of 55 %, 191 one of 75 %",
    "": "Dot: Elo; line: its 95 % interval; dashed: the start model",
}
_DOTS = len(_COLUMNS) - 1
_MARK = Qt.ItemDataRole.UserRole + 1
_MARGIN, _DOT, _AROUND = 10, 4, 9  # pixels beside the scale, of a dot, around the line of a row


class Mark(NamedTuple):
    """A dot with its interval, on a scale from `least` to `most` that all rows share."""

    value: float
    low: float
    high: float
    least: float
    most: float
    colour: str
    ground: str


class DotDelegate(QStyledItemDelegate):
    """Draws a cell's `Mark`."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        mark = index.data(_MARK)
        if not isinstance(mark, Mark):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect, y = option.rect, option.rect.center().y() + 0.5
        painter.setPen(QPen(QColor(mark.ground), 1, Qt.PenStyle.DashLine))
        zero = _at(0.0, mark, rect)
        painter.drawLine(QPointF(zero, rect.top()), QPointF(zero, rect.bottom() + 1))
        painter.setPen(QPen(QColor(mark.colour), 2))
        painter.drawLine(QPointF(_at(mark.low, mark, rect), y), QPointF(_at(mark.high, mark, rect), y))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mark.colour))
        painter.drawEllipse(QPointF(_at(mark.value, mark, rect), y), _DOT, _DOT)
        painter.restore()


def _at(value: float, mark: Mark, rect: QRect) -> float:
    share = (min(max(value, mark.least), mark.most) - mark.least) / max(1e-9, mark.most - mark.least)
    return rect.left() + _MARGIN + share * (rect.width() - 2 * _MARGIN)


class RankingTab(Tab):
    """The ranking, of last checkpoints or of every one."""

    title = "Ranking"
    tip = "All arms, or every checkpoint, on one scale by Bradley-Terry"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: tuple[Comparison, Scheme, Collection[str]] | None = None
        self.table = CopyTable("Ranking")
        self.switch = button(
            "Every checkpoint", self._on_switched, role="link", tip="Rank every checkpoint in place of the last ones"
        )
        self.switch.setCheckable(True)
        self._caption = label("", "muted", wraps=True)
        self._build()

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        """Shows the arms that are not hidden."""
        self._shown = comparison, scheme, hidden
        yield
        self._refresh()

    def _on_switched(self) -> None:
        self.switch.setText("Last checkpoints" if self.switch.isChecked() else "Every checkpoint")
        self._refresh()

    def _refresh(self) -> None:
        if self._shown is None:
            return
        comparison, project = self._shown[0], self._session.project
        if not self.switch.isChecked() or project is None:
            self.show_ranking(comparison.ranking)
            return
        view = comparison.view
        self._session.ask(
            "rank checkpoints",
            lambda: api.rank_checkpoints(project, view=view),
            self._on_ranked,
            title="The checkpoints were not ranked",
        )

    def _on_ranked(self, ranking: Ranking) -> None:
        if self.switch.isChecked():
            self.show_ranking(ranking)

    def show_ranking(self, ranking: Ranking | None) -> None:
        """Lists a ranking; None says why there is none."""
        assert self._shown is not None
        _, scheme, hidden = self._shown
        lines = [line for line in ranking.lines if line.arm not in hidden] if ranking is not None else []
        self._caption.setText(_caption(ranking))
        self.table.setSortingEnabled(False)
        self.table.setRowCount(len(lines))
        least, most = (
            min((line.elo.low for line in lines), default=0),
            max((line.elo.high for line in lines), default=1),
        )
        for row, line in enumerate(lines):
            colour = scheme.runs.colour(line.index)
            for column, item in enumerate(_cells(line)):
                self.table.setItem(row, column, item)
            self.table.item(row, 1).setIcon(swatch(colour))
            mark = Mark(line.elo.mean, line.elo.low, line.elo.high, least, most, colour, scheme.tokens.muted)
            self.table.item(row, _DOTS).setData(_MARK, mark)
        self.table.setSortingEnabled(True)

    def _build(self) -> None:
        self.table.setColumnCount(len(_COLUMNS))
        for column, (name, meaning) in enumerate(_COLUMNS.items()):
            head = ValueItem(name)
            head.setToolTip(tip_words(meaning))
            self.table.setHorizontalHeaderItem(column, head)
        self.table.setItemDelegateForColumn(_DOTS, DotDelegate(self.table))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().lineSpacing() + _AROUND)
        self.table.setSelectionBehavior(CopyTable.SelectionBehavior.SelectRows)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setHighlightSections(False)
        header.setResizeContentsPrecision(40)  # there are no more rows
        header.setSectionResizeMode(_DOTS, QHeaderView.ResizeMode.Stretch)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        card = Card("Ranking", "points of Elo above the start model")
        card.corner.addWidget(self.switch)
        card.body.addWidget(self.table)
        card.body.addWidget(self._caption)
        self.hold(card)


def _cells(line: Ranked) -> list[ValueItem]:
    steps = ", ".join(map(str, dict.fromkeys(line.steps)))
    elo = line.elo
    words = f"{elo.mean:+.0f}  ({elo.low:+.0f} to {elo.high:+.0f})" if elo.low != elo.high else f"{elo.mean:.0f}"
    dots = ValueItem("", elo.mean)
    dots.setToolTip(f"{words}, n = {elo.n}")
    return [
        ValueItem(str(line.rank), float(line.rank)),
        name_item(shown_name(line.arm)),
        ValueItem(steps, float(line.steps[0])),
        ValueItem(words, elo.mean),
        dots,
    ]


def _caption(ranking: Ranking | None) -> str:
    if ranking is None:
        return "A ranking needs two to 40 arms that answered the same prompts."
    left = f" Left out, since they met nobody: {', '.join(ranking.left_out)}." if ranking.left_out else ""
    return f"By {ranking.judge}, ties half; 0: {shown_name(ranking.origin)}. {ranking.interval}.{left}"
