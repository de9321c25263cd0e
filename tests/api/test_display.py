"""A window that a command opens beside itself."""

import subprocess
import sys

import psutil
import pytest

from workbench import api


def test_without_a_display_no_window_is_opened(monkeypatch, tmp_path) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert sys.platform != "linux" or not api.open_window(api.create_project(tmp_path / "demo"))


@pytest.mark.timeout(120)
def test_the_window_is_a_process_of_its_own(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    project = api.create_project(tmp_path / "demo")
    window = api.open_window(project)
    assert window is not None
    try:
        with pytest.raises(subprocess.TimeoutExpired):  # it stays open
            window.wait(4)
        assert psutil.Process(window.pid).cmdline()[1:] == ["-P", "-m", "workbench", str(project.folder)]
    finally:
        window.kill()
        window.wait(10)
