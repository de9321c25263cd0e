"""A card: a title, what it shows in grey behind it, and a body."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from workbench.ui.widgets.controls import ElidedLabel, label, set_role, tip_words


class Card(QFrame):
    """A framed part of a page. Widgets go into `body`, buttons into `corner`."""

    def __init__(self, title: str, subtitle: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "card")
        self.setAccessibleName(title)
        self._title = label(title, "title")
        self._subtitle = ElidedLabel(subtitle)
        set_role(self._subtitle, "muted")
        self.corner = QHBoxLayout()
        self.body = QVBoxLayout()
        self._build_frame()

    def set_title(self, title: str, subtitle: str = "") -> None:
        """Changes what the card says it shows."""
        self._title.setText(title)
        self.setAccessibleName(title)
        self.set_subtitle(subtitle)

    def set_subtitle(self, subtitle: str) -> None:
        """Changes the grey part of the title; where it is cut, the tooltip has the whole."""
        self._subtitle.setText(subtitle)
        self._subtitle.setToolTip(tip_words(subtitle))  # its words may come from data

    def title(self) -> str:
        """Returns what the card shows."""
        return self._title.text()

    def subtitle(self) -> str:
        """Returns the grey part of the title."""
        return self._subtitle.text()

    def _build_frame(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._title)
        head.addWidget(self._subtitle, 1)
        head.addLayout(self.corner)
        self.corner.setSpacing(4)
        self.body.setSpacing(6)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(12, 9, 12, 10)
        whole.setSpacing(8)
        whole.addLayout(head)
        whole.addLayout(self.body, 1)
