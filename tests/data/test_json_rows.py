import io
import json

from workbench.data.json_rows import read_array, read_lines
from workbench.data.records import Flaw, Record


def _lines(content: bytes) -> list[Record | Flaw]:
    return list(read_lines(io.BufferedReader(io.BytesIO(content))))


def _array(content: bytes) -> list[Record | Flaw]:
    return list(read_array(io.BufferedReader(io.BytesIO(content))))


def test_lines_are_counted_blank_ones_included_and_a_byte_order_mark_is_ignored():
    assert _lines(b'\xef\xbb\xbf{"a": 1}\n\n{"a": 2}\n') == [Record(1, {"a": 1}), Record(3, {"a": 2})]


def test_a_line_that_is_not_utf8_names_the_field():
    [flaw] = _lines(b'{"prompt": "p", "chosen": "a\xff"}')
    assert isinstance(flaw, Flaw)
    assert (flaw.line, flaw.error.field, flaw.error.problem) == (1, "chosen", "is not valid UTF-8")


def test_a_line_that_is_not_whole_says_where():
    [_, flaw] = _lines(b'{"a": 1}\n{"a": \n')
    assert isinstance(flaw, Flaw)
    assert (flaw.line, flaw.error.problem) == (2, "is not valid JSON (expecting value at column 6)")


def test_a_line_that_is_no_object_says_what_it_is():
    [flaw] = _lines(b"[1, 2]")
    assert isinstance(flaw, Flaw)
    assert flaw.error.problem == "is a list"


def test_depth_that_would_break_the_parser_is_a_flaw():
    [flaw] = _lines(b"[" * 100_000)
    assert isinstance(flaw, Flaw)
    assert flaw.error.problem == "is nested too deeply"


def test_an_array_is_read_object_by_object():
    records = [{"a": i, "b": [0.5, None, {"c": "é"}]} for i in range(3)]
    assert _array(json.dumps(records).encode()) == [Record(i + 1, record) for i, record in enumerate(records)]


def test_a_byte_order_mark_before_an_array_is_ignored():
    assert _array(b'\xef\xbb\xbf[{"a": 1}]') == [Record(1, {"a": 1})]


def test_an_array_that_ends_too_early_gives_what_it_has_and_says_so():
    record, flaw = _array(b'[{"a": 1}, {"a": ')
    assert record == Record(1, {"a": 1})
    assert isinstance(flaw, Flaw)
    assert flaw.line == 2
    assert flaw.error.problem.startswith("is not valid JSON")


def test_an_array_with_bytes_that_are_not_utf8_says_so():
    [flaw] = _array(b'[{"a": "\xff"}]')
    assert isinstance(flaw, Flaw)
    assert flaw.error.problem == "is not valid UTF-8"
