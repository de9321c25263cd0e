"""Folders go to the trash and come back, all of them or none."""

import errno
import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from tests.storage.records import job
from workbench.domain.errors import AlreadyExists, NotFound
from workbench.domain.records import Deleted
from workbench.storage import trash as trash_module
from workbench.storage.files import read_record
from workbench.storage.project import Project
from workbench.storage.relocate import copy_project
from workbench.storage.trash import DELETED, TRASH, Trash

WORDS = Deleted(kind="runs", words="2 runs", runs=("a", "b"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.create(tmp_path / "p")
    for run_id in ("a", "b"):
        made.add_job(job(run_id))
    return made


def _there(project: Project) -> list[str]:
    return [run.folder.name for run in project.run_folders()]


def test_what_went_comes_back_whole(project: Project) -> None:
    trash = Trash(project)
    entry = trash.put(WORDS, [project.run_folder("a"), project.run_folder("b")])
    assert (_there(project), trash.count(), trash.read(entry)) == ([], 1, WORDS)
    assert trash.size(entry) > 0
    trash.take_back(entry)
    assert (_there(project), trash.count()) == (["a", "b"], 0)


def test_what_the_runs_in_it_do_is_known_until_they_are_back(project: Project) -> None:
    jobs, trash = project.jobs(), Trash(project)
    entry = trash.put(WORDS, [project.run_folder("a"), project.run_folder("b")])
    assert trash.jobs() == jobs
    trash.take_back(entry)
    assert trash.jobs() == []


def test_where_one_folder_cannot_go_none_goes(project: Project) -> None:
    trash = Trash(project)
    with pytest.raises(FileNotFoundError):
        trash.put(WORDS, [project.run_folder("a"), project.run_folder("gone")])
    assert (_there(project), trash.count()) == (["a", "b"], 0)


def _broken(*_: object) -> NoReturn:
    raise OSError(errno.EIO, "the disk is broken")


def test_where_the_disk_fails_after_the_move_all_is_where_it_was(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trash_module, "sync", _broken)
    with pytest.raises(OSError, match="the disk is broken"):
        Trash(project).put(WORDS, [project.run_folder("a"), project.run_folder("b")])
    assert (_there(project), Trash(project).count()) == (["a", "b"], 0)


def test_what_cannot_be_moved_back_stays_in_the_trash_whole(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    move = Path.rename

    def rename_only_away(self: Path, target: Path) -> Path:
        return _broken() if target == project.run_folder("a") else move(self, target)

    trash = Trash(project)
    monkeypatch.setattr(trash_module, "sync", _broken)
    monkeypatch.setattr(Path, "rename", rename_only_away)
    with pytest.raises(OSError, match="the disk is broken"):
        trash.put(WORDS, [project.run_folder("a"), project.run_folder("b")])
    monkeypatch.undo()
    assert _there(project) == ["b"]
    (entry,) = trash.entries()
    trash.take_back(entry)
    assert _there(project) == ["a", "b"]


def test_what_was_moved_before_a_crash_comes_back(project: Project) -> None:
    trash = Trash(project)
    entry = trash.put(WORDS, [project.run_folder("a")])  # the crash came before b
    trash.take_back(entry)
    assert _there(project) == ["a", "b"]


def test_nothing_comes_back_where_a_name_is_taken(project: Project) -> None:
    trash = Trash(project)
    entry = trash.put(WORDS, [project.run_folder("a"), project.run_folder("b")])
    project.add_job(job("b"))
    with pytest.raises(AlreadyExists, match="again something called `b`"):
        trash.take_back(entry)
    assert (_there(project), trash.count()) == (["b"], 1)


def test_what_was_set_aside_is_gone_even_before_it_is_swept(project: Project) -> None:
    trash = Trash(project)
    entry = trash.put(WORDS, [project.run_folder("a")])
    trash.set_aside([entry])
    with pytest.raises(NotFound):
        trash.read(entry)
    trash.sweep()
    assert list((project.state_folder() / "trash").iterdir()) == []


@pytest.mark.parametrize("entry", ["..", ".going-x", "../../runs"])
def test_an_entry_is_a_name_and_no_path(project: Project, entry: str) -> None:
    with pytest.raises(NotFound):
        Trash(project).read(entry)


def test_a_copy_takes_no_trash_along(project: Project, tmp_path: Path) -> None:
    Trash(project).put(WORDS, [project.run_folder("a")])
    assert Trash(copy_project(project, tmp_path / "copy")).count() == 0


def test_what_goes_while_somebody_looks_is_not_counted(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    trash = Trash(project)
    first, second = (trash.put(WORDS, [project.run_folder(run_id)]) for run_id in ("a", "b"))

    def read_later(path: Path, type_: type[Deleted]) -> Deleted:
        if path.parent.name == first:
            shutil.rmtree(path.parent)
        return read_record(path, type_)

    def size_later(path: Path) -> os.stat_result:
        if path.name == "job.json":
            path.unlink(missing_ok=True)
        return os.lstat(path)

    assert trash.size(second) > 0
    with monkeypatch.context() as patch:
        patch.setattr("workbench.storage.trash.read_record", read_later)
        assert list(trash.entries()) == [second]
        patch.setattr(Path, "lstat", size_later)
        assert trash.size(second) == (project.state_folder() / TRASH / second / DELETED).lstat().st_size
    shutil.rmtree(project.state_folder() / TRASH / second)
    assert trash.size(second) == 0
