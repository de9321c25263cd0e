"""Whether a window can be shown, and how a command has one opened beside it."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from workbench.jobs.launch import worker_environment
from workbench.storage.project import Project

_X_SOCKETS = "/tmp/.X11-unix/X"  # where X servers listen, each also under the same abstract name
_X_PORT = 6000  # and above: displays of other computers, and those that ssh forwards
_PATIENCE_S = 2.0


def has_display(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> bool:
    """Says whether a window can be shown: always but on a Unix where no display server answers.

    A display that is named and gone, as in a terminal that outlived its ssh session, would end Qt without a word of ours.

    Args:
        environment: this process's own where absent.
        platform: as `sys.platform` names it.
    """
    if platform in ("win32", "darwin"):
        return True
    known = os.environ if environment is None else environment
    return bool(known.get("QT_QPA_PLATFORM")) or _has_wayland(known) or _has_x(known.get("DISPLAY", ""))


def _has_wayland(environment: Mapping[str, str]) -> bool:
    name = environment.get("WAYLAND_DISPLAY", "")
    return bool(name) and _listens(str(Path(environment.get("XDG_RUNTIME_DIR", "/")) / name))


def _has_x(display: str) -> bool:
    """Says whether a server listens at what `DISPLAY` names: [host]:number[.screen]."""
    parts = re.fullmatch(r"(.*):(\d+)(\.\d+)?", display)
    if parts is None:
        return bool(display)  # a form that is not known here: Qt may know it
    host, number = parts[1], int(parts[2])
    if host in ("", "unix"):
        return any(_listens(f"{prefix}{_X_SOCKETS}{number}") for prefix in ("", "\0"))
    try:
        socket.create_connection((host, _X_PORT + number), _PATIENCE_S).close()
    except OSError:
        return False
    return True


def _listens(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(_PATIENCE_S)
        try:
            line.connect(address)
        except OSError:
            return False
    return True


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
