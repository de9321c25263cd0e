import errno
import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from tests.storage.records import job
from workbench.domain.errors import AlreadyExists, BadInput, Busy, DiskFull
from workbench.domain.records import Outcome, ProcessMark
from workbench.storage.checkpoints import checkpoint_folder, commit_checkpoint, list_checkpoints
from workbench.storage.liveness import lock_for_worker
from workbench.storage.project import Project
from workbench.storage.relocate import WeightsKept, copy_project, move_project, rename_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.create(tmp_path / "one")
    project.add_job(job("dpo-s0-1"))
    project.run("dpo-s0-1").write_outcome(Outcome(state="finished", step=5))
    return project


def test_a_copy_has_everything_but_the_running_state(project: Project, tmp_path: Path) -> None:
    run = project.run("dpo-s0-1")
    run.write_process(ProcessMark(pid=1, started=0.0, device="cpu", host="h"))
    run.request_stop()
    (run.folder / "checkpoints" / ".tmp-3").mkdir(parents=True)
    (project.state_folder() / "queue.json").write_text("{}")
    copy = copy_project(project, tmp_path / "deep" / "two", "Two")
    assert copy.name == "Two"
    assert project.name == "one"
    copied = copy.run("dpo-s0-1")
    assert copied.outcome() == run.outcome()
    assert copied.process() is None
    assert copied.stop_requested() is None
    assert list((copied.folder / "checkpoints").iterdir()) == []
    assert not (copy.state_folder() / "queue.json").exists()


def test_a_dataset_may_be_called_like_a_request_and_is_copied(project: Project, tmp_path: Path) -> None:
    for name in ("stop", "pause", ".workbench", "process.json", "x.tmp"):
        (project.folder / "datasets" / name).mkdir(parents=True)
    inner = project.run("dpo-s0-1").folder / "samples" / "stop"
    inner.mkdir(parents=True)
    copy = copy_project(project, tmp_path / "two")
    names = {path.name for path in (copy.folder / "datasets").iterdir()}
    assert names == {"stop", "pause", ".workbench", "process.json", "x.tmp"}
    assert (copy.run("dpo-s0-1").folder / "samples" / "stop").exists()


def test_what_a_run_is_writing_is_not_copied(project: Project, tmp_path: Path) -> None:
    folder = project.run("dpo-s0-1").folder
    for name in (".checkpoint-5-123", ".resume", "checkpoint-4"):
        (folder / "checkpoints" / name).mkdir(parents=True)
    (folder / "put-back").touch()
    copied = copy_project(project, tmp_path / "two").run("dpo-s0-1")
    assert [path.name for path in (copied.folder / "checkpoints").iterdir()] == ["checkpoint-4"]
    assert not copied.was_put_back()


def test_a_project_moves_with_its_queue(project: Project, tmp_path: Path) -> None:
    (project.state_folder() / "queue.json").write_text("{}")
    moved = move_project(project, tmp_path / "deep" / "two")
    assert not project.folder.exists()
    assert [item.id for item in moved.jobs()] == ["dpo-s0-1"]
    assert (moved.state_folder() / "queue.json").exists()


def test_a_project_is_not_moved_under_a_working_run(project: Project, tmp_path: Path) -> None:
    lock = lock_for_worker(project.run("dpo-s0-1"), "cpu")
    assert lock is not None
    with os.fdopen(lock), pytest.raises(Busy, match="while runs go on: dpo-s0-1"):
        move_project(project, tmp_path / "two")
    assert project.folder.exists()


def test_a_project_is_not_moved_under_its_runner(project: Project, tmp_path: Path) -> None:
    with FileLock(project.state_folder() / "runner.lock"), pytest.raises(Busy, match="while its runner works"):
        move_project(project, tmp_path / "two")
    assert project.folder.exists()


def test_a_place_that_is_taken_or_inside_is_refused(project: Project, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    for relocate in (copy_project, move_project):
        with pytest.raises(AlreadyExists):
            relocate(project, tmp_path / "taken")
        with pytest.raises(BadInput, match="inside the project itself"):
            relocate(project, project.folder / "inner")


def test_a_project_is_renamed_but_never_to_nothing(project: Project) -> None:
    assert rename_project(project, " Stories ").name == "Stories"
    with pytest.raises(BadInput, match="empty name"):
        rename_project(project, " ")


def _checkpoint(project: Project, step: int) -> None:
    final = checkpoint_folder(project.run("dpo-s0-1").folder, step)
    temporary = final.with_name(f".writing-{step}")
    (temporary / "resume").mkdir(parents=True)
    (temporary / "model.safetensors").write_bytes(b"weights")
    (temporary / "resume" / "optimizer.safetensors").write_bytes(b"state")
    commit_checkpoint(temporary, final, step, None, None, 1.0)


@pytest.mark.parametrize(("weights", "steps"), [("all", [3, 5]), ("last", [5]), ("none", [])])
def test_a_copy_to_send_leaves_weights_behind(
    project: Project, tmp_path: Path, weights: WeightsKept, steps: list[int]
) -> None:
    _checkpoint(project, 3)
    _checkpoint(project, 5)
    copied = copy_project(project, tmp_path / "two", weights=weights).run("dpo-s0-1")
    kept = list_checkpoints(copied.folder)
    assert [checkpoint.step for checkpoint in kept] == steps
    assert [checkpoint.resume_folder is not None for checkpoint in kept] == [weights == "all"] * len(steps)
    assert copied.outcome() == project.run("dpo-s0-1").outcome()


def test_a_retried_run_leaves_the_weights_that_it_had_before_behind_too(project: Project, tmp_path: Path) -> None:
    _checkpoint(project, 3)
    project.run("dpo-s0-1").set_work_aside()
    copied = copy_project(project, tmp_path / "two", weights="none")
    assert list(copied.folder.rglob("*.safetensors")) == []
    whole = copy_project(project, tmp_path / "three")
    assert len(list(whole.folder.rglob("model.safetensors"))) == 1


def test_replays_and_scorings_that_go_on_stay_behind(project: Project, tmp_path: Path) -> None:
    for name in (".replay-dpo-s0-1", ".score-0a1b2c3d"):
        (project.folder / "runs" / name / "checkpoints").mkdir(parents=True)
    copied = copy_project(project, tmp_path / "two")
    assert [path.name for path in (copied.folder / "runs").iterdir()] == ["dpo-s0-1"]


@pytest.fixture
def other_disk(monkeypatch: pytest.MonkeyPatch, project: Project) -> None:
    """Wherever the project is moved to, it is another disk."""
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self == project.folder:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is room for one file more."""
    copy, copied = shutil.copy2, []

    def refuse(source: str, target: str) -> object:
        if copied:
            raise OSError(errno.ENOSPC, "No space left on device")
        copied.append(target)
        return copy(source, target)

    monkeypatch.setattr(shutil, "copy2", refuse)


@pytest.mark.usefixtures("other_disk")
def test_a_project_moves_to_another_disk_whole(project: Project, tmp_path: Path) -> None:
    _checkpoint(project, 3)
    (project.state_folder() / "queue.json").write_text("{}")
    moved = move_project(project, tmp_path / "two")
    assert [checkpoint.step for checkpoint in moved.run("dpo-s0-1").checkpoints()] == [3]
    assert (moved.state_folder() / "queue.json").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["two"]


@pytest.mark.usefixtures("other_disk", "full_disk")
@pytest.mark.parametrize("relocate", [copy_project, move_project])
def test_on_a_full_disk_the_project_stays_where_it_is_and_nothing_is_half_there(
    project: Project, tmp_path: Path, relocate
) -> None:
    with pytest.raises(DiskFull):
        relocate(project, tmp_path / "two")
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    assert [job.id for job in project.jobs()] == ["dpo-s0-1"]
