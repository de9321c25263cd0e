"""What this program is: its version, what it stands on, where its papers are."""

import platform
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path

from pydantic import BaseModel

import workbench
from workbench.api.folders import log_folder

_LIBRARIES = (
    "PySide6-Essentials", "pyqtgraph", "torch", "transformers", "trl", "peft", "datasets", "numpy", "scipy", "matplotlib",
    "duckdb", "pyarrow", "pydantic",
)  # fmt: skip
_PACKAGE = "preference-workbench"


class About(BaseModel):
    """What `workbench about` prints.

    Attributes:
        libraries: versions by name, Python first; "not installed" where one is absent.
        logs: the folder of the window's logs.
    """

    version: str
    licence: str
    libraries: dict[str, str]
    logs: str


def about() -> About:
    """Returns what this program is; loads none of the libraries."""
    return About(
        version=workbench.__version__,
        licence=_declared("license_expression") or _declared("license") or "see the file LICENSE",
        libraries={"Python": platform.python_version()} | {name: _version(name) for name in _LIBRARIES},
        logs=str(log_folder()),
    )


def documentation() -> str:
    """Returns the program's README, in Markdown: from its folder, else as it was packed with the program."""
    readme = Path(workbench.__file__).parent.parent / "README.md"
    if readme.is_file():
        return readme.read_text(encoding="utf-8")
    try:
        return str(metadata(_PACKAGE).json.get("description", ""))
    except PackageNotFoundError:
        return "The documentation was not installed. `workbench --help` lists every command."


def _declared(field: str) -> str:
    try:
        return str(metadata(_PACKAGE).json.get(field, ""))
    except PackageNotFoundError:
        return ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
