from workbench.domain.row_filters import OPEN, Range, RowFilter


def test_a_condition_is_picked_and_dropped_by_the_same_click():
    once = RowFilter(text="cat").toggled("length", Range(1, 2))
    assert once == RowFilter(text="cat", length=Range(1, 2))
    assert once.toggled("length", Range(3, 4)).length == Range(3, 4)
    assert once.toggled("length", Range(1, 2)) == RowFilter(text="cat")


def test_a_filter_without_conditions_is_open():
    assert RowFilter().is_open
    assert RowFilter(rater="ann").without("rater").is_open
    assert not RowFilter(tie=False).is_open
    assert RowFilter(gap=Range(0, 1)).without("gap").gap == OPEN
