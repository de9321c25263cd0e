"""What the Help menu shows beside the window: the documentation, and what this program is."""

from PySide6.QtCore import QByteArray, Qt, QUrl
from PySide6.QtGui import QImage, QTextDocument
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from workbench import api

_PAGE, _NOTE = (820, 680), (460, 420)
_MARGINS = 70  # pixels beside the text, with the scroll bar


def show_documentation(parent: QWidget, markdown: str) -> None:
    """Opens the documentation in a window of its own."""
    made, text = _reader(parent, "Documentation", _PAGE)
    text.setMarkdown(markdown)
    made.show()


def show_about(parent: QWidget, about: api.About) -> None:
    """Opens the versions, the licence and the place of the logs, to be read or copied."""
    made, text = _reader(parent, "About Preference Workbench", _NOTE)
    libraries = "\n".join(f"{name} {version}" for name, version in about.libraries.items())
    text.setPlainText(
        f"Preference Workbench {about.version}\nLicence: {about.licence}\nLogs: {about.logs}\n\n{libraries}"
    )
    made.show()


class _Reader(QTextBrowser):
    """Text whose pictures are never wider than it was made for."""

    def __init__(self, width: int) -> None:
        super().__init__(openExternalLinks=True)
        self._width = width - _MARGINS

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        found = super().loadResource(kind, name)
        if kind != QTextDocument.ResourceType.ImageResource.value or not isinstance(found, QByteArray):
            return found
        image, ratio = QImage.fromData(found), self.devicePixelRatioF()
        if image.width() > self._width * ratio:
            image = image.scaledToWidth(round(self._width * ratio), Qt.TransformationMode.SmoothTransformation)
        image.setDevicePixelRatio(ratio)
        return image


def _reader(parent: QWidget, title: str, size: tuple[int, int]) -> tuple[QDialog, QTextBrowser]:
    made = QDialog(parent, windowTitle=title)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    made.resize(*size)
    text = _Reader(size[0])
    text.setAccessibleName(title)
    layout = QVBoxLayout(made)
    layout.addWidget(text)
    return made, text
