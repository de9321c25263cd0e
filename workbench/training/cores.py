"""How models share the CPU's cores: a small one keeps to one core, and two of them compute at the same time.

At 260 thousand parameters a pass forth and back over 16 sequences takes 67 ms with two threads and 73 ms with one, and 64
responses of 48 tokens are sampled in 385 ms with two and in 244 ms with one. With other work on the machine it is far
worse: threads that wait for each other at every product do a sixth of what they do alone, while one thread loses nothing.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import torch
from transformers import PreTrainedModel

_AVAILABLE = torch.get_num_threads()  # what the runner allows this process, before anything here takes less
_FILLS_MORE_THAN_ONE = 1_000_000  # parameters: at 1.6 million two threads sample in 295 ms and one in 380
T = TypeVar("T")


def settle_threads(*models: PreTrainedModel) -> None:
    """Keeps this thread to one core from here on where all models are on the CPU and too small for more."""
    if all(model.device.type == "cpu" and model.num_parameters() < _FILLS_MORE_THAN_ONE for model in models):
        torch.set_num_threads(1)


class SideBySide:
    """Runs two tasks at once on a CPU with cores for both; elsewhere one after the other.

    Args:
        device: where the tasks compute. A GPU has one queue, and one task at a time needs less of its memory.
        allowed: false where the tasks share something, as a random state.
    """

    def __init__(self, device: torch.device, *, allowed: bool = True) -> None:
        share = min(_AVAILABLE // 2, torch.get_num_threads())
        self._pool: ThreadPoolExecutor | None = None
        if allowed and device.type == "cpu" and share >= 1:
            self._pool = ThreadPoolExecutor(2, "side-by-side", torch.set_num_threads, (share,))

    def run(self, first: Callable[[], T], second: Callable[[], T]) -> tuple[T, T]:
        """Returns what both tasks return; where one fails, its error once neither runs any more."""
        if self._pool is None:
            return first(), second()
        one, other = self._pool.submit(_as_here(first)), self._pool.submit(_as_here(second))
        wait([one])
        wait([other])
        return one.result(), other.result()


def _as_here(task: Callable[[], T]) -> Callable[[], T]:
    """Returns the task with this thread's choice of gradients and number format, which torch keeps for each thread."""
    with_gradients = torch.is_grad_enabled()
    rounds, dtype = torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")

    def run() -> T:
        with torch.set_grad_enabled(with_gradients), torch.autocast("cpu", dtype, enabled=rounds):
            return task()

    return run
