"""Light and dark: the colours of the window, its one style sheet, and which of the two is shown."""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from workbench import api
from workbench.ui.style_sheet import style_sheet
from workbench.ui.tokens import DARK, LIGHT, Tokens

Choice = Literal["system", "light", "dark"]
CHOICES: tuple[Choice, ...] = ("system", "light", "dark")


@dataclass(frozen=True)
class Scheme:
    """What is shown now: the window's colours and those of the runs."""

    tokens: Tokens
    runs: api.Theme

    @property
    def is_dark(self) -> bool:
        """Says whether the ground is dark."""
        return self.tokens.is_dark


class Look(QObject):
    """Dresses the application in light or dark, follows the system unless told otherwise.

    Signals:
        changed: emitted with the new Scheme; widgets that paint themselves repaint.
    """

    changed = Signal(object)

    def __init__(self, choice: str = "system", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choice: Choice = _checked(choice)
        self._scheme = self._find()
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_changed)

    @property
    def choice(self) -> Choice:
        """What the person chose."""
        return self._choice

    @property
    def scheme(self) -> Scheme:
        """What is shown."""
        return self._scheme

    def choose(self, choice: str) -> None:
        """Shows light, dark, or what the system shows, at once."""
        self._choice = _checked(choice)
        self._refresh()

    def dress(self) -> None:
        """Gives the application palette and style sheet of the scheme."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.setPalette(palette(self._scheme.tokens))
        application.setStyleSheet(style_sheet(self._scheme.tokens))

    def _find(self) -> Scheme:
        dark = self._choice == "dark" or (self._choice == "system" and _system_is_dark())
        return Scheme(DARK if dark else LIGHT, api.chart_theme(dark=dark))

    def _refresh(self) -> None:
        found = self._find()
        if found != self._scheme:
            self._scheme = found
            self.dress()
            self.changed.emit(found)

    def _on_system_changed(self, _scheme: Qt.ColorScheme) -> None:
        self._refresh()


def _checked(choice: str) -> Choice:
    return next((known for known in CHOICES if known == choice), "system")


def _system_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def palette(tokens: Tokens) -> QPalette:
    """Returns Qt's palette in these colours, for everything that the style sheet leaves to the platform's style."""
    role, made = QPalette.ColorRole, QPalette()
    colours = {
        role.Window: tokens.ground,
        role.WindowText: tokens.ink,
        role.Base: tokens.field,
        role.AlternateBase: tokens.ground,
        role.Text: tokens.ink,
        role.Button: tokens.card,
        role.ButtonText: tokens.ink,
        role.BrightText: tokens.on_accent,
        role.PlaceholderText: tokens.muted,
        role.Highlight: tokens.accent,
        role.HighlightedText: tokens.on_accent,
        role.Link: tokens.accent,
        role.ToolTipBase: tokens.card,
        role.ToolTipText: tokens.ink,
        role.Light: tokens.card,
        role.Midlight: tokens.border,
        role.Mid: tokens.border,
        role.Dark: tokens.muted,
        role.Accent: tokens.accent,
    }
    for name, colour in colours.items():
        made.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, name, QColor(tokens.muted))
    return made
