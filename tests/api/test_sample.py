"""The sample that comes with the program, and the place where a person has it."""

from pathlib import Path

import pytest

from workbench import api
from workbench.api import sample
from workbench.domain.errors import NotFound


@pytest.fixture
def documents(monkeypatch, tmp_path: Path) -> Path:
    """The places of an installed program: nothing is beside the package."""
    monkeypatch.setattr(sample, "checkout_folder", lambda: None)
    monkeypatch.setattr(sample, "default_projects_folder", lambda: tmp_path / "Documents")
    return tmp_path / "Documents"


def test_in_a_checkout_the_sample_is_opened_where_it_is() -> None:
    found = api.find_sample()
    assert found is not None
    assert api.place_sample() == found


def test_an_installed_sample_is_copied_once_into_the_persons_documents(monkeypatch, documents: Path) -> None:
    shipped = api.find_sample() or sample.asset("film-critic").parent.parent / "projects" / sample.NAME
    monkeypatch.setattr(sample, "asset", lambda _name: shipped)
    placed = api.place_sample()
    assert placed == documents / "film-critic"
    assert api.open_project(placed).jobs()
    (placed / "note.txt").write_text("mine")
    assert api.place_sample() == placed
    assert (placed / "note.txt").read_text() == "mine"


def test_where_no_sample_came_along_the_demo_is_named(monkeypatch, documents: Path) -> None:
    monkeypatch.setattr(sample, "find_sample", lambda: None)
    with pytest.raises(NotFound, match="did not come with") as raised:
        api.place_sample()
    assert "workbench demo" in raised.value.hint
