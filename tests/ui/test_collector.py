"""Garbage that holds widgets is collected on the window's thread, whoever made it."""

import gc
import threading


class _Cycle:
    """Garbage that only the collector finds, and which notes the thread that it dies on."""

    def __init__(self, died_on: list[int]) -> None:
        self.own = self
        self._died_on = died_on

    def __del__(self) -> None:
        self._died_on.append(threading.get_ident())


def test_another_threads_garbage_dies_on_the_windows_thread(qtbot, collector):
    died_on: list[int] = []

    def litter() -> None:
        for _ in range(5 * gc.get_threshold()[0]):
            _Cycle(died_on)

    thread = threading.Thread(target=litter)
    thread.start()
    thread.join()
    assert died_on == []
    qtbot.waitUntil(lambda: bool(died_on), timeout=20000)  # by its own timer
    assert set(died_on) == {threading.get_ident()}


def test_afterwards_the_automatic_collector_works_again(collector):
    assert not gc.isenabled()
    collector.stop()
    assert gc.isenabled()
