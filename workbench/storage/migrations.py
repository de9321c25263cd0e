"""Older projects are brought to today's format, after a copy of every file that changes.

A migration is frozen: it works on plain JSON values and imports no record, so it reads and writes what its version knew
for ever. Each changes one file's content at a time and looks at that file's own version; the manifest comes last. So a
migration that was interrupted is simply begun again.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.domain.errors import BadInput
from workbench.domain.records import FORMAT_VERSION
from workbench.storage.files import check_version, read_json, write_bytes

MANIFEST = "project.workbench"
BACKUPS = "backups"
Content = dict[str, Any]
_PATTERNS = (
    "datasets/*/dataset.json",
    "runs/*/*.json",
    "comparisons/*.json",
    "tags.json",
    MANIFEST,
)  # the manifest last


def migrate(folder: Path) -> bool:
    """Brings the project to the current format; the caller holds the project's lock.

    Returns:
        Whether anything had to change. The files as they were are in backups/format-N.

    Raises:
        NewerFormat: a newer version of the program wrote the project.
        BadInput: the manifest's version is not a number that was ever written.
    """
    version = version_of(folder / MANIFEST)
    if version == FORMAT_VERSION:
        return False
    _copy_records(folder, folder / BACKUPS / f"format-{version}")
    for path in _records(folder):
        content = read_json(path)
        for step in range(content.get("format_version", 0), FORMAT_VERSION):
            content = MIGRATIONS[step](path.relative_to(folder), content) | {"format_version": step + 1}
        write_bytes(path, json.dumps(content, indent=2).encode() + b"\n")
    return True


def version_of(manifest: Path) -> int:
    """Returns the format that a manifest was written in; files from before the first numbered format count as 0."""
    raw = read_json(manifest)
    check_version(manifest, raw)
    version = raw.get("format_version", 0)
    if not isinstance(version, int) or not 0 <= version <= FORMAT_VERSION:
        raise BadInput(f"{manifest}: `format_version` is {version!r}; expected a whole number.", "Undo the edit.")
    return version


def _records(folder: Path) -> Iterator[Path]:
    for pattern in _PATTERNS:
        yield from sorted(folder.glob(pattern))


def _copy_records(folder: Path, backup: Path) -> None:
    if (backup / MANIFEST).exists():
        return  # of a migration that was interrupted: what stands there is the original
    for path in _records(folder):
        target = backup / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)


def _from_0(path: Path, content: Content) -> Content:
    """Gives the first trial versions' files today's names.

    The manifest held `datasets` as an object from name to splits; a job called its recipe `settings` and its arm's or
    stage's name `label`; an outcome called its state `status`.
    """
    if path.name == MANIFEST and isinstance(content.get("datasets"), dict):
        splits = content["datasets"]
        return content | {"datasets": list(splits), "splits": {name: value for name, value in splits.items() if value}}
    names = {"job.json": {"settings": "recipe", "label": "name"}, "outcome.json": {"status": "state"}}
    return _renamed(content, names.get(path.name, {}))


def _renamed(content: Content, names: Mapping[str, str]) -> Content:
    return {names.get(key, key): value for key, value in content.items()}


MIGRATIONS: tuple[Callable[[Path, Content], Content], ...] = (_from_0,)  # the one at i makes format i + 1 of format i
