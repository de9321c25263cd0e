"""What was used longest ago makes room."""

from workbench.training.shelf import Shelf


def taken(shelf: Shelf[str], *names: str) -> list[str]:
    loaded: list[str] = []

    def load(name: str) -> str:
        loaded.append(name)
        return name

    for name in names:
        assert shelf.take(name, lambda name=name: load(name), len) == name
    return loaded


def test_what_is_kept_is_not_loaded_again() -> None:
    assert taken(Shelf(10), "aaa", "bbb", "aaa") == ["aaa", "bbb"]


def test_what_was_used_longest_ago_goes_first() -> None:
    shelf: Shelf[str] = Shelf(6)
    assert taken(shelf, "aaa", "bbb", "aaa", "ccc") == ["aaa", "bbb", "ccc"]
    assert taken(shelf, "aaa", "bbb") == ["bbb"]


def test_one_that_is_larger_than_the_room_is_kept_alone() -> None:
    shelf: Shelf[str] = Shelf(4)
    taken(shelf, "aaa", "bbbbbbbb")
    assert len(shelf) == 1
    assert taken(shelf, "bbbbbbbb") == []
