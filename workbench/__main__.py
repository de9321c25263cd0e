"""`workbench` opens the window, alone or with a project; with anything else it is the command line."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

_MANIFEST = "project.workbench"  # a double click on it arrives here as its path
_NO_DISPLAY = "There is no display to open a window on; the same work goes by commands: `workbench --help` lists them."


def main() -> NoReturn:
    """Opens the window or runs the command line, and exits with its code."""
    arguments = sys.argv[1:]
    if not opens_window(arguments):
        import_module("workbench.cli").main()
    if not import_module("workbench.api").has_display():
        print(_NO_DISPLAY, file=sys.stderr)
        sys.exit(1)
    path = Path(arguments[0]) if arguments else None
    sys.exit(import_module("workbench.ui").open_window(path))


def opens_window(arguments: Sequence[str]) -> bool:
    """Says whether the arguments ask for the window: none at all, or one that is a project on disk."""
    if not arguments:
        return True
    path = Path(arguments[0])
    return len(arguments) == 1 and (path / _MANIFEST if path.is_dir() else path).is_file() and _is_project(path)


def _is_project(path: Path) -> bool:
    return path.is_dir() or path.name == _MANIFEST


if __name__ == "__main__":
    main()
