"""The program among the others of the desktop, so that a double click on a project opens it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from workbench.data.assets import asset
from workbench.domain.errors import BadInput

_ID = "preference-workbench"
_MIME = "application/x-preference-workbench"
_ENTRY = """[Desktop Entry]
Type=Application
Name=Preference Workbench
Comment=Train with PPO and with DPO, and see both side by side
Exec={command} %f
Icon={icon}
Terminal=false
Categories=Science;Education;
MimeType={mime};
"""
_TYPE = """<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="{mime}">
    <comment>Preference Workbench project</comment>
    <glob pattern="project.workbench"/>
    <glob pattern="*.workbench"/>
  </mime-type>
</mime-info>
"""


def program_icon() -> Path:
    """Returns the program's picture, an SVG file."""
    return asset("icons/workbench.svg")


def register_on_desktop(data_home: Path | None = None) -> list[Path]:
    """Adds the program to the person's applications and has it open project.workbench files.

    Follows the desktop entry and shared MIME-info specifications of freedesktop.org; nothing needs administrator's rights.

    Args:
        data_home: where the desktop looks; XDG_DATA_HOME or ~/.local/share where absent.

    Returns:
        The files that were written.

    Raises:
        BadInput: this is not a Linux desktop.
    """
    if sys.platform in ("win32", "darwin"):
        raise BadInput(
            "Only Linux desktops learn by a command which program opens a file.",
            "Choose the `workbench` program once in the file's Open With menu.",
        )
    home = data_home or Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    command = (
        f'"{sys.executable}" -P -m workbench'  # file managers start it in the project: no code is taken from there
    )
    written = {
        home / "applications" / f"{_ID}.desktop": _ENTRY.format(command=command, icon=program_icon(), mime=_MIME),
        home / "mime" / "packages" / f"{_ID}.xml": _TYPE.format(mime=_MIME),
    }
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _refresh("update-mime-database", home / "mime")
    _refresh("update-desktop-database", home / "applications")
    return list(written)


def _refresh(program: str, folder: Path) -> None:
    """Desktops without the program read the folders themselves."""
    found = shutil.which(program)
    if found:
        subprocess.run([found, str(folder)], check=False, capture_output=True)
