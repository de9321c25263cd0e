"""What this machine has, and what is wrong with it."""

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import psutil
from packaging.requirements import Requirement
from pydantic import BaseModel

from workbench.jobs.machine import find_gpus

_DISTRIBUTION = "preference-workbench"
_CHECKED = ("torch", "transformers", "trl", "datasets", "accelerate", "peft", "pyarrow", "PySide6-Essentials",
            "pyqtgraph")  # fmt: skip
_NVIDIA_DEVICE = Path("/dev/nvidia0")
_IMPORT_LIMIT_S = 120.0  # a cold disk needs most of a minute for torch


class Check(BaseModel):
    """One thing that was looked at. `problem` is empty where all is well."""

    name: str
    value: str
    problem: str = ""
    fix: str = ""

    @property
    def ok(self) -> bool:
        """Says whether nothing is wrong."""
        return not self.problem


def examine() -> list[Check]:
    """Looks at Python, the packages, torch's devices, GPUs, Qt, memory and disk."""
    return [_python(), *(_package(name) for name in _CHECKED), _torch_device(), *_gpus(), _qt(), _memory(), _disk()]


def _python() -> Check:
    version = platform.python_version()
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Check(
        name="Python",
        value=f"{version} on {platform.system()} {platform.machine()}",
        problem="" if fits else f"Python {version} is outside 3.11-3.13",
        fix="" if fits else "Install Python 3.11, 3.12 or 3.13 and make the environment again.",
    )


def _package(name: str) -> Check:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Check(name=name, value="absent", problem="is not installed", fix="Install the project again: make test.")
    wanted = _requirements().get(name.lower())
    if wanted is None or wanted.specifier.contains(version, prereleases=True):
        return Check(name=name, value=version)
    return Check(name=name, value=version, problem=f"needs {wanted.specifier}", fix=f"pip install '{wanted}'")


def _requirements() -> dict[str, Requirement]:
    try:
        lines = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return {}
    return {found.name.lower(): found for found in map(Requirement, lines) if not found.marker}


def _torch_device() -> Check:
    program = (
        "import torch\n"
        "if torch.cuda.is_available(): print('CUDA', torch.version.cuda, torch.cuda.get_device_name(0))\n"
        "elif torch.backends.mps.is_available(): print('MPS')\n"
        "else: print('CPU,', torch.get_num_threads(), 'threads')"
    )
    value, error = _ask_python(program)
    if error:
        return Check(name="torch trains on", value="nothing", problem=error, fix="pip install --force-reinstall torch")
    if value.startswith("CPU") and find_gpus():
        problem = "there is an NVIDIA GPU, but this build of torch cannot use it"
        fix = "Install a CUDA build of torch 2.13 (see pytorch.org) for the driver below."
        return Check(name="torch trains on", value=value, problem=problem, fix=fix)
    return Check(name="torch trains on", value=value)


def _gpus() -> list[Check]:
    gpus = find_gpus()
    if not gpus and _NVIDIA_DEVICE.exists():
        problem = "a device is there, but the driver's library does not answer"
        return [Check(name="GPU", value="unreadable", problem=problem, fix="Install or update the NVIDIA driver.")]
    if not gpus:
        return [Check(name="GPU", value="none; training runs on the CPU")]
    return [
        Check(name=f"GPU {gpu.index}", value=f"{gpu.name}, {gpu.memory_mib / 1024:.0f} GiB, driver {gpu.driver}")
        for gpu in gpus
    ]


def _qt() -> Check:
    value, error = _ask_python("import PySide6.QtWidgets, PySide6.QtCore as c; print(c.qVersion())")
    if error:
        fix = "Debian, Ubuntu: apt install libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1."
        return Check(name="Qt", value="does not load", problem=error, fix=fix)
    shown = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) or sys.platform in ("darwin", "win32")
    return Check(name="Qt", value=value if shown else f"{value}; no display here, so the command line only")


def _memory() -> Check:
    free = psutil.virtual_memory()
    value = f"{free.available / 2**30:.1f} of {free.total / 2**30:.1f} GiB free, {os.cpu_count()} cores"
    tight = free.available < 2 * 2**30
    return Check(
        name="Memory",
        value=value,
        problem="less than 2 GiB free" if tight else "",
        fix="Close other programs; training needs about 1.5 GiB even for small models." if tight else "",
    )


def _disk() -> Check:
    free = psutil.disk_usage(str(Path.cwd())).free
    tight = free < 2 * 2**30
    return Check(
        name="Disk",
        value=f"{free / 2**30:.1f} GiB free here",
        problem="less than 2 GiB free" if tight else "",
        fix="Delete old checkpoints or choose another folder for the project." if tight else "",
    )


def _ask_python(program: str) -> tuple[str, str]:
    """Runs a line in a fresh interpreter, since neither torch nor Qt is loaded here. Returns its output and its error."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=_IMPORT_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return "", f"did not load within {_IMPORT_LIMIT_S:.0f} s"
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return "", lines[-1] if lines else f"ended with code {done.returncode}"
    return done.stdout.strip(), ""
