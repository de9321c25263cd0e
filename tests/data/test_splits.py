import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.data.splits import GrowingSplitter, Splitter, checked_fractions, default_fractions
from workbench.domain.errors import BadSetting
from workbench.domain.pairs import DatasetKind, plain, prompt_key

_FRACTIONS = default_fractions(DatasetKind.PREFERENCE)


def _key(i: int) -> str:
    return prompt_key(plain(f"prompt {i}"))


def _split(n: int, seed: int = 0) -> dict[str, str]:
    splitter = Splitter(seed, _FRACTIONS)
    placed = {_key(i): splitter.place(_key(i)) for i in range(n)}
    return placed | splitter.settle()


def test_rows_of_one_prompt_go_the_same_way():
    splitter = Splitter(0, _FRACTIONS)
    assert len({splitter.place(_key(1)) for _ in range(50)}) == 1
    assert splitter.n_prompts == 1


def test_a_hundred_prompts_are_divided_90_5_5():
    splits = list(_split(100).values())
    assert (splits.count("train"), splits.count("validation"), splits.count("test")) == (90, 5, 5)


@given(st.integers(3, 40), st.integers(0, 1000))
def test_three_prompts_or_more_leave_no_split_empty(n: int, seed: int):
    assert set(_split(n, seed).values()) == {"train", "validation", "test"}


def test_one_prompt_trains_and_a_second_one_tests():
    assert list(_split(1).values()) == ["train"]
    assert sorted(_split(2).values()) == ["test", "train"]


def test_the_seed_decides_and_the_order_of_rows_does_not():
    assert _split(100) == _split(100)
    assert _split(100) != _split(100, seed=1)
    forwards, backwards = Splitter(0, _FRACTIONS), Splitter(0, _FRACTIONS)
    for i in range(100):
        forwards.place(_key(i))
        backwards.place(_key(99 - i))
    forwards.settle()
    backwards.settle()
    assert forwards.splits() == backwards.splits()


def test_counts_are_rows_and_follow_prompts_that_move():
    splitter = Splitter(0, _FRACTIONS)
    for i in range(3):
        for _ in range(i + 1):
            splitter.place(_key(i))
    moved = splitter.settle()
    assert sum(splitter.n_rows.values()) == 6
    assert min(splitter.n_rows.values()) >= 1
    assert moved


def test_many_prompts_are_divided_by_their_hash_alone_and_nearly_exactly():
    splitter = Splitter(0, _FRACTIONS)
    for i in range(21_000):
        splitter.place(f"{i:016x}")
    assert splitter.settle() == {}
    assert splitter.n_rows["test"] == pytest.approx(1050, rel=0.1)


def test_prompts_alone_are_all_for_testing():
    splitter = Splitter(0, default_fractions(DatasetKind.PROMPTS))
    assert {splitter.place(_key(i)) for i in range(50)} == {"test"}
    assert splitter.settle() == {}


def test_the_checksum_names_the_division():
    one, other = Splitter(0, _FRACTIONS), Splitter(1, _FRACTIONS)
    for i in range(100):
        one.place(_key(i))
        other.place(_key(i))
    assert one.splits().checksum != other.splits().checksum


@pytest.mark.parametrize("fractions", [{"train": 0.5}, {"train": 1.5, "test": -0.5}, {"training": 1.0}])
def test_shares_that_do_not_add_up_are_refused(fractions: dict[str, float]):
    with pytest.raises(BadSetting):
        checked_fractions(fractions)  # type: ignore[arg-type]


def test_a_growing_dataset_fills_the_split_that_is_shortest_and_moves_nothing():
    before = Splitter(0, _FRACTIONS)
    known = {_key(i): before.place(_key(i)) for i in range(38)} | before.settle()
    growing = GrowingSplitter(before.splits(), known)
    assert {key: growing.place(key) for key in known} == known
    new = [growing.place(_key(i)) for i in range(38, 60)]
    assert (new.count("validation"), new.count("test")) == (1, 1)  # two of each for 38 prompts, three for 60
    assert growing.settle() == {}


def test_prompts_that_come_one_by_one_train_first_then_test_then_choose():
    growing = GrowingSplitter(Splitter(0, _FRACTIONS).splits(), {})
    assert [growing.place(_key(i)) for i in range(4)] == ["train", "test", "validation", "train"]
