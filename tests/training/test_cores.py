"""Two tasks at once on a CPU: really at once, with all answers and errors, and one by one where that is not allowed."""

import threading
from collections.abc import Iterator

import pytest
import torch

from workbench.training.cores import SideBySide

CPU = torch.device("cpu")


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_both_tasks_run_at_the_same_time_with_a_thread_each() -> None:
    meeting = threading.Barrier(2, timeout=10)

    def task() -> int:
        meeting.wait()  # broken, and an error, where the other task does not run meanwhile
        return torch.get_num_threads()

    assert SideBySide(CPU).run(task, task) == (1, 1)
    assert torch.get_num_threads() == 2, "the caller keeps its threads"


@pytest.mark.usefixtures("two_threads")
def test_an_error_is_raised_when_neither_task_runs_any_more() -> None:
    failed, finished = threading.Event(), threading.Event()

    def fails() -> None:
        failed.set()
        raise ValueError("first")

    def goes_on() -> None:
        assert failed.wait(10)
        finished.set()

    with pytest.raises(ValueError, match="first"):
        SideBySide(CPU).run(fails, goes_on)
    assert finished.is_set()


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize(("device", "allowed"), [("cpu", False), ("meta", True)])
def test_what_may_not_run_at_once_runs_in_order_on_the_callers_thread(device: str, allowed: bool) -> None:
    order: list[tuple[int, int]] = []
    tasks = [lambda number=number: order.append((number, threading.get_ident())) for number in (1, 2)]
    SideBySide(torch.device(device), allowed=allowed).run(*tasks)
    assert order == [(1, threading.get_ident()), (2, threading.get_ident())]
