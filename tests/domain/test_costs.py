import pytest

from workbench.domain.costs import Spread, between, duration, memory, pace, parameters


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (99, "99 s"),
        (120, "2 min"),
        (3_500, "58 min"),
        (5_400, "1.5 h"),
        (50_000, "14 h"),
        (200_000, "2.3 d"),
    ],
)
def test_a_time_is_said_in_the_unit_that_people_would_use(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (2_350, "2,350 steps/s"),
        (12.34, "12.3 steps/s"),
        (1, "1 steps/s"),
        (0.8, "1.2 s a step"),
        (0.07, "14 s a step"),
        (0.005, "3 min a step"),
    ],
)
def test_slow_steps_are_told_by_how_long_one_takes(rate, words):
    assert pace(rate) == words


def test_a_range_that_rounds_to_one_value_is_not_shown():
    assert between(Spread.around(120, 0.5, 2)) == "about 2 min (60 s to 4 min)"
    assert between(Spread.around(120, 1, 1)) == "about 2 min"


def test_a_limit_cuts_all_three_figures_and_what_is_known_is_added_to_all():
    spread = Spread(low=10, expected=20, high=40)
    assert spread.at_most(15) == Spread(low=10, expected=15, high=15)
    assert spread.at_most(None) == spread
    assert spread.plus(5) == Spread(low=15, expected=25, high=45)
    assert spread.times(0.5) == Spread(low=5, expected=10, high=20)


def test_memory_is_said_in_gibibytes_where_that_is_shorter():
    assert (memory(620.4), memory(3_482)) == ("620 MiB", "3.4 GiB")


def test_a_models_size_is_said_in_millions_or_billions():
    assert [parameters(n) for n in (260_032, 105_000_000, 8_050_000_000)] == ["0.26 M", "105 M", "8.05 B"]
