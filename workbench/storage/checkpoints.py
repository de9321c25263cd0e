"""Checkpoints of a run: complete ones only, made complete by one rename."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from workbench.domain.errors import BadInput, NotFound
from workbench.domain.records import CheckpointRecord
from workbench.storage.files import read_record, sync_folder, write_record

CHECKPOINTS = "checkpoints"
RECORD = "checkpoint.json"
RESUME = "resume"  # optimizer, random state and so on: large, so only the newest checkpoint keeps it


class Checkpoint(NamedTuple):
    """A complete checkpoint: a model folder and what is known of it."""

    folder: Path
    record: CheckpointRecord

    @property
    def step(self) -> int:
        """Training steps done."""
        return self.record.step

    @property
    def resume_folder(self) -> Path | None:
        """What training continues from; None where only the weights were kept."""
        folder = self.folder / RESUME
        return folder if folder.is_dir() else None


def checkpoint_folder(run_folder: Path, step: int) -> Path:
    """Returns where the checkpoint of a step belongs."""
    return run_folder / CHECKPOINTS / f"checkpoint-{step}"


def list_checkpoints(run_folder: Path) -> list[Checkpoint]:
    """Returns the run's complete checkpoints, newest last; what a crash left half-written is passed over."""
    found = [_read(folder) for folder in (run_folder / CHECKPOINTS).glob("checkpoint-*")]
    return sorted((item for item in found if item is not None), key=lambda item: item.record.step)


def _read(folder: Path) -> Checkpoint | None:
    try:
        record = read_record(folder / RECORD, CheckpointRecord)
    except (NotFound, BadInput, NotADirectoryError):
        return None
    for name, size in record.files.items():
        file = folder / name
        if not file.is_file() or file.stat().st_size != size:
            return None
    return Checkpoint(folder, record)


def commit_checkpoint(
    temporary: Path, final: Path, step: int, episodes: int | None, tokens: int | None, seconds: float
) -> Checkpoint:
    """Turns a written folder into a checkpoint: everything on disk first, then its record, then one rename.

    Args:
        temporary: the folder as written, beside `final`.
        final: `checkpoint_folder(run, step)`; one that is there already (of steps done again) is replaced.
        step, episodes, tokens: how far training is.
        seconds: training time so far.

    Returns:
        The checkpoint at `final`. Its record lists all files but those in `resume/`, which is dropped later.
    """
    files = sorted(path for path in temporary.rglob("*") if path.is_file())
    for path in files:
        _sync_file(path)
    sizes = {path.relative_to(temporary).as_posix(): path.stat().st_size for path in files}
    kept = {name: size for name, size in sizes.items() if not name.startswith(f"{RESUME}/") and name != RECORD}
    record = CheckpointRecord(step=step, episodes=episodes, tokens=tokens, seconds=seconds, files=kept)
    write_record(temporary / RECORD, record)
    _replace_folder(temporary, final)
    return Checkpoint(final, record)


def drop_resume_state(run_folder: Path, keep_step: int) -> None:
    """Removes `resume/` from every checkpoint but that of `keep_step`."""
    for checkpoint in list_checkpoints(run_folder):
        if checkpoint.record.step != keep_step and checkpoint.resume_folder is not None:
            shutil.rmtree(checkpoint.resume_folder)


def clear_unfinished(run_folder: Path) -> None:
    """Removes what a crash left of checkpoints that were never completed."""
    for folder in (run_folder / CHECKPOINTS).glob(".*"):
        shutil.rmtree(folder, ignore_errors=True)


def _replace_folder(temporary: Path, final: Path) -> None:
    if final.exists():
        aside = final.with_name(f".old-{final.name}")
        shutil.rmtree(aside, ignore_errors=True)
        final.rename(aside)
        temporary.rename(final)
        shutil.rmtree(aside)
    else:
        temporary.rename(final)
    sync_folder(final.parent)


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
