"""The log of the window: what it warned of and what went wrong, for a person to send."""

import logging
from logging.handlers import RotatingFileHandler

from workbench.api import log_folder

_BYTES = 1_000_000


def log_to_file() -> None:
    """Writes what the program logs from now on to `window.log`; of a full one the last half stays beside it."""
    handler = RotatingFileHandler(log_folder() / "window.log", maxBytes=_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger("workbench").addHandler(handler)
