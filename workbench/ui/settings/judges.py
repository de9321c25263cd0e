"""Who judges: the person's name as a rater, and language models behind endpoints."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLineEdit, QPlainTextEdit, QWidget

from workbench import api
from workbench.domain.costs import money
from workbench.ui.session import Session
from workbench.ui.settings.card import PreferenceCard
from workbench.ui.widgets import button, label
from workbench.ui.widgets.controls import tip_words

Editor = QLineEdit | QPlainTextEdit
_FIRST = ("url", "model")
_NEW = "New judge…"
_TEMPLATE = "template"
_TEMPLATE_HEIGHT = 120
_COLUMNS = 2
_KEY_WORDS = {
    "keyring": "✓ The key {key} is in the keyring.",
    "environment": "✓ The environment variable {key} holds its key.",
    "nowhere": "Its key {key} is neither in the keyring nor in the environment yet.",
    "not needed": "It needs no key as it is declared.",
}
_NAME_HELP = "Letters, digits, -, _ and dots. Experiments name it llm:NAME."


class JudgesCard(PreferenceCard):
    """Declares judges, keeps their keys in the keyring, and asks one a small question when told to."""

    words = "judge endpoint llm language model openai compatible server key price rater label blind"

    def __init__(self, session: Session) -> None:
        super().__init__(
            "Judges", "your name beside your judgements, and language models behind OpenAI-compatible endpoints", "judging",
            session.preferences,
        )  # fmt: skip
        self._session = session
        self._shown: api.Endpoint | None = None
        settings = api.list_settings("endpoint")
        self._settings = sorted(settings, key=lambda one: (one.name not in _FIRST, one.advanced))
        self.chooser, self.name = QComboBox(), QLineEdit(placeholderText="local")
        self.editors: dict[str, Editor] = {}
        self.secret = QLineEdit(
            placeholderText="(kept in the keyring, never shown)", echoMode=QLineEdit.EchoMode.Password
        )
        self.state = label("", "muted", wraps=True)
        self.save = button("Save judge", self._save, tip="Declares this judge on this computer; no project holds it")
        self.test = button(
            "Test", self._test, tip="Asks it, as it is saved, one small question, which may cost a fraction of a cent"
        )
        self.remove = button("Remove", self._remove, tip="Takes the judge away; what it said stays")
        self.forget = button("Forget key", self._forget, role="link", tip="Takes the judge's key out of the keyring")
        self._place_form()
        self.chooser.activated.connect(lambda _at: self._fill())
        session.preferences.changed.connect(lambda _now: self._offer())
        self._offer()

    def refresh(self) -> None:
        """Shows what is declared now."""
        self._offer()

    def search(self, words: str) -> bool:
        """Shows the whole card where it is meant."""
        found = super().search(words) or words.casefold() in self.words
        self.setVisible(found)
        return found

    def _chosen(self) -> str:
        return str(self.chooser.currentData() or "")

    def _offer(self) -> None:
        known, chosen = self._session.preferences.now.endpoints, self._chosen()
        listed = [self.chooser.itemData(at) for at in range(self.chooser.count() - 1)]
        if listed == list(known) and self.chooser.count():
            if known.get(chosen) != self._shown:
                self._fill()
            return  # else what is being typed stays
        self.chooser.clear()
        for name in known:
            self.chooser.addItem(f"llm:{name}", name)
        self.chooser.addItem(_NEW, "")
        wanted = chosen or self.name.text().strip()
        self.chooser.setCurrentIndex(self.chooser.findData(wanted) if wanted in known else 0)
        self._fill()

    def _fill(self) -> None:
        name = self._chosen()
        endpoint = self._session.preferences.now.endpoints.get(name)
        self._shown = endpoint
        self.name.setText(name)
        self.name.setReadOnly(bool(name))
        for setting in self._settings:
            value = getattr(endpoint, setting.name) if endpoint is not None else setting.default
            _write(self.editors[setting.name], "" if value is None else _words(value))
        self.secret.clear()
        self.state.setText("")
        self.forget.hide()
        for made in (self.test, self.remove):
            made.setEnabled(bool(name))
        if name:
            self._ask_state(name)

    def _ask_state(self, name: str) -> None:
        def show(found: tuple[str, str]) -> None:
            key, source = found
            self.state.setText(_KEY_WORDS[source].format(key=key))
            self.forget.setVisible(source == "keyring")

        work = lambda: (api.list_endpoints()[name].key, api.endpoint_key_source(name))  # noqa: E731
        self._session.ask("window judge key", work, show)

    def _save(self) -> None:
        name, secret, changes = self.name.text().strip(), self.secret.text(), self._values()
        self.secret.clear()

        def work() -> api.Preferences:
            now = api.set_endpoint(name, changes)
            if secret.strip():
                api.store_endpoint_key(name, secret)
            return now

        def on_done(_now: object) -> None:
            self.name.setText(name)
            self._session.preferences.read()
            self._session.tell(f"llm:{name} can judge: name it among the judges of an experiment, or under Compare.")
            self._ask_state(name)

        self._session.ask("window judge", work, on_done, title="The judge was not saved")

    def _forget(self) -> None:
        name = self._chosen()
        work = lambda: api.forget_endpoint_key(name)  # noqa: E731
        done = lambda _done: self._ask_state(name)  # noqa: E731
        self._session.ask("window judge", work, done, title="The key was not taken away")

    def _test(self) -> None:
        name = self._chosen()
        self.state.setText("It is asked…")

        def on_error(error: Exception) -> None:
            self.state.setText(str(error))

        self._session.ask("window judge test", lambda: api.try_endpoint(name), self._show_trial, on_error=on_error)

    def _show_trial(self, trial: api.EndpointTrial) -> None:
        read = (
            "✓ It judges as it should"
            if trial.verdict == "A"
            else f"It answers, but its reply was read as {trial.verdict}"
        )
        paid = f", {money(trial.dollars)}" if trial.dollars else ""
        self.state.setText(f"{read}: {trial.reply!r}; {trial.tokens_in} tokens in, {trial.tokens_out} out{paid}.")

    def _remove(self) -> None:
        name = self._chosen()

        self._session.history.do(
            f"Remove judge {name}",
            lambda: api.remove_endpoint(name),
            lambda endpoint: api.set_endpoint(name, endpoint.model_dump()),
            lambda _done: self._session.preferences.read(),
        )

    def _values(self) -> dict[str, Any]:
        """Returns what stands in the form; what is empty and may be is None, other empty fields have their default."""
        values: dict[str, Any] = {}
        for setting in self._settings:
            text = _read(self.editors[setting.name]).strip()
            if text or setting.optional:
                values[setting.name] = text or None
            elif not setting.required:
                values[setting.name] = setting.default
        return values

    def _place_form(self) -> None:
        top = QHBoxLayout()
        top.addWidget(label("Language model"))
        top.addWidget(self.chooser)
        top.addStretch(1)
        for go in (self.remove, self.test, self.save):
            top.addWidget(go)
        self.chooser.setAccessibleName("Judge to edit")
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        cells: list[tuple[str, str, QWidget]] = [("Name", _NAME_HELP, self.name)]
        for setting in self._settings:
            made: Editor = QPlainTextEdit() if setting.name == _TEMPLATE else QLineEdit()
            self.editors[setting.name] = made
            unit = f", {setting.unit}" if setting.unit else ""
            cells.append((f"{setting.label}{unit}", f"{setting.help} {setting.bounds}".strip(), made))
        cells.append(("Key", "Goes into the system's keyring under its name and into no file.", self.secret))
        wide = [cell for cell in cells if isinstance(cell[2], QPlainTextEdit)]
        narrow = [cell for cell in cells if cell not in wide]
        for at, (words, told, editor) in enumerate(narrow):
            self._add(grid, at // _COLUMNS, at % _COLUMNS, words, told, editor)
        for at, (words, told, editor) in enumerate(wide, len(narrow)):
            editor.setFixedHeight(_TEMPLATE_HEIGHT)
            self._add(grid, at, 0, words, told, editor, wide=True)
        self.rows.addLayout(top)
        self.rows.addLayout(grid)
        below = QHBoxLayout()
        below.addWidget(self.state, 1)
        below.addWidget(self.forget, 0, Qt.AlignmentFlag.AlignTop)
        self.rows.addLayout(below)

    def _add(
        self, grid: QGridLayout, row: int, column: int, words: str, told: str, editor: QWidget, *, wide: bool = False
    ) -> None:
        editor.setToolTip(tip_words(told))
        editor.setAccessibleName(f"Judge: {words}")
        editor.setAccessibleDescription(told)
        if isinstance(editor, QPlainTextEdit):
            editor.setTabChangesFocus(True)
        grid.addWidget(label(words, "muted"), row, 2 * column)
        grid.addWidget(editor, row, 2 * column + 1, 1, 3 if wide else 1)


def _write(editor: Editor, text: str) -> None:
    set_text: Callable[[str], None] = editor.setPlainText if isinstance(editor, QPlainTextEdit) else editor.setText
    set_text(text)


def _read(editor: Editor) -> str:
    return editor.toPlainText() if isinstance(editor, QPlainTextEdit) else editor.text()


def _words(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
