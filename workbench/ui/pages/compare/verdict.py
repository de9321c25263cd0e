"""What the comparison says in words: its findings, and what to be careful about."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from workbench.compare import Comparison, Statement
from workbench.ui.widgets import label, set_role
from workbench.ui.widgets.controls import tip_words


class Sentence(QLabel):
    """One sentence of the verdict; a click or Enter asks for the figures that it rests on, its tooltip lists them.

    Signals:
        pressed: the statement, where it rests on figures.
    """

    pressed = Signal(object)

    def __init__(self, role: str = "") -> None:
        super().__init__(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        if role:
            set_role(self, role)
        self._statement: Statement | None = None

    def show_words(self, words: str, statement: Statement) -> None:
        """Shows a statement in these words, which may be a part of its own."""
        self._statement = statement
        rests = bool(statement.support)
        self.setText(words)
        self.setToolTip(tip_words(statement.evidence))
        self.setAccessibleName(words)
        self.setAccessibleDescription(statement.evidence)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if rests else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if rests else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._press()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._press()
        else:
            super().keyPressEvent(event)

    def _press(self) -> None:
        if self._statement is not None and self._statement.support:
            self.pressed.emit(self._statement)


class VerdictView(QScrollArea):
    """Findings and warnings, sentence by sentence.

    Signals:
        evidence_wanted: the statement whose figures are to be shown.
    """

    evidence_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Verdict")
        self._headline = Sentence("title")
        self._headline.pressed.connect(self.evidence_wanted)
        self._warnings = label("", wraps=True, selectable=True)
        self._notice = QFrame()
        self._sentences: list[Sentence] = []
        set_role(self._notice, "notice")
        self._place()

    @property
    def sentences(self) -> Sequence[Sentence]:
        """The findings that are shown, below the headline."""
        return [sentence for sentence in self._sentences if not sentence.isHidden()]

    def show_words(self, comparison: Comparison) -> None:
        """Shows the verdict and the warnings."""
        first, *others = comparison.statements or [Statement(sentence="", rule="scope")]
        headline, _, rest = first.sentence.partition(": ")
        self._headline.show_words(headline, first)
        is_name = any(rest.startswith(arm.name) for arm in comparison.everyone)  # which keeps its spelling
        told = [(rest if is_name else _capital(rest), first)] if rest else []
        self._show_sentences([*told, *((statement.sentence, statement) for statement in others)])
        above_the_charts = {pin.sentence for pin in comparison.unequal}
        warnings = [warning for warning in comparison.warnings if warning not in above_the_charts]
        self._warnings.setText("\n\n".join(warnings))
        self._notice.setVisible(bool(warnings))

    def say(self, sentence: str) -> None:
        """Says one thing in place of a verdict."""
        statement = Statement(sentence=sentence, rule="scope")
        self._headline.show_words("", statement)
        self._show_sentences([(sentence, statement)])
        self._notice.hide()

    def text(self) -> str:
        """Returns all that it says."""
        findings = "\n\n".join(sentence.text() for sentence in self.sentences)
        return f"{self._headline.text()}: {findings}\n{self._warnings.text()}"

    def _show_sentences(self, told: Sequence[tuple[str, Statement]]) -> None:
        while len(self._sentences) < len(told):
            self._sentences.append(sentence := Sentence())
            sentence.pressed.connect(self.evidence_wanted)
            self._findings.addWidget(sentence)
        for at, sentence in enumerate(self._sentences):
            if at < len(told):
                sentence.show_words(*told[at])
            sentence.setVisible(at < len(told))

    def _place(self) -> None:
        inside = QVBoxLayout(self._notice)
        inside.setContentsMargins(8, 6, 8, 6)
        inside.addWidget(label("Be careful", "title"))
        inside.addWidget(self._warnings)
        inner = QWidget()
        self._findings = QVBoxLayout()
        self._findings.setSpacing(10)
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 0, 4, 0)
        layout.setSpacing(8)
        layout.addWidget(label("Verdict", "muted"))
        layout.addWidget(self._headline)
        layout.addLayout(self._findings)
        layout.addWidget(self._notice)
        layout.addStretch(1)
        self.setWidget(inner)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
