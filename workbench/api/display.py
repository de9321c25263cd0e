"""Whether a window can be shown, and how a command has one opened beside it."""

import os
import subprocess
import sys
from collections.abc import Mapping

from workbench.jobs.launch import worker_environment
from workbench.storage.project import Project


def has_display(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> bool:
    """Says whether a window can be shown: always but on a Unix without a display server.

    Args:
        environment: this process's own where absent.
        platform: as `sys.platform` names it.
    """
    if platform in ("win32", "darwin"):
        return True
    known = os.environ if environment is None else environment
    return any(known.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def open_window(project: Project) -> "subprocess.Popen[bytes] | None":
    """Opens the window on a project in a process of its own, which goes on when this one ends.

    Returns:
        The process; None where there is no display.
    """
    if not has_display():
        return None
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "workbench", str(project.folder)],
        env=worker_environment(),  # whatever folder the command was given in: nothing is imported from there
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
