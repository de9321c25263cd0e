"""Drafts of experiments: under their names in drafts/, and the one that a form was left with."""

from itertools import count
from pathlib import Path

from workbench.domain.drafts import ExperimentDraft
from workbench.domain.errors import NotFound
from workbench.storage.files import read_record, write_record
from workbench.storage.project import Project, nearest, safe_name

DRAFTS = "drafts"
_LEFT = "form.json"  # in the state folder: what was being typed here is nobody else's


def save_draft(project: Project, name: str, draft: ExperimentDraft) -> None:
    """Keeps a draft under a name; one of that name is replaced.

    Raises:
        BadInput: no file can be called so.
    """
    folder = project.folder / DRAFTS
    path = folder / f"{safe_name(name, 'draft')}.json"
    folder.mkdir(exist_ok=True)
    write_record(path, draft)


def draft_names(project: Project) -> list[str]:
    """Returns the names of the drafts in alphabetical order."""
    return sorted(path.stem for path in (project.folder / DRAFTS).glob("[!.]*.json"))


def read_draft(project: Project, name: str) -> ExperimentDraft:
    """Returns a draft.

    Raises:
        NotFound: there is none of that name.
    """
    path = project.folder / DRAFTS / f"{safe_name(name, 'draft')}.json"
    if not path.exists():
        raise NotFound(f"The project has no draft `{name}`.", nearest(name, draft_names(project), "draft"))
    return read_record(path, ExperimentDraft)


def delete_draft(project: Project, name: str) -> ExperimentDraft:
    """Removes a draft and returns what it held.

    Raises:
        NotFound: there is none of that name.
    """
    draft = read_draft(project, name)
    (project.folder / DRAFTS / f"{name}.json").unlink()
    return draft


def leave_form(project: Project, draft: ExperimentDraft) -> None:
    """Keeps what stands in the form, so that closing the window loses nothing."""
    write_record(project.state_folder() / _LEFT, draft)


def left_form(project: Project) -> ExperimentDraft | None:
    """Returns what stood in the form when it was left; None where it was never used here."""
    path = project.state_folder() / _LEFT
    return read_record(path, ExperimentDraft) if path.exists() else None


def set_form_aside(project: Project) -> Path:
    """Gives what a form was left with another name, since it cannot be read; returns where it is now."""
    left = project.state_folder() / _LEFT
    names = (f"{left.stem}-unread{number or ''}.json" for number in count())
    aside = next(path for name in names if not (path := left.with_name(name)).exists())
    return left.replace(aside)
