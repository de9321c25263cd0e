"""The real window on a real display: every page comes up, in both themes, and is kept as a picture for people to look at.

The pictures go to `build/screenshots`.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from workbench import api
from workbench.ui.pages import PAGES

from .photograph import SIZES, THEMES

_PICTURES = Path(__file__).resolve().parents[2] / "build" / "screenshots"
_LEAST_COLOURS = 50  # an empty or unpainted page has a handful


@pytest.fixture
def display() -> Iterator[str]:
    """A display of its own, large enough for the largest size."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("Xvfb is not installed; Debian's package xvfb brings it")
    readable, writable = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(writable), "-screen", "0", "1920x1200x24", "-nolisten", "tcp"],
        pass_fds=[writable],
        stderr=subprocess.DEVNULL,
    )
    os.close(writable)
    with os.fdopen(readable) as told:
        number = told.readline().strip()  # empty where the server could not start
    yield f":{number}"
    server.terminate()
    server.wait(10)


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_every_page_is_painted_in_both_themes(display: str, tmp_path: Path) -> None:
    sample = api.find_sample()
    assert sample is not None
    project = tmp_path / "film-critic"
    shutil.copytree(sample, project)
    shutil.rmtree(_PICTURES, ignore_errors=True)
    _PICTURES.mkdir(parents=True)
    environment = os.environ | {
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    script = Path(__file__).with_name("photograph.py")
    done = subprocess.run(
        [sys.executable, str(script), str(project), str(_PICTURES)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=270,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # neither Qt nor Python complained
    names = {f"{spec.key}-{theme}-{width}.png" for spec in PAGES for theme in THEMES for width, _ in SIZES}
    assert names == set(done.stdout.split())
    pictures = {name: _pixels(_PICTURES / name) for name in names}
    assert [name for name, pixels in pictures.items() if _colours(pixels) < _LEAST_COLOURS] == []
    for name in (name for name in names if "-light-" in name):
        assert pictures[name].mean() > pictures[name.replace("-light-", "-dark-")].mean() + 0.3, name


def _pixels(path: Path) -> np.ndarray:
    return matplotlib.image.imread(path)[:, :, :3]


def _colours(pixels: np.ndarray) -> int:
    bytes_of = (pixels.reshape(-1, 3) * 255).astype(np.uint32)
    return len(np.unique(bytes_of @ np.array([1 << 16, 1 << 8, 1], np.uint32)))  # a number a colour is counted at once
