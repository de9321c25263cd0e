"""Opens the real window on a project and saves a picture of every page, light and dark, small and large.

Run as a program on a display: ``python photograph.py PROJECT FOLDER``. It prints the name of each picture.
"""

import sys
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QEventLoop, QSettings, QTimer

from workbench.ui.application import make_application
from workbench.ui.collector import Collector
from workbench.ui.pages import PAGES
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.turns import Turns
from workbench.ui.window import MainWindow

SIZES = ((1280, 800), (1920, 1080))
THEMES = ("light", "dark")
_ALWAYS = {"look", "window machine"}  # asked for again and again
_QUIET_MS = 600
_MOST_MS = 20_000


def photograph(project: Path, folder: Path) -> None:
    """Saves FOLDER/PAGE-THEME-WIDTH.png for each page."""
    application = make_application(["workbench"])
    settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    settings.clear()
    collector = Collector()
    session = Session(settings)
    look = Look("light")
    look.dress()
    window = MainWindow(session, look)
    window.show()
    for width, height in SIZES:
        window.resize(width, height)
        _in_both_themes(window, look, session, folder, "start")
        session.open(project)
        _settle(window, session)
        for spec in PAGES:
            if spec.needs_project:
                window.show_page(spec.key)
                _in_both_themes(window, look, session, folder, spec.key)
        session.close()
    window.close()
    collector.stop()
    application.processEvents()


def _in_both_themes(window: MainWindow, look: Look, session: Session, folder: Path, page: str) -> None:
    for theme in THEMES:
        look.choose(theme)
        _settle(window, session)
        path = folder / f"{page}-{theme}-{window.width()}.png"
        if not window.grab().save(str(path)):
            sys.exit(f"{path} could not be written.")
        print(path.name, flush=True)


def _settle(window: MainWindow, session: Session) -> None:
    """Waits until nothing was asked of the project for a moment, and all of the answers is shown."""
    since, whole = QElapsedTimer(), QElapsedTimer()
    since.start()
    whole.start()
    while since.elapsed() < _QUIET_MS:
        _spin(50)
        if session.tasks.running() - _ALWAYS or not all(turns.is_done for turns in window.findChildren(Turns)):
            since.restart()
        if whole.elapsed() > _MOST_MS:
            sys.exit(f"The window is not done after {_MOST_MS / 1000:g} s: {session.tasks.running()}")


def _spin(ms: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


if __name__ == "__main__":
    photograph(Path(sys.argv[1]), Path(sys.argv[2]))
