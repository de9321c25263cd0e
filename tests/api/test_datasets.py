"""Imports into a project."""

import json
from pathlib import Path

import pytest

from workbench.api.datasets import import_dataset
from workbench.domain.errors import AlreadyExists
from workbench.storage.project import Project


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.jsonl"
    rows = [{"prompt": f"p{i % 5}", "chosen": f"yes {i}", "rejected": f"no {i}"} for i in range(20)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_an_import_is_named_in_the_manifest_with_its_splits_frozen(project: Project, pairs: Path) -> None:
    result = import_dataset(project, pairs, "mine")
    manifest = project.manifest()
    assert manifest.datasets == ("mine",)
    assert manifest.splits["mine"] == result.splits == project.dataset("mine").splits


def test_a_name_that_is_taken_is_refused_and_the_first_import_stays(project: Project, pairs: Path) -> None:
    import_dataset(project, pairs, "mine")
    with pytest.raises(AlreadyExists, match="already has a dataset named 'mine'"):
        import_dataset(project, pairs, "mine")
    assert project.dataset("mine").n_rows == 20
