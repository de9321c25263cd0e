"""Writing small files and importing them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.data.importing import import_file
from workbench.data.store import read_rows
from workbench.domain.pairs import Row
from workbench.domain.records import DatasetRecord

Imported = Callable[..., tuple[DatasetRecord, list[Row]]]


@pytest.fixture
def imported(tmp_path: Path) -> Imported:
    """A function that writes records (or raw bytes) to a file, imports it and returns the record and the stored rows."""

    def go(
        content: list[dict[str, Any]] | bytes, name: str = "rows.jsonl", **options: Any
    ) -> tuple[DatasetRecord, list[Row]]:
        source = tmp_path / name
        if isinstance(content, bytes):
            source.write_bytes(content)
        else:
            source.write_text("".join(json.dumps(record) + "\n" for record in content), encoding="utf-8")
        folder = tmp_path / "datasets" / f"{name}-imported"
        record, _, _ = import_file(source, folder, "rows", **options)
        return record, list(read_rows(folder))

    return go
