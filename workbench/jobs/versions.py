"""The versions of what computes a run, noted in its job."""

import platform
from importlib.metadata import PackageNotFoundError, version

import workbench

_PACKAGES = ("torch", "transformers", "trl", "peft", "datasets", "accelerate", "numpy")


def resolved_versions() -> dict[str, str]:
    """Returns the versions of Python, the learning libraries and this program, without importing any of them."""
    found = {"python": platform.python_version(), "workbench": workbench.__version__}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
