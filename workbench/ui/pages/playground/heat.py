"""The colours of token rewards: blue above zero and orange below it, as strong as the value is far from zero."""

from collections.abc import Iterable, Mapping
from math import ceil

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from workbench.domain.playground import TokenReward
from workbench.ui.theme import Scheme
from workbench.ui.widgets import label

EXPLAINED = (
    "The reward model's value at every token of the response, on the scale of its scores (0 is the start model's mean). "
    "Only the value at the last token was trained, and is the score. The others say what the same head makes of the text "
    "so far: evidence of where the score comes from, not a reward of each token."
)
_STRONGEST = 165  # alpha: text stays readable on it
_BAR = 10
_LEGEND_WIDTHS = 90, 190  # pixels, at least and at most


def limit_of(values: Iterable[float]) -> float:
    """Returns the end of the scale: the largest distance from zero, rounded up to a half."""
    return max(0.5, ceil(2 * max((abs(value) for value in values), default=0.0)) / 2)


def shade(value: float, limit: float, scheme: Scheme) -> QColor:
    """Returns the ground of a token."""
    colour = QColor(scheme.tokens.win if value >= 0 else scheme.tokens.loss)
    colour.setAlpha(round(_STRONGEST * min(1.0, abs(value) / limit)))
    return colour


def reward_words(token: TokenReward, place: int, n: int) -> str:
    """Says what a token's value is and which one it is."""
    what = f"“{token.text}”" if token.text.strip() else "the ending" if not token.text else "a space"
    score = ": the score" if place == n - 1 else ""
    return f"{token.value:+.2f} at {what}, token {place + 1} of {n}{score}"


class HeatLegend(QWidget):
    """The scale of the colours with its numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._limit = 1.0
        self._scheme: Scheme | None = None
        self.setFixedHeight(2 * self.fontMetrics().height())
        self.setMinimumWidth(_LEGEND_WIDTHS[0])
        self.setMaximumWidth(_LEGEND_WIDTHS[1])
        self.setToolTip(f"<qt>{EXPLAINED}</qt>")

    def sizeHint(self) -> QSize:
        return QSize(_LEGEND_WIDTHS[1], self.height())

    def show_scale(self, limit: float, scheme: Scheme) -> None:
        """Shows a scale from -limit to +limit."""
        self._limit, self._scheme = limit, scheme
        self.setAccessibleName(f"Token rewards from {-limit:+g}, orange, to {limit:+g}, blue")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._scheme is None:
            return
        painter = QPainter(self)
        bar = QRectF(0, self.height() - _BAR - 2, self.width(), _BAR)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for at in (0.0, 0.5, 1.0):
            gradient.setColorAt(at, shade((2 * at - 1) * self._limit, self._limit, self._scheme))
        painter.fillRect(bar, gradient)
        painter.setPen(QColor(self._scheme.tokens.muted))
        words = self.rect().adjusted(0, 0, 0, -_BAR - 2)
        for text, flag in (
            (f"{-self._limit:+g}", Qt.AlignmentFlag.AlignLeft),
            ("0", Qt.AlignmentFlag.AlignHCenter),
            (f"{self._limit:+g}", Qt.AlignmentFlag.AlignRight),
        ):
            painter.drawText(words, flag | Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


class HeatBar(QWidget):
    """Chooses the reward model whose values colour the answers, and shows their scale.

    Signals:
        chosen: another one was chosen, or none.
    """

    chosen = Signal()

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self._wanted = wanted
        self.box, self.legend = QComboBox(), HeatLegend()
        self.box.setAccessibleName("Token rewards")
        self.box.setToolTip(f"<qt>{EXPLAINED}</qt>")
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.offer({})
        self.box.activated.connect(self._on_activated)
        self._place()

    @property
    def judge(self) -> str:
        """The name of the reward model; empty where the texts are plain."""
        return self.box.currentData() or ""

    def offer(self, judges: Mapping[str, str]) -> None:
        """Offers reward models, by name with what they are called; the one that was wanted is chosen if it is there."""
        self.box.clear()
        self.box.addItem("off", "")
        for name, words in judges.items():
            self.box.addItem(words, name)
        self.box.setCurrentIndex(max(0, self.box.findData(self._wanted)))
        self.box.setEnabled(bool(judges))
        self.legend.setVisible(False)

    def show_scale(self, limit: float | None, scheme: Scheme) -> None:
        """Shows a scale; none where nothing has a colour."""
        self.legend.setVisible(limit is not None)
        if limit is not None:
            self.legend.show_scale(limit, scheme)

    def _on_activated(self, _index: int) -> None:
        self._wanted = self.judge
        self.chosen.emit()

    def _place(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.legend)
        layout.addSpacing(8)
        layout.addWidget(label("Token rewards", "muted"))
        layout.addWidget(self.box)
