from pathlib import Path

import pytest

from workbench.jobs.hub_commits import pinned
from workbench.jobs.references import References
from workbench.storage.hashes import Hasher
from workbench.storage.project import Project

COMMIT = "a" * 40


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    snapshot = tmp_path / "models--org--tiny" / "snapshots" / COMMIT
    for folder in (snapshot, tmp_path / "models--org--tiny" / "refs"):
        folder.mkdir(parents=True)
    (tmp_path / "models--org--tiny" / "refs" / "main").write_text(COMMIT)
    (snapshot / "config.json").write_text("{}")


@pytest.mark.parametrize("name", ["org/tiny", "org/tiny@main", f"org/tiny@{COMMIT}"])
def test_a_cached_model_is_named_by_its_commit(name: str) -> None:
    assert pinned(name) == f"org/tiny@{COMMIT}"


@pytest.mark.parametrize("name", ["org/other", "org/tiny@v2"])
def test_what_no_commit_is_known_of_keeps_its_name(name: str) -> None:
    assert pinned(name) == name


def test_a_run_names_the_commit_that_it_was_planned_with(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    found = References(project, tmp_path, Hasher(project)).model("org/tiny")
    assert found == (f"org/tiny@{COMMIT}", f"hub:org/tiny@{COMMIT}", ())
