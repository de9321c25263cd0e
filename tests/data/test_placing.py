"""Folders that appear whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.data.placing import beside, move_over, remove_leftover, whole_or_nothing


def test_a_folder_appears_when_all_is_in_it(tmp_path: Path) -> None:
    with whole_or_nothing(tmp_path / "x") as temporary:
        (temporary / "a").write_text("1")
        assert not (tmp_path / "x").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x" / "a").read_text() == "1"


def test_all_is_on_the_disk_before_the_folder_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    with whole_or_nothing(tmp_path / "x") as temporary:
        (temporary / "rows").write_text("1")
    assert synced == ["rows", f".tmp-x-{os.getpid()}", tmp_path.name]


def test_what_dead_processes_left_is_swept_and_the_work_of_living_ones_is_not(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for pid in (dead.pid, os.getppid()):
        (tmp_path / f".tmp-my-set-{pid}").mkdir()
    with whole_or_nothing(tmp_path / "x"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".tmp-my-set-{os.getppid()}", "x"]


def test_only_what_an_import_writes_is_removed(tmp_path: Path) -> None:
    ours = frozenset({"rows", "record"})
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "rows").touch()
    (tmp_path / "mine").mkdir()
    for name in ("rows", "thesis.txt"):
        (tmp_path / "mine" / name).touch()
    for name in ("left", "mine", "gone"):
        remove_leftover(tmp_path / name, ours)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_what_a_killed_change_left_inside_a_folder_goes_with_the_next(tmp_path: Path):
    left = tmp_path / ".tmp-next-999999999"  # no process has this number
    left.mkdir()
    (tmp_path / "rows").write_text("old")
    with beside(tmp_path) as temporary:
        (temporary / "rows").write_text("new")
        move_over(temporary / "rows", tmp_path / "rows")
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]
    assert (tmp_path / "rows").read_text() == "new"
