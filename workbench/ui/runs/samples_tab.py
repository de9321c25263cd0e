"""The same prompts over time: what the run answered at each step, with its scores. Text is shown as it is."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from workbench.domain.events import Sample
from workbench.ui.widgets import button, label

_LONGEST_PROMPT = 90  # characters of a prompt in the list of prompts


class SamplesTab(QWidget):
    """Shows every answer to one prompt, the newest first."""

    def __init__(self) -> None:
        super().__init__()
        self._live: list[Sample] = []
        self._evaluated: list[Sample] = []
        self._known = 0
        self.prompts = QComboBox()
        self.text = QPlainTextEdit(readOnly=True)
        self._empty = label(
            "No samples yet. PPO says some while it trains; every run has them once it was evaluated.",
            "muted",
            wraps=True,
        )
        self._build()
        self.prompts.currentIndexChanged.connect(self._show_chosen)

    def show_live(self, samples: list[Sample]) -> None:
        """Shows what the run said while it trained."""
        if len(samples) != len(self._live):
            self._live = list(samples)
            self._refresh()

    def show_evaluated(self, samples: list[Sample]) -> None:
        """Shows what its checkpoints answered when they were evaluated."""
        if samples != self._evaluated:
            self._evaluated = samples
            self._refresh()

    def step(self, by: int) -> None:
        """Goes to another prompt, round the end."""
        if self.prompts.count():
            self.prompts.setCurrentIndex((self.prompts.currentIndex() + by) % self.prompts.count())

    def _all(self) -> list[Sample]:
        return [*self._live, *self._evaluated]

    def _refresh(self) -> None:
        prompts = list(dict.fromkeys(sample.prompt for sample in self._all()))
        known = [self.prompts.itemData(row) for row in range(self.prompts.count())]
        if prompts != known:
            self._list(prompts)
        self._empty.setVisible(not prompts)
        self.text.setVisible(bool(prompts))
        self._show_chosen()

    def _list(self, prompts: list[str]) -> None:
        chosen = self.prompts.currentData()
        self.prompts.blockSignals(True)
        self.prompts.clear()
        for prompt in prompts:
            self.prompts.addItem(" ".join(prompt.split())[:_LONGEST_PROMPT] or "(empty prompt)", prompt)
        self.prompts.setCurrentIndex(prompts.index(chosen) if chosen in prompts else 0 if prompts else -1)
        self.prompts.blockSignals(False)

    def _show_chosen(self) -> None:
        prompt = self.prompts.currentData()
        answers = sorted((s for s in self._all() if s.prompt == prompt), key=lambda sample: -sample.step)
        told = "\n\n".join(_entry(sample) for sample in answers)
        words = f"{prompt}\n\n{told}" if answers else ""
        if words != self.text.toPlainText():
            self.text.setPlainText(words)

    def _build(self) -> None:
        self.prompts.setAccessibleName("Prompt")
        self.prompts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.prompts.setToolTip("The prompts that are answered again and again")
        self.text.setAccessibleName("Answers over time, the newest first")
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        head = QHBoxLayout()
        head.addWidget(self.prompts, 1)
        head.addWidget(button("‹", lambda: self.step(-1), tip="Previous prompt"))
        head.addWidget(button("›", lambda: self.step(1), tip="Next prompt"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self._empty, 1)
        layout.addWidget(self.text, 1)
        self.text.hide()


def _entry(sample: Sample) -> str:
    scores = "   ".join(f"{name} {value:+.2f}" for name, value in sample.scores.items())
    return f"── step {sample.step:,}   {scores}".rstrip() + f"\n{sample.response.strip() or '(nothing)'}"
