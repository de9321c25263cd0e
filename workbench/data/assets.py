"""Where the files that come with the program stand: in the wheel, or beside the package in a checkout."""

from pathlib import Path

import workbench
from workbench.domain.errors import NotFound


def checkout_folder() -> Path | None:
    """Returns the root of the checkout that the program runs from; None where it is installed."""
    root = _package().parent
    return root if (root / "pyproject.toml").is_file() and (root / "assets").is_dir() else None


def asset(path: str) -> Path:
    """Returns a bundled file or folder, as ``asset("film-critic/experiment.yaml")``.

    Raises:
        NotFound: no such file came with the program.
    """
    folders = (_package() / "_assets", _package().parent / "assets")
    for folder in folders:
        if (folder / path).exists():
            return folder / path
    places = " or ".join(str(folder) for folder in folders)
    raise NotFound(f"The bundled file {path} is missing; expected it in {places}.", "Install the program again.")


def _package() -> Path:
    return Path(workbench.__file__).resolve().parent
