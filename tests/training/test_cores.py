"""Two tasks at once on a CPU: really at once, with all answers and errors, and one by one where that is not allowed."""

import threading
from collections.abc import Iterator

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from workbench.training import cores
from workbench.training.cores import SideBySide, settle_threads

CPU = torch.device("cpu")


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(cores, "_AVAILABLE", 2)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_cores")
def test_both_tasks_run_at_the_same_time_with_a_thread_each() -> None:
    meeting = threading.Barrier(2, timeout=10)

    def task() -> int:
        meeting.wait()  # broken, and an error, where the other task does not run meanwhile
        return torch.get_num_threads()

    assert SideBySide(CPU).run(task, task) == (1, 1)
    assert torch.get_num_threads() == 2, "the caller keeps its threads"


@pytest.mark.usefixtures("two_cores")
def test_tasks_compute_with_the_callers_gradients_and_number_format() -> None:
    def modes() -> tuple[bool, torch.dtype]:
        return torch.is_grad_enabled(), (torch.ones(2, 2) @ torch.ones(2, 2)).dtype

    beside = SideBySide(CPU)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert beside.run(modes, modes) == ((False, torch.bfloat16), (False, torch.bfloat16))
    assert beside.run(modes, modes) == ((True, torch.float32), (True, torch.float32))


@pytest.mark.usefixtures("two_cores")
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


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize(("device", "allowed"), [("cpu", False), ("meta", True)])
def test_what_may_not_run_at_once_runs_in_order_on_the_callers_thread(device: str, allowed: bool) -> None:
    order: list[tuple[int, int]] = []
    tasks = [lambda number=number: order.append((number, threading.get_ident())) for number in (1, 2)]
    SideBySide(torch.device(device), allowed=allowed).run(*tasks)
    assert order == [(1, threading.get_ident()), (2, threading.get_ident())]


def test_with_one_core_nothing_runs_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "_AVAILABLE", 1)
    here = threading.get_ident()
    assert SideBySide(CPU).run(threading.get_ident, threading.get_ident) == (here, here)


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize(("width", "n_threads"), [(16, 1), (256, 2)])
def test_a_model_too_small_to_share_keeps_to_one_core_and_leaves_the_other_to_its_neighbour(
    width: int, n_threads: int
) -> None:
    config = LlamaConfig(
        vocab_size=4096, hidden_size=width, intermediate_size=width, num_hidden_layers=1, num_attention_heads=2
    )
    settle_threads(LlamaForCausalLM(config))
    assert torch.get_num_threads() == n_threads
    assert SideBySide(CPU).run(torch.get_num_threads, torch.get_num_threads) == (1, 1)
