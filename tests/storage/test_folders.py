"""Folders that appear whole or not at all."""

import errno
import shutil
from pathlib import Path

import pytest

from workbench.domain.errors import AlreadyExists, DiskFull
from workbench.storage.folders import appearing, copy_if_there


def test_a_folder_is_there_when_it_is_complete_and_not_before(tmp_path: Path) -> None:
    with appearing(tmp_path / "deep" / "made") as part:
        (part / "a.txt").write_text("a")
        assert not (tmp_path / "deep" / "made").exists()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["made"]
    assert (tmp_path / "deep" / "made" / "a.txt").read_text() == "a"


def test_after_an_error_nothing_is_left(tmp_path: Path) -> None:
    def fill() -> None:
        with appearing(tmp_path / "made") as part:
            (part / "a.txt").write_text("a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_does_not_come_into_the_next_folder(tmp_path: Path) -> None:
    (tmp_path / ".made.part").mkdir()
    (tmp_path / ".made.part" / "half.txt").touch()
    with appearing(tmp_path / "made"):
        pass
    assert list((tmp_path / "made").iterdir()) == []


def test_a_folder_that_was_filled_meanwhile_is_left_alone(tmp_path: Path) -> None:
    def fill() -> None:
        with appearing(tmp_path / "made"):
            (tmp_path / "made").mkdir()
            (tmp_path / "made" / "mine.txt").touch()

    with pytest.raises(AlreadyExists, match="not empty"):
        fill()
    assert [path.name for path in tmp_path.rglob("*")] == ["made", "mine.txt"]


def test_a_full_disk_ends_a_copy_at_its_first_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in "abc":
        (source / name).touch()
    tried: list[str] = []

    def full(path: str, _target: str) -> None:
        tried.append(path)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(DiskFull, match="no room on the disk") as raised, appearing(tmp_path / "made") as part:
        shutil.copytree(source, part, copy_function=copy_if_there, dirs_exist_ok=True)
    assert len(tried) == 1
    assert "resume" not in raised.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_file_that_goes_while_its_folder_is_copied_is_left_out(tmp_path: Path) -> None:
    copy_if_there(str(tmp_path / "gone"), str(tmp_path / "copy"))
    assert list(tmp_path.iterdir()) == []
