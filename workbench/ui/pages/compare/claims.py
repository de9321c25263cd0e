"""Every claim that two arms differ: what was measured, whether it is shown, and what would decide it where it is not."""

from collections.abc import Collection, Iterator, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView

from workbench.compare import Claim, Comparison, Statement
from workbench.domain.estimates import Estimate
from workbench.domain.experiments import shown_name
from workbench.domain.samples import GOLD
from workbench.ui.pages.compare.deck import Tab
from workbench.ui.pages.compare.tables import CopyTable, ValueItem, by_judge, in_short, name_item
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card
from workbench.ui.widgets.controls import ElidedLabel, set_role, tip_words
from workbench.ui.widgets.swatch import swatch

_COLUMNS = {
    "claim": "The arm that won more, and the one it is compared with on the same prompts",
    "win %": "Share of comparisons won, ties half, with its 95 % interval",
    "LC win %": "Length-controlled, as if both answers were of one length: AlpacaEval 2's model (2404.04475), lengths in "
    "characters, without its term for a prompt's difficulty, which two arms cannot tell",
    "gold": "Mean gold score less that of the other, on the same prompts, with its 95 % interval",
    "p": "Of a win rate of one half: McNemar's exact test over prompts with one seed, over seeds and prompts with several",
    "Holm": "The same, adjusted for making all these claims at once (Holm 1979); shown where it is below 0.05",
    "shown": "Whether the claim is shown",
    "decided by": "Prompts or seeds in all that find the claim 8 times in 10, if the rate measured is the true one",
}

_PAIR = Qt.ItemDataRole.UserRole + 1
_AROUND = 6  # pixels around the two lines of a row
_LOOKED_AT = 40  # rows by which a column's width is found: hundreds of claims take long to measure


class ClaimsTab(Tab):
    """The claims as a table; sorts by any column."""

    title = "Claims"
    tip = "Every two arms: raw and with length held equal, p-values by Holm, and what would decide what is open"

    def __init__(self) -> None:
        super().__init__()
        self.table = CopyTable("Claims")
        self._pairs: list[frozenset[str]] = []
        self._wanted: set[frozenset[str]] = set()
        self._caption = ElidedLabel("")
        set_role(self._caption, "muted")
        self._build()

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        """Lists the claims between arms that are shown."""
        claims = [claim for claim in comparison.claims if not {claim.row, claim.column} & set(hidden)]
        places = {arm.name: arm.index for arm in comparison.everyone}
        self.table.setSortingEnabled(False)
        self._head(comparison.score)
        self.table.setRowCount(len(claims))
        for row, claim in enumerate(claims):
            for column, item in enumerate(_cells(claim)):
                self.table.setItem(row, column, item)
            self.table.item(row, 0).setIcon(swatch(scheme.runs.colour(places[claim.row])))
            yield
        for column in range(1, self.table.columnCount()):
            self.table.resizeColumnToContents(column)
        self.table.setSortingEnabled(True)
        self._caption.setText(_caption(comparison))
        self._caption.setToolTip(tip_words(_caption(comparison)))
        self._select()

    def point_at(self, statement: Statement) -> None:
        """Selects the claims that a sentence of the verdict rests on, now or when they are listed."""
        self._wanted = {frozenset(support.arms) for support in statement.support}
        self._select()

    def _select(self) -> None:
        if not self._wanted:
            return
        self.table.clearSelection()
        rows = [row for row in range(self.table.rowCount()) if self.table.item(row, 0).data(_PAIR) in self._wanted]
        for row in rows:
            for column in range(self.table.columnCount()):
                self.table.item(row, column).setSelected(True)
        if rows:
            self.table.scrollTo(self.table.model().index(rows[0], 0))
            self._wanted = set()

    def _head(self, score: str) -> None:
        for column, (name, meaning) in enumerate(_COLUMNS.items()):
            head = ValueItem(in_short(score) if name == GOLD else name)
            head.setToolTip(tip_words(by_judge(meaning, score)))
            self.table.setHorizontalHeaderItem(column, head)

    def _build(self) -> None:
        self.table.setColumnCount(len(_COLUMNS))
        self._head(GOLD)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names often differ in their ends
        rows = self.table.verticalHeader()
        rows.hide()
        rows.setDefaultSectionSize(2 * self.table.fontMetrics().lineSpacing() + _AROUND)
        self.table.setSelectionBehavior(CopyTable.SelectionBehavior.SelectRows)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)  # until all is there: measuring each row takes long
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(40)
        header.setResizeContentsPrecision(_LOOKED_AT)
        header.setHighlightSections(False)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        card = Card("Claims", "the first arm of each beats the second")
        card.body.addWidget(self.table)
        card.body.addWidget(self._caption)
        self.hold(card)


def _cells(claim: Claim) -> Sequence[ValueItem]:
    first, second = shown_name(claim.row), shown_name(claim.column)
    counts = f"{claim.wins:,} wins, {claim.ties:,} ties, {claim.losses:,} losses, {claim.missing:,} left out"
    name = name_item(f"{first}\nover {second}", f"{first} over {second}: {counts}")
    name.setData(_PAIR, frozenset((claim.row, claim.column)))
    rate = _between(claim.rate, 100)
    rate.setToolTip(f"{counts}; n = {claim.rate.n}{_resampled(claim.bootstrap, 100, '.1f')}")
    gold = _between(claim.gold_difference, 1, "+.2f")
    gold.setToolTip(f"n = {claim.gold_difference.n}{_resampled(claim.gold_bootstrap, 1, '+.3g')}")
    shown = ValueItem("shown" if claim.is_shown else "open", float(claim.is_shown))
    decided = ValueItem(claim.decided_by.replace(" or ", "\nor "))
    if claim.needs is not None:
        least = 100 * claim.needs.detectable
        decided.setToolTip(f"As it is, a lead of {least:.1f} points would be found 8 times in 10")
    adjusted = ValueItem(_p(claim.adjusted), claim.adjusted)
    if claim.is_shown:
        for item in (shown, adjusted):
            font = item.font()
            font.setBold(True)
            item.setFont(font)
    return [
        name,
        rate,
        _controlled(claim),
        gold,
        ValueItem(_p(claim.p_value), claim.p_value),
        adjusted,
        shown,
        decided,
    ]


def _controlled(claim: Claim) -> ValueItem:
    controlled = claim.length_controlled
    if controlled is None:
        item = ValueItem("-", float("nan"))
        item.setToolTip("Length and arm cannot be told apart, or there are very many arms")
        return item
    item = _between(controlled.rate, 100)
    which = "longer" if controlled.longer >= 0 else "shorter"
    words = (
        f"The answers of {shown_name(claim.row)} are {abs(controlled.longer):.0f} characters {which} in the mean; a longer "
        f"answer by many standard deviations adds {controlled.length_effect:+.2f} to the logit of winning; "
        f"p = {_p(controlled.p_value)}"
    )
    item.setToolTip(tip_words(words))
    return item


def _between(value: Estimate, scale: float, form: str = ".1f") -> ValueItem:
    mean, low, high = (f"{scale * number:{form}}" for number in (value.mean, value.low, value.high))
    return ValueItem(f"{mean}\n{low} to {high}", value.mean)


def _resampled(value: Estimate | None, scale: float, form: str) -> str:
    if value is None:
        return ""
    return f"; by resampling prompts {scale * value.low:{form}} to {scale * value.high:{form}}"


def _p(value: float) -> str:
    return "< 0.0001" if value < 1e-4 else f"{value:.4f}"


def _caption(comparison: Comparison) -> str:
    n = len(comparison.claims)
    if not n:
        return "Claims need two arms that answered the same prompts under the same seeds."
    rule = f"p by Holm for all {n} claims" if n > 1 else "p"
    return f"By {comparison.judge}, last checkpoints. {comparison.interval}. Shown: {rule} below 0.05."
