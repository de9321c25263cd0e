"""The token of the Hugging Face hub: put into the system's keyring, never shown."""

from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from workbench import api
from workbench.ui.session import Session
from workbench.ui.settings.card import Section
from workbench.ui.widgets import button, label

_WORDS = {
    "keyring": "✓ There is a token in {keyring}. Downloads and runs use it.",
    "environment": "✓ The environment variable HF_TOKEN holds a token. Downloads and runs use it.",
    "none": "There is no token. Public models and datasets need none.",
}


class TokenCard(Section):
    """Takes a token, says whether there is one, and takes it away."""

    words = "account login password keyring secret HF_TOKEN private gated"

    def __init__(self, session: Session) -> None:
        super().__init__("Hub token", "for private and gated models of the Hugging Face hub")
        self._session = session
        self.state = label("The keyring is asked…", wraps=True)
        self.problem = label("", "muted", wraps=True)
        self.field = QLineEdit(placeholderText="hf_…", echoMode=QLineEdit.EchoMode.Password)
        self.field.setAccessibleName("Hub token")
        self.store = button("Keep in the keyring", self._store, tip="It goes into the system's keyring and in no file")
        self.forget = button("Forget", self._forget, tip="Takes the token out of the keyring")
        self.forget.setAccessibleName("Forget the hub token")
        self.field.returnPressed.connect(self._store)
        self._place()

    def refresh(self) -> None:
        """Asks whether there is a token."""
        self._session.ask("window token", api.hub_token_state, self._show, title="The keyring was not read")

    def _store(self) -> None:
        token = self.field.text()
        self.field.clear()
        self._do(lambda: api.store_hub_token(token), "The token was not kept")

    def _forget(self) -> None:
        self._do(api.forget_hub_token, "The token was not taken away")

    def _do(self, work, title: str) -> None:  # type: ignore[no-untyped-def]
        self._session.ask("window token deed", work, lambda _done: self.refresh(), title=title)

    def _show(self, state: api.TokenState) -> None:
        self.state.setText(_WORDS[state.source].format(keyring=state.keyring))
        self.problem.setText(state.problem)
        self.problem.setVisible(bool(state.problem))
        for widget in (self.field, self.store):
            widget.setEnabled(not state.problem)
        self.forget.setVisible(state.source == "keyring")

    def _place(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.field, 1)
        row.addWidget(self.store)
        row.addWidget(self.forget)
        self.body.addWidget(self.state)
        self.body.addWidget(self.problem)
        self.body.addLayout(row)
        self.problem.hide()
        self.forget.hide()
