import time

from workbench.ui.turns import Turns


def test_pieces_are_done_in_order_with_the_window_s_events_between_them(qtbot):
    done = []

    def pieces():
        for at in range(4):
            time.sleep(0.02)  # each takes longer than what is done at once
            done.append(at)
            yield

    work = Turns()
    work.start(pieces())
    assert done == [0]
    qtbot.waitUntil(lambda: work.is_done, timeout=20000)
    assert done == [0, 1, 2, 3]


def test_new_work_takes_the_place_of_what_is_left(qtbot):
    done = []

    def pieces(name: str, n: int):
        for _ in range(n):
            time.sleep(0.02)
            done.append(name)
            yield

    work = Turns()
    work.start(pieces("old", 50))
    work.start(pieces("new", 2))
    qtbot.waitUntil(lambda: work.is_done, timeout=20000)
    assert done == ["old", "new", "new"]


def test_what_is_to_be_painted_ends_the_turn(qtbot):
    done = []

    def pieces():
        for at in range(3):
            done.append(at)
            yield True

    work = Turns()
    work.start(pieces())
    assert done == [0]
    qtbot.waitUntil(lambda: work.is_done, timeout=20000)
    assert done == [0, 1, 2]
