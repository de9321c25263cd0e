"""Starts the window as the program does, and prints how long its thread was away from its events until all is loaded.

Run in a process of its own, since nothing is loaded there yet: `python -m tests.ui.start_watched SETTINGS`.
"""

import json
import sys
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSettings

from tests.ui.watchdog import Watchdog
from workbench.ui.application import do_without_pandas, make_application
from workbench.ui.collector import Collector
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.window import MainWindow


def main(folder: Path) -> None:
    """Prints the longest stalls in seconds of the thread's own work: while the window is made, and from then on."""
    do_without_pandas()
    application = make_application(["workbench"])
    session = Session(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    look = Look("light")
    look.dress()
    collector, loop, watchdog = Collector(), QEventLoop(), Watchdog()
    watchdog.start()
    window = MainWindow(session, look)
    window.loaded.connect(loop.quit)
    window.show()
    made = watchdog.stop()
    watchdog.start()
    loop.exec()
    print(json.dumps({"made": made.own, "shown": watchdog.stop().own, "beats": len(watchdog.stalls)}), flush=True)
    window.close()
    collector.stop()
    application.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
