import json
from pathlib import Path
from typing import Any

import pytest

from workbench.domain.errors import BadInput
from workbench.domain.records import FORMAT_VERSION
from workbench.storage.migrations import MIGRATIONS, migrate
from workbench.storage.project import Project

OLD_SPLITS = {"seed": 0, "fractions": {"train": 1.0}, "counts": {"train": 4}, "checksum": "c"}


def put(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A project as the trial versions wrote it, before formats had numbers."""
    put(tmp_path / "project.workbench", {"name": "old", "created": 5.0, "datasets": {"stories": OLD_SPLITS, "x": None}})
    run = tmp_path / "runs" / "dpo-s0-1"
    job = {"id": "dpo-s0-1", "label": "dpo", "method": "dpo", "settings": {"beta": 0.5}, "inputs": {"model": "org/m"}}
    put(run / "job.json", job)
    put(run / "outcome.json", {"status": "finished", "step": 9})
    return tmp_path


def test_a_project_of_the_first_format_opens_with_all_it_holds(old: Path) -> None:
    project = Project.open(old)
    manifest = project.manifest()
    assert (manifest.format_version, manifest.name, manifest.datasets) == (1, "old", ("stories", "x"))
    assert manifest.splits["stories"].counts == {"train": 4}
    job = project.job("dpo-s0-1")
    assert (job.name, job.recipe.model_dump()["beta"]) == ("dpo", 0.5)
    outcome = project.run("dpo-s0-1").outcome()
    assert outcome is not None
    assert (outcome.state, outcome.step) == ("finished", 9)


def test_the_files_as_they_were_are_kept(old: Path) -> None:
    names = ["project.workbench", "runs/dpo-s0-1/job.json", "runs/dpo-s0-1/outcome.json"]
    before = {name: (old / name).read_bytes() for name in names}
    Project.open(old)
    assert {name: (old / "backups" / "format-0" / name).read_bytes() for name in names} == before


def test_a_migration_that_was_interrupted_is_finished_and_keeps_the_first_copy(old: Path) -> None:
    manifest = (old / "project.workbench").read_bytes()
    migrate(old)
    (old / "project.workbench").write_bytes(manifest)  # cut off just before its last file
    migrate(old)
    assert Project.open(old).job("dpo-s0-1").name == "dpo"
    kept = json.loads((old / "backups" / "format-0" / "runs" / "dpo-s0-1" / "job.json").read_text())
    assert "settings" in kept


def test_a_project_of_today_is_left_alone(old: Path) -> None:
    assert migrate(old)
    assert not migrate(old)


def test_a_version_that_was_never_written_is_refused(old: Path) -> None:
    put(old / "project.workbench", {"name": "old", "format_version": "one"})
    with pytest.raises(BadInput, match="`format_version` is 'one'"):
        Project.open(old)


def test_there_is_a_migration_from_every_format_to_the_next() -> None:
    assert len(MIGRATIONS) == FORMAT_VERSION
