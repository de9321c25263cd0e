"""Over-optimisation in figures: where gold turns, who stands above whose frontier, best of n, and KL as measured."""

import math
from collections.abc import Collection, Iterator, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QSizePolicy

from workbench.compare import Comparison
from workbench.compare.optimisation import KlFigures, TurningPoint
from workbench.domain.samples import GOLD
from workbench.ui.pages.compare.deck import Tab
from workbench.ui.pages.compare.tables import CopyTable, ValueItem, by_judge, estimate_item, name_item
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card, button, label
from workbench.ui.widgets.controls import tip_words
from workbench.ui.widgets.swatch import swatch

_TURNS = {
    "arm": "The arm, or best of n",
    "turns at\nnats": "KL in nats at which the gold score is highest by Gao's form (2210.10760), with its 95 % interval",
    "height\ns.d.": "Its gold score there above the start model, in the standard deviations of its scores",
    "form": "RL: √KL (alpha - beta log √KL). Best of n: √KL (alpha - beta √KL)",
}
_BEST = {
    "n": "Responses that the reward model chooses from",
    "KL bound\nnats": "log n - (n - 1)/n nats: choosing pays no more than this",
    "gold": "Mean gold score above a single sample of the start model",
    "proxy": "Mean score by the reward model above a single sample",
}
_KL = {
    "arm": "The arm",
    "step": "The checkpoint's training step, in the first seed",
    "KL": "Exact over the vocabulary at each token, summed over the response: nats per response",
    "s.e.": "Standard error of the KL over all responses of all seeds",
    "k1": "log p - log q of the sampled tokens: right on average, of either sign",
    "k3": "rho - 1 - log rho: right on average, never negative",
    "per token": "KL of all responses over their tokens: nats per token",
}


_TURNING = "Where {} turns"


class OverOptimisation(Tab):
    """Three cards: turning points, counts above each other's frontier, best of n.

    Signals:
        best_of_n_wanted: the person asks for samples of the start model to choose from.
    """

    title = "Over-optimisation"
    tip = "Where gold turns, which arm lies above whose frontier, and best of n without training"
    best_of_n_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.turns, self.best = _Table("Turning points"), _Table("Best of n")
        self.above = _Table("Above the frontier", in_two_lines=True)
        self.sample = button(
            "Sample best of 16", self.best_of_n_wanted.emit, tip="16 responses of the start model to each of 64 prompts"
        )
        self.above.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names often differ in their ends
        self._not_sampled = label(
            "Nothing was sampled yet. The start model answers every prompt 16 times, and the reward model keeps one of the "
            "answers: what any training has to beat, since this needs none.",
            "muted",
            wraps=True,
        )
        self._not_above = label("", "muted", wraps=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self._turning = Card(_TURNING.format(GOLD), "Gao's form, where it fits")
        cards = (
            (self._turning, (self.turns,), 26),
            (
                Card("Above the frontier", "checkpoints of the row, over the column's"),
                (self.above, self._not_above),
                24,
            ),
            (
                Card("Best of n", "the reward model chooses; no training"),
                (self.best, self._not_sampled, self.sample),
                20,
            ),
        )
        for card, parts, share in cards:
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            for part in parts:
                card.body.addWidget(part, int(isinstance(part, CopyTable)))
            card.body.addStretch(0)
            row.addWidget(card, share)

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        found = comparison.optimisation
        turns = [turn for turn in found.turning_points if turn.arm not in hidden]
        self._turning.set_title(_TURNING.format(comparison.score), "Gao's form, where it fits")
        self.turns.fill(_headed(_TURNS, comparison.score), [_turn_cells(turn, scheme) for turn in turns])
        yield
        self._show_above(comparison, scheme, hidden)
        yield
        rows = [one for one in found.best_of_n if one.name not in hidden]
        cells = [
            [ValueItem(str(one.n), float(one.n)), ValueItem(f"{one.kl_bound:.3f}", one.kl_bound),
             estimate_item(one.gold), estimate_item(one.proxy)] for one in rows
        ]  # fmt: skip
        self.best.fill(_headed(_BEST, comparison.score), cells)
        self.best.setVisible(bool(rows))
        self.sample.setVisible(not rows)
        self._not_sampled.setVisible(not rows)

    def _show_above(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> None:
        found = comparison.optimisation
        pairs = {(one.row, one.column): one.above for one in found.dominance if not {one.row, one.column} & set(hidden)}
        places = {turn.arm: turn.index for turn in found.turning_points}
        names = list(dict.fromkeys(row for row, _ in pairs))
        self._not_above.setText(found.no_dominance)
        self._not_above.setVisible(not pairs)
        self.above.setVisible(bool(pairs))
        head = {"": "The arm whose checkpoints are counted"}
        head |= {str(at): tip_words(f"over the frontier of {name}") for at, name in enumerate(names, 1)}
        rows = []
        for at, row in enumerate(names, 1):
            cells = [_named(f"{at} {row}", places.get(row, 0), scheme)]
            for column in names:
                above = pairs.get((row, column))
                cell = ValueItem(
                    "" if above is None else f"{above.mean:.0f}/{above.n}", above.mean if above else math.nan
                )
                if above is not None:
                    cell.setToolTip(
                        tip_words(
                            f"{above.mean:.0f} of {above.n} checkpoints of {row} lie above the frontier of {column}, "
                            f"{above.low:.0f} to {above.high:.0f} when prompts are drawn again (95 %). The frontier is the most "
                            f"{comparison.score} within each KL, mixtures of two checkpoints included."
                        )
                    )
                cells.append(cell)
            rows.append(cells)
        self.above.fill(head, rows)


class KlTable(Tab):
    """KL at every checkpoint, as the engine measured it."""

    title = "KL"
    tip = "KL to the start model at every checkpoint, with its standard error and two further estimates"

    def __init__(self) -> None:
        super().__init__()
        self.table, self.note = _Table("KL at every checkpoint", is_even=True), label("", "muted", wraps=True)
        card = Card("KL to the start model", "nats per response, on the policy's own samples")
        card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        card.body.addWidget(self.table)
        card.body.addWidget(self.note)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(card)

    def showing(self, comparison: Comparison, scheme: Scheme, hidden: Collection[str]) -> Iterator[None]:
        found = comparison.optimisation
        self.table.fill(_KL, [_kl_cells(row, scheme) for row in found.kl if row.arm not in hidden])
        self.note.setText("\n".join(found.notes))
        self.note.setVisible(bool(found.notes))
        yield


def _headed(columns: dict[str, str], score: str) -> dict[str, str]:
    """Returns columns that say whose scores theirs are."""
    return {score if name == GOLD else name: by_judge(meaning, score) for name, meaning in columns.items()}


class _Table(CopyTable):
    """Columns as wide as what stands in them, the first takes the rest; or the others share it evenly.

    Rows are as high as what stands in them, or two lines: then a long name ends in dots rather than in five lines.
    """

    def __init__(self, name: str, *, is_even: bool = False, in_two_lines: bool = False) -> None:
        super().__init__(name)
        self._is_even, self._in_two_lines = is_even, in_two_lines
        self.verticalHeader().hide()
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit_rows()  # names take another number of lines

    def fill(self, head: dict[str, str], rows: Sequence[Sequence[ValueItem]]) -> None:
        self.clear()
        self.setColumnCount(len(head))
        self.setRowCount(len(rows))
        for column, (name, meaning) in enumerate(head.items()):
            item = ValueItem(name)
            item.setToolTip(meaning)
            self.setHorizontalHeaderItem(column, item)
            takes_the_rest = bool(column) == self._is_even
            mode = QHeaderView.ResizeMode.Stretch if takes_the_rest else QHeaderView.ResizeMode.ResizeToContents
            self.horizontalHeader().setSectionResizeMode(column, mode)
        for at, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                self.setItem(at, column, cell)
        self._fit_rows()

    def _fit_rows(self) -> None:
        if not self._in_two_lines:
            self.fit_rows()
            return
        for row in range(self.rowCount()):
            self.setRowHeight(row, 2 * self.fontMetrics().lineSpacing() + 4)


def _named(name: str, index: int, scheme: Scheme) -> ValueItem:
    item = name_item(name)
    item.setIcon(swatch(scheme.runs.colour(index)))
    return item


def _turn_cells(turn: TurningPoint, scheme: Scheme) -> list[ValueItem]:
    name, form = _named(turn.arm, turn.index, scheme), ValueItem("RL" if turn.form == "rl" else "best of n")
    if turn.kl is None or turn.alpha is None or turn.beta is None:
        row = [name, ValueItem("not shown", math.nan), ValueItem("-", math.nan), form]
        for cell in row:
            cell.setToolTip(tip_words(f"{turn.arm}: {turn.why_not}"))
        return row
    at = ValueItem(f"{turn.kl.mean:.3g}\n{turn.kl.low:.3g} to {turn.kl.high:.3g}", turn.kl.mean)
    where = "within the KL that was reached" if turn.is_measured else "beyond what was reached: extrapolated"
    at.setToolTip(f"{turn.kl.mean:.4g} nats, 95 % interval {turn.kl.low:.4g} to {turn.kl.high:.4g}: {where}.")
    form.setToolTip(f"alpha {turn.alpha.mean:.3f}, beta {turn.beta.mean:.3f}, from {turn.n_points} points.")
    return [name, at, estimate_item(turn.height), form]


def _kl_cells(row: KlFigures, scheme: Scheme) -> list[ValueItem]:
    k1, k3 = (_with_error(mean, error) for mean, error in ((row.k1, row.k1_se), (row.k3, row.k3_se)))
    per_token = ValueItem("-", math.nan) if row.per_token is None else ValueItem(f"{row.per_token:.4f}", row.per_token)
    step = ValueItem(f"{row.steps[0]:,}", float(row.steps[0]))
    step.setToolTip(f"Step in every seed: {', '.join(f'{one:,}' for one in row.steps)}")
    kl, error = estimate_item(row.kl), ValueItem(f"{row.se:.3f}", row.se)
    return [_named(row.arm, row.index, scheme), step, kl, error, k1, k3, per_token]


def _with_error(mean: float | None, error: float | None) -> ValueItem:
    if mean is None:
        return ValueItem("-", math.nan)
    item = ValueItem(f"{mean:.3f}", mean)
    item.setToolTip(f"Standard error {error:.3f}" if error is not None else "")
    return item
