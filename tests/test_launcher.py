"""What `workbench` without a command does."""

import os
import socket
import subprocess
import sys
import tempfile

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


def test_a_display_is_one_whose_server_answers():
    assert not has_display({}, "linux")
    assert has_display({}, "darwin")
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX) as wayland,
    ):  # a short path, as sockets need
        named = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": folder}
        assert not has_display(named, "linux")
        wayland.bind(f"{folder}/wayland-0")
        wayland.listen()
        assert has_display(named, "linux")


def test_a_display_that_ssh_forwarded_is_gone_with_its_session():
    with socket.create_server(("localhost", 0)) as forwarded:
        named = {"DISPLAY": f"localhost:{forwarded.getsockname()[1] - 6000}.0"}
        assert has_display(named, "linux")
    assert not has_display(named, "linux")


@pytest.mark.parametrize("display", [{}, {"DISPLAY": ":987"}])
def test_without_a_display_one_sentence_names_the_commands(display):
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run(
        [sys.executable, "-m", "workbench"], capture_output=True, text=True, check=False, env=kept | display
    )
    assert done.returncode == 1
    assert "workbench --help" in done.stderr
