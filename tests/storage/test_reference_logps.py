"""What references said of batches: kept across processes, torn by crashes, and never more than the folder's share."""

import os
from pathlib import Path

import numpy as np
import pytest

from workbench.storage import reference_logps
from workbench.storage.reference_logps import KEY_BYTES, ReferenceLogps

A, B = b"a" * KEY_BYTES, b"\0" * KEY_BYTES
TWO = np.array([[-1.5, -2.25], [-3.0, -4.125]], np.float32)
ONE = np.array([[-7.0, -8.0]], np.float32)


def test_what_was_kept_is_there_for_the_next_worker(tmp_path: Path) -> None:
    first = ReferenceLogps(tmp_path, "r")
    assert first.get(A, 2) is None
    first.put(A, TWO)
    first.put(B, ONE)
    for kept in (first, ReferenceLogps(tmp_path, "r")):
        np.testing.assert_array_equal(kept.get(A, 2), TWO)
        np.testing.assert_array_equal(kept.get(B, 1), ONE)
    assert ReferenceLogps(tmp_path, "another").get(A, 2) is None


def test_two_workers_append_to_one_file(tmp_path: Path) -> None:
    first, second = ReferenceLogps(tmp_path, "r"), ReferenceLogps(tmp_path, "r")
    first.put(A, TWO)
    second.put(B, ONE)
    first.put(B, ONE)
    kept = ReferenceLogps(tmp_path, "r")
    np.testing.assert_array_equal(kept.get(A, 2), TWO)
    np.testing.assert_array_equal(kept.get(B, 1), ONE)


@pytest.mark.parametrize("lost", [1, 31, 32, 40])
def test_a_batch_that_a_crash_tore_is_not_there_and_spoils_no_other(tmp_path: Path, lost: int) -> None:
    ReferenceLogps(tmp_path, "r").put(B, ONE)
    ReferenceLogps(tmp_path, "r").put(A, TWO)
    file = tmp_path / "r.rows"
    os.truncate(file, file.stat().st_size - lost)
    torn = ReferenceLogps(tmp_path, "r")
    assert torn.get(A, 2) is None
    torn.put(A, TWO)
    for kept in (torn, ReferenceLogps(tmp_path, "r")):
        np.testing.assert_array_equal(kept.get(A, 2), TWO)
        np.testing.assert_array_equal(kept.get(B, 1), ONE)


@pytest.mark.parametrize("place", [0, 17, 22, 30])
def test_a_damaged_row_is_computed_again(tmp_path: Path, place: int) -> None:
    ReferenceLogps(tmp_path, "r").put(A, TWO)
    file = tmp_path / "r.rows"
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    assert ReferenceLogps(tmp_path, "r").get(A, 2) is None


def test_the_files_used_longest_ago_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for at, name in enumerate(("oldest", "older", "used")):
        ReferenceLogps(tmp_path, name).put(A, TWO)
        os.utime(tmp_path / f"{name}.rows", (at, at))
    monkeypatch.setattr(reference_logps, "_MOST_OF_ALL", 2 * 64)
    np.testing.assert_array_equal(ReferenceLogps(tmp_path, "used").get(A, 2), TWO)
    assert {path.stem for path in tmp_path.iterdir()} == {"older", "used"}


def test_a_file_that_is_full_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_logps, "_MOST_OF_ONE", 64)
    full = ReferenceLogps(tmp_path, "r")
    full.put(A, TWO)
    full.put(B, ONE)
    np.testing.assert_array_equal(full.get(A, 2), TWO)  # this worker has not forgotten it
    later = ReferenceLogps(tmp_path, "r")
    assert later.get(A, 2) is None
    np.testing.assert_array_equal(later.get(B, 1), ONE)


def test_where_nothing_can_be_written_a_worker_remembers_for_itself(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kept = ReferenceLogps(tmp_path / "file" / "folder", "r")
    kept.put(A, TWO)
    np.testing.assert_array_equal(kept.get(A, 2), TWO)
