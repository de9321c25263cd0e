"""Unexpected exceptions: shown and logged, and the window stays."""

import logging
import sys
from types import TracebackType

from workbench.ui.session import Session

_LOG = logging.getLogger(__name__)


class FaultHook:
    """Stands in for `sys.excepthook` while a window is open."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._before = sys.excepthook

    def install(self) -> None:
        """Takes over from the hook that is there."""
        sys.excepthook = self

    def remove(self) -> None:
        """Gives back what was there before."""
        sys.excepthook = self._before

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Shows the exception in the window; Ctrl+C in a terminal still ends the program."""
        if issubclass(kind, KeyboardInterrupt):
            self._before(kind, error, trace)
            return
        self._session.report("Something unexpected went wrong", error.with_traceback(trace))
