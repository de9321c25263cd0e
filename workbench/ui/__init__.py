"""The window: presents what `workbench.api` says and asks for what a person wants; it decides nothing itself.

application  the process: settings, log, faults, the first window
window       the frame: rail, pages, banner, toasts, palette
session      the open project and what is known of it, kept fresh
tasks        work on other threads, its answers on this one
theme        light and dark
pages        one module a page; no page knows another
widgets      what pages are built from
"""

from pathlib import Path


def open_window(path: Path | None = None) -> int:
    """Shows the window, with the project at `path` where one is given, and returns the process's exit code."""
    from workbench.ui.application import run_window  # noqa: PLC0415  (Qt loads only where a window opens)

    return run_window(path)


__all__ = ["open_window"]
