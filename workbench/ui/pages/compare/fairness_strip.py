"""Above the charts: what is the same for all arms, and line by line what is not."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout

from workbench.compare import Comparison
from workbench.ui.widgets import button, label, set_role
from workbench.ui.widgets.controls import ElidedLabel, change_role, tip_words

_MOST_LINES, _MOST_ASKED = 6, 10  # in sight at once, unasked and asked for: the charts need the room
_SAME, _DIFFERS = "=", "≠"  # before a line, so that colour is not the only sign


class FairnessStrip(QFrame):
    """One line where all is the same; where something differs, a line for each thing that does."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Fairness")
        self._headline = ElidedLabel("")
        set_role(self._headline, "muted")
        self._lines = label("", wraps=True, selectable=True)
        self._lines.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setWidget(self._lines)
        self._area.setAccessibleName("Fairness, line by line")
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.more = button(
            "Line by line", self._fit, role="link", tip="Everything that should be the same for all arms"
        )
        self.more.setCheckable(True)
        self._differing: list[str] = []
        self._all: list[str] = []
        head = QHBoxLayout()
        head.addWidget(self._headline, 1)
        head.addWidget(self.more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 2, 10, 2)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self._area)
        self._area.hide()

    def show_pins(self, comparison: Comparison) -> None:
        """Shows what a comparison's arms have in common and what not."""
        pins = comparison.fairness
        self._differing = [f"{_DIFFERS} {pin.line}" for pin in pins if not pin.is_same]
        self._all = [f"{_SAME if pin.is_same else _DIFFERS} {pin.line}" for pin in pins]
        same = ", ".join(pin.name for pin in pins if pin.is_same)
        words = f"The same for all arms: {same}"
        if self._differing:
            words = "Not the same for all arms: " + ", ".join(pin.name for pin in comparison.unequal)
        self._headline.setText(words)
        self._headline.setToolTip(tip_words("\n".join(self._all)))
        change_role(self, "notice" if self._differing else "")
        change_role(self._headline, "title" if self._differing else "muted")
        self._fit()

    def text(self) -> str:
        """Returns what is in sight."""
        return f"{self._headline.text()}\n{self._lines.text()}".strip()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Gives the lines in sight the height that they need, and scrolls them where those are many."""
        shown = self._all if self.more.isChecked() else self._differing
        self.more.setText("Fewer lines" if self.more.isChecked() else "Line by line")
        self._lines.setText("\n".join(shown))
        self._area.setVisible(bool(shown))
        line = self.fontMetrics().lineSpacing()
        needed = self._lines.heightForWidth(max(200, self.width() - 40))
        most = _MOST_ASKED if self.more.isChecked() else _MOST_LINES
        self._area.setFixedHeight(min(most * line, max(line, needed)) + 4)
