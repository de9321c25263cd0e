"""The window's process, as `workbench` starts it."""

import os
import subprocess
import sys

from workbench import api

_OPEN_AND_QUIT = """
import os
from PySide6.QtCore import QTimer
from workbench.ui import application

make = application.make_application

def make_and_quit(arguments):
    made = make(arguments)
    QTimer.singleShot(0, made.quit)
    return made

application.make_application = make_and_quit
application.run_window(None)
print(os.environ["HF_HUB_CACHE"])
"""


def test_the_window_looks_for_downloads_of_the_hub_where_the_person_keeps_them(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    api.set_preference("folders.hub_cache", str(tmp_path / "hub"))
    own = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "STATE", "CACHE", "DATA")}
    environment = {name: value for name, value in os.environ.items() if name != "HF_HUB_CACHE"} | own
    command = [sys.executable, "-c", _OPEN_AND_QUIT]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert done.stdout == f"{tmp_path / 'hub'}\n", done.stderr
