"""What names the content that a run reads and computes, so that nothing is trained twice and no change goes unseen."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field

from workbench.domain.errors import ModelRefused
from workbench.domain.records import Record
from workbench.storage.files import read_record, write_record
from workbench.storage.locks import short_lock
from workbench.storage.project import Project

CACHE = "hashes.json"
_MODEL_SUFFIXES = {".json", ".safetensors", ".model", ".txt", ".jinja", ".py", ".bin", ".pt"}
_NOT_OF_THE_MODEL = {"checkpoint.json", "trainer_state.json"}  # when it was trained, not what it is


def hash_values(values: Mapping[str, Any]) -> str:
    """Returns the SHA-256 of JSON values, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class HashCache(Record):
    """.workbench/hashes.json: SHA-256 by device, inode, size and time of change, so that gigabytes are read once."""

    files: dict[str, str] = Field({}, description="From the file's identity to its SHA-256.")


@dataclass
class Hasher:
    """Hashes files, and remembers those that did not change since.

    Attributes:
        project: whose cache is used.
    """

    project: Project
    _new: dict[str, str] = field(default_factory=dict)
    _known: dict[str, str] | None = None

    def file(self, path: Path) -> str:
        """Returns the SHA-256 of a file's content."""
        status = path.stat()
        key = f"{status.st_dev}-{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"
        if key not in self._cache():
            with path.open("rb") as file:
                self._new[key] = hashlib.file_digest(file, "sha256").hexdigest()
            self._cache()[key] = self._new[key]
        return self._cache()[key]

    def model_folder(self, folder: Path) -> str:
        """Returns the hash of a model folder's configuration, tokenizer and weights, by name and content.

        Raises:
            ModelRefused: the folder holds no configuration, so it is no model.
        """
        files = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in _MODEL_SUFFIXES)
        names = {path.name: self.file(path) for path in files if path.name not in _NOT_OF_THE_MODEL}
        if not {"config.json", "adapter_config.json"} & set(names):
            raise ModelRefused(
                f"The model folder {folder} has no config.json.", "Give a model folder as `save_pretrained` writes it."
            )
        return hash_values(names)

    def save(self) -> None:
        """Keeps what was computed, beside what other processes kept meanwhile."""
        if not self._new:
            return
        path = self._path()
        path.parent.mkdir(exist_ok=True)
        with short_lock(path.with_suffix(".lock"), "the hashes of files"):
            before = read_record(path, HashCache).files if path.exists() else {}
            write_record(path, HashCache(files=before | self._new))
        self._new = {}

    def _cache(self) -> dict[str, str]:
        if self._known is None:
            path = self._path()
            self._known = dict(read_record(path, HashCache).files) if path.exists() else {}
        return self._known

    def _path(self) -> Path:
        # Not by `state_folder`, which settles a project in its place, queue and requests with it: workers hash too.
        return self.project.cache_folder(CACHE)
