"""Saved views: ways to look at a project's comparison, under names."""

from workbench.compare.naming import names_today
from workbench.domain.errors import AlreadyExists, BadInput, NotFound
from workbench.domain.views import View
from workbench.storage.project import Project, nearest

__all__ = ["delete_view", "list_views", "name_arms", "read_view", "rename_view", "save_view"]
_LONGEST = 80


def list_views(project: Project) -> dict[str, View]:
    """Returns the saved views by name, oldest first."""
    return project.manifest().views


def read_view(project: Project, name: str) -> View:
    """Returns a saved view.

    Raises:
        NotFound: the project has none of that name; the sentence gives the nearest.
    """
    return _found(project.manifest().views, name)


def name_arms(project: Project, view: View) -> View:
    """Returns a view that calls its arms as they are called today, to be shown: views keep the names that last."""
    today = names_today({job.id: job for job in project.jobs()}, project.manifest())
    hidden = [today.get(name, name) for name in view.hidden]
    return view.with_changes(hidden=hidden, baseline=today.get(view.baseline, view.baseline))


def save_view(project: Project, name: str, view: View) -> View | None:
    """Saves a view, in place of one of that name.

    Returns:
        The view that had the name before; None where it is new.

    Raises:
        BadInput: a view cannot be called so.
    """
    _check(name)
    with project.edit() as edit:
        before = edit.manifest.views.get(name)
        edit.change(views=edit.manifest.views | {name: view})
    return before


def rename_view(project: Project, name: str, new: str) -> None:
    """Gives a view another name; its place in the list stays.

    Raises:
        NotFound: there is no such view.
        AlreadyExists: the new name is taken.
        BadInput: a view cannot be called so.
    """
    _check(new)
    with project.edit() as edit:
        views = edit.manifest.views
        _found(views, name)
        if new in views and new != name:
            raise AlreadyExists(f"There is a view `{new}` already.", "Choose another name, or delete that one first.")
        edit.change(views={new if old == name else old: view for old, view in views.items()})


def delete_view(project: Project, name: str) -> View:
    """Forgets a view.

    Returns:
        The view, for who wants to save it again.

    Raises:
        NotFound: there is no such view.
    """
    with project.edit() as edit:
        views = edit.manifest.views
        view = _found(views, name)
        edit.change(views={other: kept for other, kept in views.items() if other != name})
    return view


def _check(name: str) -> None:
    if not name.strip() or name != name.strip() or len(name) > _LONGEST or not name.isprintable():
        raise BadInput(f"A view cannot be called {name!r}.", f"Use 1 to {_LONGEST} characters, no space at either end.")


def _found(views: dict[str, View], name: str) -> View:
    if name not in views:
        raise NotFound(f"The project has no view `{name}`.", nearest(name, views, "view"))
    return views[name]
