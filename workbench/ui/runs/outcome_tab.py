"""How a run ended, what helps, and the end of its log to copy."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.records import Outcome
from workbench.ui.widgets import button, label, set_tone

_TONES = {"finished": "good", "failed": "bad", "vanished": "bad"}


class OutcomeTab(QWidget):
    """Says it in one sentence, with a hint."""

    def __init__(self) -> None:
        super().__init__()
        self.sentence = label("", "title", wraps=True, selectable=True)
        self.hint = label("", wraps=True, selectable=True)
        self.tail = QPlainTextEdit(readOnly=True)
        self.copy_button = button("Copy", self.copy, tip="Copies all of this for a report")
        self._build()

    def show_outcome(self, run: api.RunView, outcome: Outcome | None) -> None:
        """Shows how the run ended; a run that has not says where it is."""
        self.sentence.setText(_sentence(run, outcome))
        set_tone(self.sentence, _TONES.get(outcome.state, "plain") if outcome else "plain")
        hint = outcome.hint if outcome else run.hint
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        tail = outcome.log_tail if outcome else ""
        self.tail.setPlainText(tail)
        self.tail.setVisible(bool(tail))
        self._filler.setVisible(not tail)

    def copy(self) -> None:
        """Puts sentence, hint and the log's end on the clipboard."""
        parts = (self.sentence.text(), self.hint.text(), self.tail.toPlainText())
        QGuiApplication.clipboard().setText("\n".join(part for part in parts if part))

    def _build(self) -> None:
        self.tail.setAccessibleName("The end of the log")
        self.tail.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._filler = QWidget()
        foot = QHBoxLayout()
        foot.addWidget(self.copy_button)
        foot.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.addWidget(self.sentence)
        layout.addWidget(self.hint)
        layout.addWidget(self.tail, 1)
        layout.addLayout(foot)
        layout.addWidget(self._filler, 1)


def _sentence(run: api.RunView, outcome: Outcome | None) -> str:
    if outcome is None:
        return f"{str(run.state).capitalize()}. {run.message}".strip()
    step = f" at step {outcome.step:,}" if outcome.step else ""
    code = f" ({outcome.code})" if outcome.code not in ("", outcome.state) else ""
    return f"{outcome.state.capitalize()}{step}{code}. {outcome.message}".strip()
