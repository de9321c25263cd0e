"""The process of the window: its settings, its log, its first and only window."""

import gc
import signal
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from workbench import api
from workbench.ui.collector import Collector
from workbench.ui.faults import FaultHook
from workbench.ui.log import log_to_file
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.window import MainWindow

NAME = "Preference Workbench"


def run_window(path: Path | None) -> int:
    """Opens the window and returns when it is closed."""
    do_without_pandas()
    api.enter_hub_folder()
    application = make_application(sys.argv[:1])
    log_to_file()
    session = Session(QSettings(NAME, NAME))
    look = Look()
    look.apply(session.preferences.now.look)
    look.dress()
    session.preferences.watch()
    collector = Collector()
    faults = FaultHook(session)
    faults.install()
    window = MainWindow(session, look)
    window.loaded.connect(gc.freeze)  # what is loaded for good needs no collector, whose rounds halt every thread
    window.show()
    if path is not None:
        QTimer.singleShot(0, lambda: session.open(path))
    signal.signal(signal.SIGINT, lambda *_: window.close())
    code = application.exec()
    faults.remove()
    collector.stop()
    return code


class _NoPandas(MetaPathFinder):
    """Says that pandas is not installed."""

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("The window does without pandas.", name=fullname)


def do_without_pandas() -> None:
    """Keeps pyarrow from importing pandas where it can: 50 MB and half a second for nothing here."""
    sys.meta_path.insert(0, _NoPandas())


def make_application(arguments: list[str]) -> QApplication:
    """Makes the application object in the style that light and dark are made for."""
    application = QApplication(arguments)
    application.setApplicationName(NAME)
    application.setWindowIcon(QIcon(str(api.program_icon())))
    application.setStyle("Fusion")  # the one style that follows a palette on every system
    return application
