"""Replies of judges behind an endpoint, kept for all projects of a person so that nothing is asked and paid for twice.

One append-only file for each address, model and wording. It holds no prompts and no responses, only hashes of them.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from workbench.storage.files import append_line

FOLDER_VARIABLE = "WORKBENCH_ANSWERS"  # another folder, as for a test


class AnswerFile:
    """Rows of plain values by key; several processes may append to it.

    Args:
        name: of what was asked, as a hash.
    """

    def __init__(self, name: str) -> None:
        folder = os.environ.get(FOLDER_VARIABLE) or platformdirs.user_data_path("preference-workbench") / "answers"
        self.path = Path(folder) / f"{name}.jsonl"
        self._known = _read(self.path)

    def get(self, key: str) -> Mapping[str, object] | None:
        """Returns what is kept under a key."""
        return self._known.get(key)

    def put(self, key: str, values: Mapping[str, object]) -> None:
        """Keeps values under a key, on disk before it returns."""
        self._known[key] = dict(values)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        append_line(self.path, json.dumps({"key": key, **values}).encode() + b"\n")


def _read(path: Path) -> dict[str, dict[str, object]]:
    known: dict[str, dict[str, object]] = {}
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return known
    for line in lines:
        try:
            row = json.loads(line)
            known[row.pop("key")] = row
        except (ValueError, LookupError, TypeError, AttributeError):  # empty, or torn by a crash
            continue
    return known
