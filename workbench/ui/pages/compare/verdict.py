"""What the comparison says in words: its findings, and what to be careful about."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from workbench.compare import Comparison
from workbench.ui.widgets import label, set_role


class VerdictView(QScrollArea):
    """Findings and warnings, sentence by sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Verdict")
        self._headline = label("", "title", wraps=True, selectable=True)
        self._findings = label("", wraps=True, selectable=True)
        self._warnings = label("", wraps=True, selectable=True)
        self._notice = QFrame()
        set_role(self._notice, "notice")
        self._place()

    def show_words(self, comparison: Comparison) -> None:
        """Shows the verdict and the warnings."""
        first, *others = comparison.findings or [""]
        headline, _, rest = first.partition(": ")
        self._headline.setText(headline)
        self._findings.setText("\n\n".join([_capital(rest), *others]).strip())
        above_the_charts = {pin.sentence for pin in comparison.unequal}
        warnings = [warning for warning in comparison.warnings if warning not in above_the_charts]
        self._warnings.setText("\n\n".join(warnings))
        self._notice.setVisible(bool(warnings))

    def say(self, sentence: str) -> None:
        """Says one thing in place of a verdict."""
        self._headline.setText("")
        self._findings.setText(sentence)
        self._notice.hide()

    def text(self) -> str:
        """Returns all that it says."""
        return f"{self._headline.text()}: {self._findings.text()}\n{self._warnings.text()}"

    def _place(self) -> None:
        inside = QVBoxLayout(self._notice)
        inside.setContentsMargins(8, 6, 8, 6)
        inside.addWidget(label("Be careful", "title"))
        inside.addWidget(self._warnings)
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 0, 4, 0)
        layout.setSpacing(8)
        layout.addWidget(label("Verdict", "muted"))
        layout.addWidget(self._headline)
        layout.addWidget(self._findings)
        layout.addWidget(self._notice)
        layout.addStretch(1)
        self.setWidget(inner)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
