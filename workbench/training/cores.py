"""Independent computations at the same time, each on its share of the CPU's cores.

Small models do not fill two cores: at 260 thousand parameters a pass forth and back over 16 sequences takes 67 ms with two
threads and 73 ms with one, so two models' passes side by side take little more than half as long as one after the other.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import torch

T = TypeVar("T")


class SideBySide:
    """Runs two tasks at once on a CPU with a thread for each; elsewhere, or with one thread, one after the other.

    Args:
        device: where the tasks compute. A GPU has one queue, and one task at a time needs less of its memory.
        allowed: false where the tasks share something, as a random state.
    """

    def __init__(self, device: torch.device, *, allowed: bool = True) -> None:
        share = torch.get_num_threads() // 2
        self._pool: ThreadPoolExecutor | None = None
        if allowed and device.type == "cpu" and share >= 1:
            self._pool = ThreadPoolExecutor(2, "side-by-side", torch.set_num_threads, (share,))

    def run(self, first: Callable[[], T], second: Callable[[], T]) -> tuple[T, T]:
        """Returns what both tasks return; where one fails, its error once neither runs any more.

        A task starts with torch's defaults for its thread: gradients on, autocast off.
        """
        if self._pool is None:
            return first(), second()
        tasks = self._pool.submit(first), self._pool.submit(second)
        wait(tasks)
        return tasks[0].result(), tasks[1].result()
