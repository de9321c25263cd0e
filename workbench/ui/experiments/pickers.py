"""Names that are picked from what is at hand, or typed: models, datasets, judges."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QToolButton,
    QWidget,
)

from workbench.ui.experiments.editors import CalmComboBox
from workbench.ui.experiments.words import read_words, value_words, values_words
from workbench.ui.widgets.detail import DETAIL, DetailDelegate

_POPUP_WIDTH = 460
_LETTERS = 4


class Offer(NamedTuple):
    """A name that may be picked, and what it leads to."""

    name: str
    detail: str


class NamePicker(QWidget):
    """A line that offers names below it; others may be typed. Folders are browsed for where `browses`.

    Signals:
        edited: what it says is different now.
    """

    edited = Signal()

    def __init__(self, *, browses: bool = False) -> None:
        super().__init__()
        self._offers: list[Offer] = []
        self.box = CalmComboBox()
        self.box.setEditable(True)
        self.box.setMinimumContentsLength(_LETTERS)  # a long name scrolls in it
        self.box.setInsertPolicy(CalmComboBox.InsertPolicy.NoInsert)
        self.box.setCompleter(None)  # type: ignore[arg-type]  # what is typed stays as it was typed
        self.box.setItemDelegate(DetailDelegate(self.box))
        self.box.view().setMinimumWidth(_POPUP_WIDTH)
        self.box.editTextChanged.connect(lambda _text: self.edited.emit())
        self.setFocusProxy(self.box)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box, 1)
        if browses:
            layout.addWidget(_tool("Browse", "Chooses a folder on this computer", self._browse))

    @property
    def line(self) -> QLineEdit:
        """The line that is typed into."""
        line = self.box.lineEdit()
        assert line is not None  # the box is editable
        return line

    def offer(self, offers: Sequence[Offer]) -> None:
        """Changes what may be picked; what stands in the line stays."""
        if list(offers) == self._offers:
            return
        self._offers = list(offers)
        text, cursor = self.box.currentText(), self.line.cursorPosition()
        self.box.blockSignals(True)
        self.box.clear()
        for place, offer in enumerate(offers):
            self.box.addItem(offer.name)
            self.box.setItemData(place, offer.detail, DETAIL)
        self.box.setCurrentIndex(-1)
        self.box.setEditText(text)
        self.line.setCursorPosition(cursor)
        self.box.blockSignals(False)

    def set_default(self, default: Any, if_empty: str = "") -> None:
        """Shows what stands where nothing is set."""
        self.line.setPlaceholderText(value_words(default) or if_empty)

    def values(self) -> list[Any]:
        """Returns the name; empty where there is none."""
        text = self.box.currentText().strip()
        return [text] if text else []

    def show_values(self, values: list[Any]) -> None:
        """Sets the name."""
        self.box.setEditText(values_words(values))

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.box.setAccessibleName(name)

    def setAccessibleDescription(self, description: str) -> None:
        super().setAccessibleDescription(description)
        self.box.setAccessibleDescription(description)

    def _browse(self) -> None:
        dialog = QFileDialog(self, "Choose a model folder", self.box.currentText())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.box.setEditText)
        dialog.open()


class JudgesPicker(QWidget):
    """A line of judges, or of what else scores text, and a menu that adds those at hand.

    Args:
        tip: says what the menu adds.
        keeps_default: what is added stands behind the default, and not in its place.

    Signals:
        edited: what it says is different now.
    """

    edited = Signal()

    def __init__(
        self,
        tip: str = "Adds a judge at hand; the first of the line is the gold judge",
        *,
        keeps_default: bool = False,
    ) -> None:
        super().__init__()
        self._keeps_default = keeps_default
        self._default: list[str] = []
        self.line = QLineEdit()
        self.line.textChanged.connect(lambda _text: self.edited.emit())
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self._add = _tool("Add", tip, lambda: None)
        self._add.setMenu(self.menu)
        self._add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusProxy(self.line)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line, 1)
        layout.addWidget(self._add)

    def offer(self, offers: Sequence[Offer]) -> None:
        """Changes what the menu adds."""
        self.menu.clear()
        for offer in offers:
            action = self.menu.addAction(f"{offer.name}  -  {offer.detail}".replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, name=offer.name: self.add(name))

    def add(self, name: str) -> None:
        """Puts a judge at the end of the line, once."""
        names = self.names() or self._default
        if name not in names:
            self.line.setText(", ".join([*names, name]))

    def names(self) -> list[str]:
        """Returns the judges in the line."""
        return [str(name) for values in read_words(self.line.text(), "list") for name in values]

    def set_default(self, default: Any, if_empty: str = "") -> None:
        """Shows what stands where nothing is set."""
        self._default = list(default or ()) if self._keeps_default else []
        self.line.setPlaceholderText(value_words(default) or if_empty)

    def values(self) -> list[Any]:
        """Returns the judges as one list; empty where the default stands."""
        names = self.names()
        return [names] if names else []

    def show_values(self, values: list[Any]) -> None:
        """Sets the judges."""
        self.line.setText(values_words(values))
        self.line.setCursorPosition(0)  # the first one is the one that counts most

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.line.setAccessibleName(name)

    def setAccessibleDescription(self, description: str) -> None:
        super().setAccessibleDescription(description)
        self.line.setAccessibleDescription(description)


def _tool(text: str, tip: str, on_click: Callable[[], object]) -> QToolButton:
    made = QToolButton()
    made.setText(text)
    made.setToolTip(tip)
    made.setAccessibleDescription(tip)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.clicked.connect(lambda _checked=False: on_click())
    return made
