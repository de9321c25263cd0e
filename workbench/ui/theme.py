"""The look of the window: light or dark, its one style sheet, the size of its text, the colours of runs."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from workbench import api
from workbench.domain.preferences import LookPreferences, ThemeChoice
from workbench.ui.glyphs import Glyphs
from workbench.ui.style_sheet import style_sheet
from workbench.ui.tokens import DARK, LIGHT, Tokens

CHOICES: tuple[ThemeChoice, ...] = ("system", "light", "dark")


@dataclass(frozen=True)
class Scheme:
    """What is shown now: the window's colours and those of the runs.

    Attributes:
        line_width: of curves, in pixels.
        scale: of all text, 1 is the system's size.
    """

    tokens: Tokens
    runs: api.Theme
    line_width: float = 2.0
    scale: float = 1.0

    @property
    def is_dark(self) -> bool:
        """Says whether the ground is dark."""
        return self.tokens.is_dark


class Look(QObject):
    """Dresses the application as the person prefers; light and dark follow the system unless told otherwise.

    Signals:
        changed: emitted with the new Scheme; widgets that paint themselves repaint.
    """

    changed = Signal(object)

    def __init__(self, choice: str = "system", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._prefers = LookPreferences.read({"theme": choice}, where="the look")
        self._glyphs = Glyphs()
        self._scheme = self._find()
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_changed)

    @property
    def choice(self) -> ThemeChoice:
        """What the person chose."""
        return self._prefers.theme

    @property
    def scheme(self) -> Scheme:
        """What is shown."""
        return self._scheme

    def choose(self, choice: str) -> None:
        """Shows light, dark, or what the system shows, at once."""
        self.apply(self._prefers.model_copy(update={"theme": choice}))

    def apply(self, prefers: LookPreferences) -> None:
        """Shows what the person prefers, at once."""
        self._prefers = prefers
        self._refresh()

    def sheet(self) -> str:
        """Returns the style sheet of the scheme, which the parts of the window wear."""
        tokens = self._scheme.tokens
        return style_sheet(tokens, self._scheme.scale, self._glyphs.folder(tokens))

    def dress(self) -> None:
        """Gives the application palette and font of the scheme."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        font.setPointSizeF(font.pointSizeF() * self._scheme.scale)
        application.setFont(font)
        application.setPalette(palette(self._scheme.tokens))

    def _find(self) -> Scheme:
        prefers = self._prefers
        dark = prefers.theme == "dark" or (prefers.theme == "system" and _system_is_dark())
        runs = api.chart_theme(dark=dark, palette=prefers.palette)
        return Scheme(DARK if dark else LIGHT, runs, prefers.line_width, prefers.font_size / 100)

    def _refresh(self) -> None:
        found = self._find()
        if found != self._scheme:
            self._scheme = found
            self.dress()
            self.changed.emit(found)

    def _on_system_changed(self, _scheme: Qt.ColorScheme) -> None:
        self._refresh()


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
