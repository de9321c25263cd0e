import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.storage.records import dataset, job, splits
from workbench.data.growing import add_rows, make_dataset
from workbench.domain.errors import AlreadyExists, BadInput, NewerFormat, NotFound
from workbench.domain.pairs import DatasetKind, Row, plain
from workbench.domain.records import ProcessMark
from workbench.storage.files import write_record
from workbench.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "my project")


def add_dataset(project: Project, name: str) -> None:
    project.dataset_folder(name).mkdir(parents=True)
    write_record(project.dataset_folder(name) / "dataset.json", dataset(name))
    with project.edit() as edit:
        edit.add_dataset(name, splits())


def test_a_project_is_named_after_its_folder_unless_it_is_given_a_name(tmp_path: Path) -> None:
    assert Project.create(tmp_path / "a").name == "a"
    assert Project.create(tmp_path / "b", "Stories").name == "Stories"


def test_a_project_opens_by_its_folder_or_by_its_manifest(project: Project) -> None:
    assert Project.open(project.folder) == project
    assert Project.open(project.folder / "project.workbench") == project


def test_what_is_no_project_does_not_open(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no project in .*Create one with `workbench new"):
        Project.open(tmp_path)


def test_a_second_project_is_not_made_over_the_first(project: Project, tmp_path: Path) -> None:
    with pytest.raises(AlreadyExists, match="There is a project"):
        Project.create(project.folder)
    (tmp_path / "file").touch()
    with pytest.raises(AlreadyExists, match="is a file"):
        Project.create(tmp_path / "file")


def test_a_project_of_a_newer_version_is_refused_and_left_alone(project: Project) -> None:
    manifest = project.folder / "project.workbench"
    manifest.write_text('{"format_version": 2, "name": "p"}')
    with pytest.raises(NewerFormat, match="Update Preference Workbench"):
        Project.open(project.folder)
    assert manifest.read_text() == '{"format_version": 2, "name": "p"}'


def test_an_edit_that_fails_changes_nothing(project: Project) -> None:
    with pytest.raises(ValueError, match="datasets"), project.edit() as edit:  # noqa: PT012  (the edit is what fails)
        edit.change(judges=("vader",))
        edit.change(datasets=5)
    assert project.manifest().judges == ()


def test_processes_that_edit_at_once_lose_no_change(project: Project) -> None:
    script = """
import sys
from pathlib import Path
from workbench.storage.project import Project
project = Project.open(Path(sys.argv[1]))
for i in range(10):
    with project.edit() as edit:
        edit.change(judges=(*edit.manifest.judges, f"{sys.argv[2]}-{i}"))
"""
    processes = [subprocess.Popen([sys.executable, "-c", script, project.folder, name]) for name in "abc"]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    judges = project.manifest().judges
    assert sorted(judges) == sorted(f"{name}-{i}" for name in "abc" for i in range(10))


def test_threads_that_edit_at_once_lose_no_change(project: Project) -> None:
    def edit(i: int) -> None:
        with project.edit() as edit:
            edit.change(models=(*edit.manifest.models, f"m{i}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(edit, range(20)))
    assert len(project.manifest().models) == 20


def test_datasets_are_listed_in_the_order_in_which_they_came(project: Project) -> None:
    add_dataset(project, "stories")
    add_dataset(project, "chats")
    assert [record.name for record in project.datasets()] == ["stories", "chats"]
    assert project.manifest().splits["chats"] == splits()


def test_a_misspelt_name_is_answered_with_the_nearest(project: Project) -> None:
    with pytest.raises(NotFound, match="It has no datasets yet"):
        project.dataset("storys")
    add_dataset(project, "stories")
    with pytest.raises(NotFound, match="Did you mean `stories`"):
        project.dataset("storys")
    project.add_job(job("dpo-s0-1"))
    with pytest.raises(NotFound, match="Did you mean `dpo-s0-1`"):
        project.job("dpo-s0-2")


@pytest.mark.parametrize("name", ["../out", "a/b", "", ".hidden", "ends.", "x" * 81, "new\nline"])
def test_a_name_that_could_leave_the_folder_is_refused(project: Project, name: str) -> None:
    with pytest.raises(BadInput, match="cannot be called"):
        project.dataset_folder(name)
    with pytest.raises(BadInput, match="cannot be called"):
        project.run_folder(name)


def test_a_run_is_added_once(project: Project) -> None:
    assert project.add_job(job("dpo-s0-1"))
    assert not project.add_job(job("dpo-s0-1"))
    assert project.job("dpo-s0-1").recipe == job("dpo-s0-1").recipe
    assert [path.name for path in (project.folder / "runs").iterdir()] == ["dpo-s0-1"]


def test_an_id_that_means_something_else_is_refused(project: Project) -> None:
    project.add_job(job("dpo-s0-1"))
    with pytest.raises(AlreadyExists, match="computes something else"):
        project.add_job(job("dpo-s0-1").model_copy(update={"content_hash": "other"}))


def test_runs_are_listed_oldest_first(project: Project) -> None:
    for run_id, created in (("b", 1.0), ("a", 2.0), ("c", 0.0)):
        project.add_job(job(run_id).model_copy(update={"created": created}))
    assert [item.id for item in project.jobs()] == ["c", "b", "a"]


def test_nothing_in_the_project_holds_its_path(project: Project) -> None:
    add_dataset(project, "stories")
    project.add_job(job("dpo-s0-1"))
    files = [path for path in project.folder.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if str(project.folder.parent).encode() in path.read_bytes()] == []


def test_a_renamed_folder_keeps_its_queue_and_a_copy_does_not(project: Project, tmp_path: Path) -> None:
    (project.state_folder() / "queue.json").write_text("{}")
    project.add_job(job("dpo-s0-1"))
    project.run("dpo-s0-1").write_process(ProcessMark(pid=1, started=0.0, device="cpu", host="h"))
    shutil.copytree(project.folder, tmp_path / "copy")
    renamed = project.folder.rename(tmp_path / "renamed")
    assert (Project.open(renamed).state_folder() / "queue.json").exists()
    copy = Project.open(tmp_path / "copy")
    assert not (copy.state_folder() / "queue.json").exists()
    assert copy.run("dpo-s0-1").process() is None


def test_a_project_that_says_not_where_it_belongs_brings_no_queue(project: Project, tmp_path: Path) -> None:
    (project.state_folder() / "queue.json").write_text("{}")
    project.add_job(job("dpo-s0-1"))
    project.run("dpo-s0-1").write_process(ProcessMark(pid=1, started=0.0, device="cpu", host="h"))
    (project.folder / ".workbench" / "folder-id").unlink()
    assert not (project.state_folder() / "queue.json").exists()
    assert project.run("dpo-s0-1").process() is None


def test_git_leaves_the_state_of_this_computer_out(project: Project) -> None:
    subprocess.run(["git", "init", "-q", project.folder], check=True)
    status = ["git", "-C", project.folder, "status", "--porcelain", "-uall"]
    listed = subprocess.run(status, capture_output=True, text=True, check=True).stdout
    assert listed == "?? project.workbench\n"


def test_a_dataset_that_grew_is_known_as_it_was_under_the_hash_of_its_content(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p")
    folder = project.dataset_folder("pairs")
    before = make_dataset(folder, "pairs", DatasetKind.PROMPTS, [Row(plain("one"))], "a test")
    after = add_rows(folder, before, [Row(plain("two"))])
    assert project.dataset("pairs") == after
    assert project.dataset("pairs", before.content_sha256) == before
    assert project.dataset("pairs", after.content_sha256) == after
