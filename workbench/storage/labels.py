"""comparisons/labels.jsonl: what people said about answers, append-only. A label that is taken back is marked, not erased."""

from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from workbench.domain.labels import BlindLabel, LabelLine, Withdrawal, label_codec
from workbench.storage.files import append_line
from workbench.storage.project import Project


def labels_file(project: Project) -> Path:
    """Returns where the labels of a project are kept; there is no file before the first."""
    return project.folder / "comparisons" / "labels.jsonl"


def add_label(project: Project, line: LabelLine) -> None:
    """Appends a label, or takes one back.

    Raises:
        DiskFull: there is no room for the line.
    """
    path = labels_file(project)
    path.parent.mkdir(exist_ok=True)
    append_line(path, label_codec.dump_json(line) + b"\n")


def read_labels(project: Project) -> tuple[BlindLabel, ...]:
    """Returns the labels that stand, oldest first."""
    path = labels_file(project)
    try:
        seen = path.stat()
    except FileNotFoundError:
        return ()
    return _read(path, seen.st_size, seen.st_mtime_ns)


@lru_cache(maxsize=16)
def _read(path: Path, _size: int, _changed_ns: int) -> tuple[BlindLabel, ...]:
    labels: dict[str, BlindLabel] = {}
    for line in path.read_bytes().splitlines():
        try:
            said = label_codec.validate_json(line)
        except ValidationError:
            continue  # torn by a crash, or written by a newer version: the other lines still count
        if isinstance(said, Withdrawal):
            labels.pop(said.label, None)
        else:
            labels[said.id] = said
    return tuple(labels.values())
