from workbench.export.markup import Markup, bullets, join, table, tag


def test_text_is_escaped_and_markup_is_not():
    assert tag("p", "<b>&", tag("i", "x")) == "<p>&lt;b&gt;&amp;<i>x</i></p>"


def test_attributes_are_escaped_and_named_as_in_html():
    assert tag("p", class_='a"b', aria_label="c") == '<p class="a&quot;b" aria-label="c"></p>'


def test_nothing_is_left_of_none_and_numbers_are_written():
    assert join("a", None, 0) == "a0"


def test_characters_that_html_does_not_allow_become_a_sign_of_their_own():
    assert join("a\x00b\x1b\ud800\n") == "a\ufffdb\ufffd\ufffd\n"


def test_joined_text_stays_markup_when_joined_again():
    assert join(join("<")) == "&lt;"
    assert isinstance(join("a"), Markup)


def test_a_table_names_its_rows_and_columns():
    assert table(("arm", "gold"), [("a", 1)]) == (
        '<div class="scroll"><table><thead><tr><th scope="col">arm</th><th scope="col">gold</th></tr></thead><tbody>'
        '<tr><th scope="row">a</th><td>1</td></tr></tbody></table></div>'
    )


def test_an_empty_list_is_left_out():
    assert bullets([]) is None
    assert bullets(["a"]) == "<ul><li>a</li></ul>"
