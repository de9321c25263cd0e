"""What `workbench` without a command does."""

import os
import subprocess
import sys

import pytest

from workbench.__main__ import opens_window
from workbench.api import has_display
from workbench.storage.project import Project


def test_no_arguments_or_a_project_open_the_window(tmp_path):
    project = Project.create(tmp_path / "mine")
    assert opens_window([])
    assert opens_window([str(project.folder)])
    assert opens_window([str(project.folder / "project.workbench")])


@pytest.mark.parametrize("arguments", [["--help"], ["show", "mine"], ["demo"], ["nowhere"]])
def test_anything_else_is_a_command(arguments):
    assert not opens_window(arguments)


def test_a_display_is_told_by_the_environment_where_one_may_be_missing():
    assert not has_display({}, "linux")
    assert has_display({"DISPLAY": ":0"}, "linux")
    assert has_display({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert has_display({}, "darwin")


def test_without_a_display_one_sentence_names_the_commands():
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run([sys.executable, "-m", "workbench"], capture_output=True, text=True, check=False, env=kept)
    assert done.returncode == 1
    assert "workbench --help" in done.stderr
