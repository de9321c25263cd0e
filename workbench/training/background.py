"""Work beside training: what only waits for the disk must not keep the device waiting."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Background:
    """Does one thing at a time in a thread of its own; whoever waits for it gets its error."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "background")
        self._going_on: Future[None] | None = None

    def start(self, work: Callable[[], None]) -> None:
        """Begins `work`, once what was begun before is done.

        Raises:
            Exception: what was begun before failed.
        """
        self.wait()
        self._going_on = self._pool.submit(work)

    def wait(self) -> None:
        """Waits until what was begun is done.

        Raises:
            Exception: it failed; said once.
        """
        going_on, self._going_on = self._going_on, None
        if going_on is not None:
            going_on.result()
