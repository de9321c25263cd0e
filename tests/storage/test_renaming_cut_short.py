import subprocess
import sys
from pathlib import Path

import pytest

from workbench import api
from workbench.storage.project import Project

CUT = """
import os, sys
from pathlib import Path
from workbench.storage import renaming
from workbench.storage.project import Project
setattr(renaming if sys.argv[2] == "sync" else renaming.shutil, sys.argv[2], lambda *_args, **_named: os._exit(9))
renaming.rename_dataset(Project.open(Path(sys.argv[1])), "old", "new")
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = api.create_project(tmp_path / "project")
    source = tmp_path / "pairs.jsonl"
    source.write_text('{"prompt": "a", "chosen": "b", "rejected": "c"}\n' * 4)
    api.import_dataset(project, source, name="old")
    return project


@pytest.mark.parametrize(("dies_in", "left"), [("copytree", "old"), ("sync", "old"), ("rmtree", "new")])
def test_a_renaming_that_was_killed_leaves_one_dataset_and_blocks_no_name(
    project: Project, dies_in: str, left: str
) -> None:
    done = subprocess.run([sys.executable, "-c", CUT, str(project.folder), dies_in], check=False)
    assert done.returncode == 9
    opened = api.open_project(project.folder)
    assert opened.manifest().datasets == (left,) or list(opened.manifest().datasets) == [left]
    assert [path.name for path in (project.folder / "datasets").iterdir()] == [left]
    if left == "old":
        api.rename_dataset(opened, "old", "new")
    assert opened.dataset("new").name == "new"
