"""Imports that a crash cut short, and imports that meet."""

from pathlib import Path

import pytest

from workbench.api.datasets import import_dataset
from workbench.domain.errors import AlreadyExists, Busy
from workbench.storage.project import Project

ROW = '{"prompt": "p%d", "chosen": "a", "rejected": "b"}\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "project")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(ROW % i for i in range(20)))
    return path


def test_a_name_is_free_again_after_an_import_that_was_cut_short(project: Project, source: Path) -> None:
    import_dataset(project, source, "x")
    with project.edit() as edit:  # as it is where the computer died between the folder and the manifest
        edit.change(datasets=(), splits={})
    assert import_dataset(project, source, "x").pairs == 20
    assert project.manifest().datasets == ("x",)


def test_a_folder_that_no_import_made_is_never_removed(project: Project, source: Path) -> None:
    folder = project.dataset_folder("x")
    folder.mkdir(parents=True)
    kept = source.rename(folder / "rows.jsonl")
    with pytest.raises(AlreadyExists):
        import_dataset(project, kept, "x")
    assert kept.exists()


def test_two_imports_under_one_name_do_not_meet(project: Project, source: Path) -> None:
    refused: list[str] = []

    def import_meanwhile(_done: int, _total: int | None) -> None:
        if not refused:
            with pytest.raises(Busy) as raised:
                import_dataset(project, source, "x")
            refused.append(raised.value.sentence)

    assert import_dataset(project, source, "x", progress=import_meanwhile).pairs == 20
    assert refused == ["Something else is changing the dataset 'x'."]
