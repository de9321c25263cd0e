"""Checkpoints of a run: complete ones only, made complete by one rename."""

import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from stat import S_ISREG
from typing import NamedTuple

from workbench.domain.errors import BadInput, NotFound
from workbench.domain.records import CheckpointRecord
from workbench.storage.files import read_record, sync, write_record

CHECKPOINTS = "checkpoints"
RECORD = "checkpoint.json"
RESUME = "resume"  # optimizer, random state and so on: large, so only the newest checkpoint keeps it
_IN_RESUME = f"{RESUME}/"


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
        """What training continues from; None where only the weights were kept, or where a part of it is missing."""
        folder = self.folder / RESUME
        listed = self.record.resume_files  # older checkpoints list none
        return folder if folder.is_dir() and (listed is None or _are_there(folder, listed)) else None


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
    return Checkpoint(folder, record) if _are_there(folder, record.files) else None


def _are_there(folder: Path, sizes: Mapping[str, int]) -> bool:
    return all(_is_inside(name) and _size(folder / name) == size for name, size in sizes.items())


def _size(path: Path) -> int | None:
    """Returns the size of a file; None where there is none, as of a checkpoint that is being replaced or deleted."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_size if S_ISREG(found.st_mode) else None


def _is_inside(name: str) -> bool:
    """Says whether a name stays in its folder: a project may come from somebody else, and its files are copied by name."""
    path = PurePosixPath(name.replace("\\", "/"))
    return not path.is_absolute() and ".." not in path.parts


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
        The checkpoint at `final`. Its record lists the files of `resume/` apart, because they are dropped later.
    """
    paths = sorted(temporary.rglob("*"))
    for path in paths:
        sync(path)
    sizes = {path.relative_to(temporary).as_posix(): path.stat().st_size for path in paths if path.is_file()}
    resume = {name.removeprefix(_IN_RESUME): size for name, size in sizes.items() if name.startswith(_IN_RESUME)}
    kept = {name: size for name, size in sizes.items() if not name.startswith(_IN_RESUME) and name != RECORD}
    record = CheckpointRecord(
        step=step, episodes=episodes, tokens=tokens, seconds=seconds, files=kept, resume_files=resume
    )
    write_record(temporary / RECORD, record)
    _replace_folder(temporary, final)
    return Checkpoint(final, record)


def drop_resume_state(run_folder: Path, keep_step: int) -> None:
    """Removes `resume/` from every checkpoint but that of `keep_step`: by one rename, so that no part of it stays there."""
    for checkpoint in list_checkpoints(run_folder):
        folder = checkpoint.folder / RESUME
        if checkpoint.step != keep_step and folder.is_dir():
            aside = checkpoint.folder.with_name(f".old-{RESUME}-{checkpoint.step}")
            shutil.rmtree(aside, ignore_errors=True)
            folder.rename(aside)
            shutil.rmtree(aside)


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
    sync(final.parent)
