"""A project opens by a double click."""

import configparser
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from workbench import api
from workbench.domain.errors import BadInput

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="Linux desktops only")


def test_the_desktop_learns_the_program_and_its_files(tmp_path) -> None:
    entry, kind = api.register_on_desktop(tmp_path / "share")
    told = configparser.RawConfigParser(interpolation=None)
    told.read(entry, encoding="utf-8")
    section = told["Desktop Entry"]
    root = ET.parse(kind).getroot()
    types = [child.get("type") for child in root]
    patterns = [glob.get("pattern") for glob in root.iter() if glob.tag.endswith("glob")]
    assert section["mimetype"] == f"{types[0]};"
    assert "project.workbench" in patterns
    assert section["icon"] == str(api.program_icon())
    command = [part for part in shlex.split(section["exec"]) if part != "%f"]
    (tmp_path / "typer.py").write_text("raise SystemExit('of a stranger')")  # a file manager starts it in the project
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "workbench" in done.stdout


def test_elsewhere_the_way_is_said(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(BadInput, match="Only Linux") as raised:
        api.register_on_desktop(tmp_path)
    assert "Open With" in raised.value.hint
