import os
from pathlib import Path

import pytest

from workbench.storage.checkpoints import (
    RECORD,
    Checkpoint,
    checkpoint_folder,
    clear_unfinished,
    commit_checkpoint,
    drop_resume_state,
    list_checkpoints,
)
from workbench.storage.files import write_record


def save(run: Path, step: int, weights: str = "weights") -> Checkpoint:
    temporary = run / "checkpoints" / f".tmp-{step}"
    (temporary / "resume").mkdir(parents=True)
    (temporary / "model.safetensors").write_text(weights)
    (temporary / "resume" / "optimizer.pt").write_text("moments")
    return commit_checkpoint(temporary, checkpoint_folder(run, step), step, 2 * step, None, 1.5)


def test_checkpoints_are_listed_by_step_and_not_by_name(tmp_path: Path) -> None:
    for step in (10, 9, 100):
        save(tmp_path, step)
    assert [item.step for item in list_checkpoints(tmp_path)] == [9, 10, 100]
    assert list_checkpoints(tmp_path)[0].record.episodes == 18


def test_the_record_lists_what_stays_and_not_the_resume_state(tmp_path: Path) -> None:
    assert save(tmp_path, 1).record.files == {"model.safetensors": 7}


def test_only_the_newest_keeps_what_training_continues_from(tmp_path: Path) -> None:
    save(tmp_path, 1)
    save(tmp_path, 2)
    drop_resume_state(tmp_path, keep_step=2)
    first, second = list_checkpoints(tmp_path)
    assert first.resume_folder is None
    assert second.resume_folder == second.folder / "resume"
    assert [path.name for path in (tmp_path / "checkpoints").glob(".*")] == []


@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_part_of_what_training_continues_from_is_not_taken_for_all(tmp_path: Path, damage: str) -> None:
    optimizer = save(tmp_path, 1).folder / "resume" / "optimizer.pt"
    if damage == "gone":
        optimizer.unlink()
    else:
        os.truncate(optimizer, 3)
    (checkpoint,) = list_checkpoints(tmp_path)  # its weights are whole
    assert checkpoint.resume_folder is None


def test_an_older_checkpoint_that_lists_no_resume_files_is_gone_on_from(tmp_path: Path) -> None:
    checkpoint = save(tmp_path, 1)
    write_record(checkpoint.folder / "checkpoint.json", checkpoint.record.model_copy(update={"resume_files": None}))
    (older,) = list_checkpoints(tmp_path)
    assert older.resume_folder == older.folder / "resume"


@pytest.mark.parametrize("damage", ["record", "weights", "cut"])
def test_an_incomplete_folder_is_no_checkpoint(tmp_path: Path, damage: str) -> None:
    folder = save(tmp_path, 1).folder
    weights = folder / "model.safetensors"
    if damage == "record":
        (folder / "checkpoint.json").unlink()
    elif damage == "weights":
        weights.unlink()
    else:
        os.truncate(weights, 3)
    assert list_checkpoints(tmp_path) == []


def test_a_step_that_is_done_again_replaces_its_checkpoint(tmp_path: Path) -> None:
    save(tmp_path, 1, "old")
    save(tmp_path, 1, "new!")
    (only,) = list_checkpoints(tmp_path)
    assert (only.folder / "model.safetensors").read_text() == "new!"
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["checkpoint-1"]


def test_what_a_crash_left_half_written_is_not_listed_and_can_be_cleared(tmp_path: Path) -> None:
    save(tmp_path, 1)
    (tmp_path / "checkpoints" / ".tmp-2").mkdir()
    assert [item.step for item in list_checkpoints(tmp_path)] == [1]
    clear_unfinished(tmp_path)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["checkpoint-1"]


@pytest.mark.parametrize("is_absolute", [False, True])
def test_a_record_that_names_files_outside_its_folder_is_no_checkpoint(tmp_path: Path, *, is_absolute: bool) -> None:
    made = save(tmp_path, 10)
    outside = made.folder.parent / "outside.txt"
    outside.write_text("not its own")
    files = dict(made.record.files) | {str(outside) if is_absolute else "../outside.txt": outside.stat().st_size}
    write_record(made.folder / RECORD, made.record.model_copy(update={"files": files}))
    assert list_checkpoints(tmp_path) == []


def test_a_checkpoint_whose_files_go_while_it_is_looked_at_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, 1).folder.joinpath("model.safetensors").unlink()
    monkeypatch.setattr(Path, "is_file", lambda _path: True)  # they were there, a moment ago
    assert list_checkpoints(tmp_path) == []
