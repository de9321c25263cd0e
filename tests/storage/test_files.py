import errno
import json
import os
import resource
import signal
from pathlib import Path

import pytest

from workbench.domain.errors import BadInput, DiskFull, NewerFormat, NotFound
from workbench.domain.records import Manifest, Outcome
from workbench.storage.files import raise_if_full, read_record, write_bytes, write_record


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    outcome = Outcome(state="finished", step=7)
    write_record(tmp_path / "outcome.json", outcome)
    assert read_record(tmp_path / "outcome.json", Outcome) == outcome
    assert json.loads((tmp_path / "outcome.json").read_text())["format_version"] == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no file .*gone\.json"):
        read_record(tmp_path / "gone.json", Outcome)


def test_a_newer_format_is_refused_with_both_numbers(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"format_version": 99, "name": "p", "holograms": []}')
    with pytest.raises(NewerFormat, match="has format 99; this version of Preference Workbench reads up to 1"):
        read_record(tmp_path / "m.json", Manifest)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"name": "p",\n"models": }', "line 2, column 11: not JSON"),
        (b"\xff\xfe", "byte 0: not UTF-8"),
        (b"[1, 2]", "expected a JSON object, found a list"),
        (b'{"format_version": 1}', "`name` cannot be read as a Manifest"),
        (b'{"format_version": 1, "name": "p", "datasets": 5}', "`datasets` cannot be read"),
    ],
)
def test_a_spoilt_file_is_refused_with_its_place(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "m.json").write_bytes(content)
    with pytest.raises(BadInput, match=sentence):
        read_record(tmp_path / "m.json", Manifest)


def test_writing_leaves_no_temporary_file_and_the_usual_permissions(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        write_bytes(tmp_path / "a.json", b"1")
        write_bytes(tmp_path / "a.json", b"2")
    finally:
        os.umask(mask)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"2"
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o644


def test_a_file_that_has_no_room_is_named_and_the_old_one_stays(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a.json", b"old")
    with _files_of_at_most(100), pytest.raises(DiskFull, match=r"no room on the disk for .*a\.json"):
        write_bytes(tmp_path / "a.json", b"x" * 10_000)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"old"


def test_other_errors_of_the_system_are_not_called_a_full_disk(tmp_path: Path) -> None:
    raise_if_full(OSError(errno.EACCES, "denied"), tmp_path)
    with pytest.raises(DiskFull):
        raise_if_full(OSError(errno.ENOSPC, "full"), tmp_path)


class _files_of_at_most:  # noqa: N801
    """The system's own limit on the size of a file: the nearest thing to a full disk that needs no disk."""

    def __init__(self, n_bytes: int) -> None:
        self._limit = n_bytes

    def __enter__(self) -> None:
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)
        self._handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._limit, self._before[1]))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)
        signal.signal(signal.SIGXFSZ, self._handler)
