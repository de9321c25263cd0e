"""The prompt: typed, or picked from a dataset; a text to continue, or what a user says."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPlainTextEdit

from workbench import api
from workbench.domain.pairs import PLAIN_TEXT, Turns
from workbench.ui.pages.playground.asking import AskingForm
from workbench.ui.session import Session
from workbench.ui.widgets import Card, button, label

_LINES = 4
_KINDS = {"text": "Text to continue", "chat": "Chat message"}
_TIPS = (
    "A text is continued as it is. A chat message goes through the model's chat template, as in training; a model without "
    "one reads “Human: … Assistant:”."
)


class PromptCard(Card):
    """Asks for a prompt and how to sample.

    Signals:
        changed: there is another prompt.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__("Prompt")
        self._session = session
        self._prompts: Sequence[Turns] = ()
        self._at = -1
        self._earlier: Turns = ()
        self._build()
        self._place()
        self._connect()

    def offer(self, offer: api.PlaygroundOffer, datasets: Sequence[str]) -> None:
        """Takes over how the project's experiments sample, and lists its datasets to pick from."""
        self.asking.use_defaults(offer.settings)
        if not self.box.toPlainText():
            self.kind_box.setCurrentIndex(self.kind_box.findData("chat" if offer.is_chat else "text"))
        listed = [self.dataset_box.itemData(row) for row in range(1, self.dataset_box.count())]
        if listed != list(datasets):
            shown = self.dataset_box.currentData()
            self.dataset_box.clear()
            self.dataset_box.addItem("Pick from a dataset…", "")
            for name in datasets:
                self.dataset_box.addItem(name, name)
            self.dataset_box.setCurrentIndex(max(0, self.dataset_box.findData(shown)))
        self.dataset_box.setVisible(bool(datasets))

    def turns(self, system: str = "") -> Turns:
        """Returns the prompt; empty where nothing was typed."""
        text = self.box.toPlainText()
        if not text.strip():
            return ()
        is_chat = self.kind_box.currentData() == "chat"
        return api.as_prompt(text, is_chat=is_chat, system=system, earlier=self._earlier)

    def show_prompt(self, prompt: Turns) -> None:
        """Puts a prompt into the box; of a chat the last turn can be changed."""
        *earlier, last = prompt
        is_text = last.role == PLAIN_TEXT
        self._earlier = () if is_text else tuple(earlier)
        self.kind_box.setCurrentIndex(self.kind_box.findData("text" if is_text else "chat"))
        self.box.setPlainText(last.content)
        before = " · ".join(f"{message.role}: {message.content}" for message in self._earlier)
        self._before.setText(f"after {before}" if before else "")
        self._before.setVisible(bool(before))
        self._forget_button.setVisible(bool(before))

    def step(self, by: int) -> None:
        """Goes to another prompt of the dataset, round the end."""
        if self._prompts:
            self._at = (self._at + by) % len(self._prompts)
            self.show_prompt(self._prompts[self._at])
            self._counter.setText(f"{self._at + 1:,}/{len(self._prompts):,}")

    def _build(self) -> None:
        self.box = QPlainTextEdit(placeholderText="Write a prompt, or pick one from a dataset", tabChangesFocus=True)
        self.box.setAccessibleName("Prompt")
        self.box.setFixedHeight(_LINES * self.box.fontMetrics().lineSpacing() + 18)
        self.kind_box, self.dataset_box = QComboBox(), QComboBox()
        for key, words in _KINDS.items():
            self.kind_box.addItem(words, key)
        self.kind_box.setAccessibleName("What the prompt is")
        self.kind_box.setToolTip(f"<qt>{_TIPS}</qt>")
        self.dataset_box.setAccessibleName("Dataset to pick a prompt from")
        self.dataset_box.setToolTip("The first 200 prompts, those of the test split where there is one")
        self.asking = AskingForm()
        self._counter = label("", "muted")
        self._back = button("‹", lambda: self.step(-1), role="link", tip="Previous prompt (Alt+Left)")
        self._back.setAccessibleName("Previous prompt")
        self._on = button("›", lambda: self.step(1), role="link", tip="Next prompt (Alt+Right)")
        self._on.setAccessibleName("Next prompt")
        self._before = label("", "muted", wraps=True)
        self._forget_button = button("Drop what came before", self._drop_earlier, role="link")
        for made in (self._counter, self._back, self._on, self._before, self._forget_button):
            made.hide()

    def _place(self) -> None:
        for made in (self.kind_box, self.dataset_box, self._back, self._counter, self._on):
            self.corner.addWidget(made)
        before = QHBoxLayout()
        before.addWidget(self._before, 1)
        before.addWidget(self._forget_button)
        self.body.addLayout(before)
        self.body.addWidget(self.box)
        self.body.addWidget(self.asking)

    def _connect(self) -> None:
        self.box.textChanged.connect(self.changed)
        self.dataset_box.activated.connect(lambda _index: self._pick())

    def _drop_earlier(self) -> None:
        self._earlier = ()
        self._before.hide()
        self._forget_button.hide()

    def _pick(self) -> None:
        project, name = self._session.project, self.dataset_box.currentData()
        for made in (self._counter, self._back, self._on):
            made.setVisible(bool(name))
        if project is not None and name:
            title = f"{name} could not be read"
            self._session.ask(
                "playground-prompts", lambda: api.sample_prompts(project, name), self._on_prompts, title=title
            )

    def _on_prompts(self, prompts: Sequence[Turns]) -> None:
        self._prompts, self._at = prompts, -1
        self.step(1)
