from workbench.data.bins import choose_bins


def test_bars_are_round_and_the_outermost_take_what_lies_beyond():
    bins = choose_bins(3, 12, 171, 900)
    assert (bins.start, bins.step, bins.n) == (10, 10, 17)
    assert [bins.label_of(0), bins.label_of(1), bins.label_of(16)] == ["up to 19", "20 to 29", "170 and more"]
    assert [bins.range_of(0), bins.range_of(1), bins.range_of(16)] == [(None, 19), (20, 29), (170, None)]


def test_negative_values_have_bars_too():
    bins = choose_bins(-5, -5, 5, 5)
    assert (bins.start, bins.step, bins.n) == (-5, 1, 11)
    assert bins.label_of(0) == "-5"


def test_one_value_is_one_bar():
    assert choose_bins(7, 7, 7, 7).range_of(0) == (7, 7)
