from workbench.ui.data.word_diff import Span, differing


def test_only_the_words_that_differ_are_marked():
    assert differing("a big dog", "a small dog") == ([Span(2, 5)], [Span(2, 7)])


def test_equal_texts_have_no_marks_and_white_space_is_none():
    assert differing("a  b\n", "a b") == ([], [])


def test_texts_too_long_to_compare_have_no_marks():
    assert differing("a " * 3001, "b") == ([], [])
