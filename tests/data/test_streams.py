import gzip
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from workbench.data.streams import MAX_ROW_BYTES, CutShort, HashingFile, LongLine, lines, seekable, unpacked
from workbench.domain.errors import BadInput


def _lines(path: Path) -> list[object]:
    with closing(HashingFile(path)) as file:
        return list(lines(unpacked(file)))


def test_gzip_is_known_by_its_first_bytes_and_not_by_its_name(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(gzip.compress(b"one\ntwo"))
    assert _lines(path) == [b"one\n", b"two"]


def test_the_hash_is_that_of_the_file_and_not_of_what_is_packed_in_it(tmp_path: Path):
    path = tmp_path / "rows.gz"
    path.write_bytes(gzip.compress(b"one\ntwo"))
    with closing(HashingFile(path)) as file:
        assert unpacked(file).read() == b"one\ntwo"
        assert file.hexdigest() == sha256(path.read_bytes()).hexdigest()


def test_a_long_line_is_skipped_and_the_next_one_read(tmp_path: Path):
    path = tmp_path / "rows"
    path.write_bytes(b"one\n" + b"x" * (MAX_ROW_BYTES + 5) + b"\ntwo\n")
    first, second, third = _lines(path)
    assert (first, third) == (b"one\n", b"two\n")
    assert isinstance(second, LongLine)


def test_a_file_cut_short_gives_what_it_has_and_then_says_so(tmp_path: Path):
    path = tmp_path / "rows.gz"
    path.write_bytes(gzip.compress(b"".join(b"line %d\n" % i for i in range(5000)))[:-200])
    found = _lines(path)
    assert found[0] == b"line 0\n"
    assert len(found) > 1000
    assert isinstance(found[-1], CutShort)


def test_packed_files_that_must_be_read_at_any_place_are_unpacked_for_a_while(tmp_path: Path):
    path = tmp_path / "rows.parquet.gz"
    path.write_bytes(gzip.compress(b"abc"))
    with seekable(path) as copy:
        assert copy.read_bytes() == b"abc"
    assert not copy.exists()


def test_a_broken_pack_is_named(tmp_path: Path):
    path = tmp_path / "rows.parquet.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 100)[:-30])
    with pytest.raises(BadInput, match="cut short or damaged"), seekable(path):
        pass
