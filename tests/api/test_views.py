import pytest

from workbench.api.views import delete_view, list_views, read_view, rename_view, save_view
from workbench.domain.errors import AlreadyExists, BadInput, NotFound
from workbench.domain.views import View
from workbench.storage.project import Project


@pytest.fixture
def project(tmp_path) -> Project:
    """A project without views."""
    return Project.create(tmp_path / "p")


def test_a_view_comes_back_as_it_was_saved(project):
    view = View(x="tokens", smoothing=5, hidden=("dpo",), panels=("frontier", "objective/kl"))
    assert save_view(project, "by tokens", view) is None
    assert read_view(Project.open(project.folder), "by tokens") == view


def test_saving_under_a_name_that_is_taken_gives_the_view_that_had_it(project):
    save_view(project, "mine", View(x="kl"))
    assert save_view(project, "mine", View()) == View(x="kl")


def test_a_renamed_view_keeps_its_place(project):
    for name in ("a", "b"):
        save_view(project, name, View())
    rename_view(project, "a", "z")
    assert list(list_views(project)) == ["z", "b"]
    with pytest.raises(AlreadyExists, match="`b`"):
        rename_view(project, "z", "b")


def test_a_deleted_view_is_given_back_for_who_wants_it_again(project):
    save_view(project, "a", View(x="kl"))
    assert delete_view(project, "a") == View(x="kl")
    assert list_views(project) == {}


def test_a_view_that_is_not_there_names_the_nearest(project):
    save_view(project, "by tokens", View())
    with pytest.raises(NotFound) as caught:
        read_view(project, "by token")
    assert caught.value.hint == "Did you mean `by tokens`?"


@pytest.mark.parametrize("name", ["", " ", " a", "a\nb", "x" * 81])
def test_a_name_that_no_list_can_show_is_refused(project, name):
    with pytest.raises(BadInput, match="cannot be called"):
        save_view(project, name, View())
