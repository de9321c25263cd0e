import io

from workbench.data.csv_rows import read
from workbench.data.records import Flaw, Record
from workbench.data.streams import MAX_ROW_BYTES


def _read(content: bytes, delimiter: str = ",") -> list[Record | Flaw]:
    return list(read(io.BufferedReader(io.BytesIO(content)), delimiter))


def test_cells_may_hold_line_breaks_and_lines_are_counted_as_in_an_editor():
    assert _read(b'a,b\n"one\ntwo",x\ny,z\n') == [
        Record(2, {"a": "one\ntwo", "b": "x"}),
        Record(4, {"a": "y", "b": "z"}),
    ]


def test_tabs_separate_where_asked_and_empty_cells_are_null():
    assert _read(b"a\tb\n1\t\n", "\t") == [Record(2, {"a": "1", "b": None})]


def test_chats_are_cells_of_json_and_text_that_only_begins_like_json_stays_text():
    [record] = _read(b'a,b\n"[{""role"": ""user"", ""content"": ""Hi""}]","{""oops"\n')
    assert record == Record(2, {"a": [{"role": "user", "content": "Hi"}], "b": '{"oops'})


def test_a_row_with_too_few_cells_and_one_that_is_not_utf8_are_flaws_and_the_rest_is_read():
    short, stray, good = _read(b"a,b\n1\nx,\xff\n3,4\n")
    assert isinstance(short, Flaw)
    assert (short.line, short.error.problem) == (2, "has 1 cells")
    assert isinstance(stray, Flaw)
    assert (stray.line, stray.error.field) == (3, "b")
    assert good == Record(4, {"a": "3", "b": "4"})


def test_two_columns_of_one_name_are_refused():
    [flaw] = _read(b"a,a\n1,2\n")
    assert isinstance(flaw, Flaw)
    assert (flaw.line, flaw.error.field) == (1, "a")


def test_a_header_that_is_not_utf8_is_refused():
    [flaw] = _read(b"a,\xff\n1,2\n")
    assert isinstance(flaw, Flaw)
    assert (flaw.line, flaw.error.problem) == (1, "is not valid UTF-8")


def test_a_quote_that_is_never_closed_is_named_where_it_opens():
    _, flaw = _read(b'a,b\n1,2\n"3,4\n5,6\n')
    assert isinstance(flaw, Flaw)
    assert flaw.line == 3


def test_a_line_that_is_too_long_is_skipped_and_the_rest_is_read():
    flaw, good = _read(b"a,b\n1," + b"x" * (MAX_ROW_BYTES + 1) + b"\n3,4\n")
    assert isinstance(flaw, Flaw)
    assert (flaw.line, flaw.error.problem) == (2, "is too long")
    assert good == Record(3, {"a": "3", "b": "4"})
