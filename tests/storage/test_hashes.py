import hashlib
import os
import shutil
from pathlib import Path

import pytest

from workbench.storage.hashes import Hasher, hash_values
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "project")


def test_values_hash_the_same_in_any_order() -> None:
    assert hash_values({"a": 1, "b": [2]}) == hash_values({"b": [2], "a": 1})
    assert hash_values({"a": 1}) != hash_values({"a": 1.5})


def test_a_file_is_hashed_by_its_content(project: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    assert Hasher(project).file(tmp_path / "file") == hashlib.sha256(b"abc").hexdigest()


def test_a_file_that_did_not_change_is_not_read_again(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    os.utime(file, (1, 1))
    first = Hasher(project)
    before = first.file(file)
    first.save()
    file.write_bytes(b"xyz")  # same place, size and time: what only a cache can mistake
    os.utime(file, (1, 1))
    assert Hasher(project).file(file) == before
    os.utime(file, (2, 2))
    assert Hasher(project).file(file) == hashlib.sha256(b"xyz").hexdigest()


def test_two_processes_keep_what_both_computed(project: Project, tmp_path: Path) -> None:
    hashers = [Hasher(project), Hasher(project)]
    for i, hasher in enumerate(hashers):
        (tmp_path / f"{i}").write_text(str(i))
        hasher.file(tmp_path / f"{i}")
    for hasher in hashers:
        hasher.save()
    cache = (project.state_folder() / "hashes.json").read_text()
    assert all(hashlib.sha256(str(i).encode()).hexdigest() in cache for i in range(2))


def test_a_model_is_its_files_and_not_its_readme_or_its_name(project: Project, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
        (tmp_path / name / "model.safetensors").write_text("weights")
        (tmp_path / name / "README").write_text(name)
        (tmp_path / name / "checkpoint.json").write_text(name)
    hasher = Hasher(project)
    assert hasher.model_folder(tmp_path / "a") == hasher.model_folder(tmp_path / "b")
    (tmp_path / "b" / "tokenizer.json").write_text("{}")
    assert hasher.model_folder(tmp_path / "a") != hasher.model_folder(tmp_path / "b")


def test_keeping_hashes_leaves_a_project_that_stands_elsewhere_as_it_is(project: Project, tmp_path: Path) -> None:
    copied = Project(tmp_path / "copied")
    shutil.copytree(project.folder, copied.folder)
    run = RunFolder(copied.folder / "runs" / "r")
    run.folder.mkdir(parents=True)
    run.request_stop()
    (tmp_path / "file").write_bytes(b"abc")
    hasher = Hasher(copied)
    hasher.file(tmp_path / "file")
    hasher.save()
    assert (copied.folder / ".workbench" / "hashes.json").exists()
    assert run.stop_requested() == "stop"  # which settling the project would take back
