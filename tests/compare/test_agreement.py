import pytest

from workbench.compare.agreement import cohen_kappa, krippendorff_alpha

# Krippendorff (2011), section C: four observers, twelve units, nominal 0.743.
CANONICAL = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


def test_kappa_of_a_table_that_can_be_checked_by_hand():
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen_kappa(first, second) == pytest.approx(0.4)


def test_kappa_leaves_out_what_one_did_not_label():
    assert cohen_kappa(["a", "b", None, "a"], ["a", "b", "b", None]) == 1.0


def test_kappa_of_two_who_always_say_the_same_word_is_not_defined():
    assert cohen_kappa(["a", "a"], ["a", "a"]) is None
    assert cohen_kappa([None], ["a"]) is None


def test_alpha_of_krippendorffs_own_table():
    assert krippendorff_alpha(CANONICAL) == pytest.approx(0.7434, abs=5e-5)


def test_alpha_is_one_where_all_agree_and_undefined_where_nothing_varies_or_overlaps():
    assert krippendorff_alpha([["a", "b"], ["a", "b"]]) == 1.0
    assert krippendorff_alpha([["a", "a"], ["a", "a"]]) is None
    assert krippendorff_alpha([["a", None], [None, "b"]]) is None
