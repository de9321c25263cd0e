"""Tags on runs and experiments: tags.json, changed under the project's lock."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from workbench.domain.errors import BadInput
from workbench.domain.records import Tags
from workbench.storage.files import read_record, write_record
from workbench.storage.project import Project

TAGS = "tags.json"
Tagged = Literal["runs", "experiments"]
_LONGEST = 30


def read_tags(project: Project) -> Tags:
    """Returns all tags of a project."""
    path = project.folder / TAGS
    return read_record(path, Tags) if path.exists() else Tags()


def change_tags(
    project: Project, what: Tagged, names: Sequence[str], add: Iterable[str] = (), remove: Iterable[str] = ()
) -> dict[str, tuple[str, ...]]:
    """Adds tags to runs or experiments and takes others away.

    Args:
        project: whose.
        what: runs or experiments.
        names: run ids or experiments' names.
        add: one word or a few each; those that are there stay where they are.
        remove: those that are not there are passed over.

    Returns:
        The tags that the named ones had before.

    Raises:
        BadInput: a tag is empty, too long, or holds a comma.
    """
    new, gone = [_checked(tag) for tag in add], set(remove)
    with project.lock():
        tags = read_tags(project)
        there: dict[str, tuple[str, ...]] = getattr(tags, what)
        before = {name: there.get(name, ()) for name in names}
        _write(project, tags, what, {
            name: tuple(tag for tag in dict.fromkeys((*had, *new)) if tag not in gone) for name, had in before.items()
        })  # fmt: skip
    return before


def set_tags(project: Project, what: Tagged, wanted: Mapping[str, Sequence[str]]) -> None:
    """Gives runs or experiments exactly these tags."""
    with project.lock():
        _write(project, read_tags(project), what, wanted)


def _write(project: Project, tags: Tags, what: Tagged, wanted: Mapping[str, Sequence[str]]) -> None:
    merged = getattr(tags, what) | {name: tuple(words) for name, words in wanted.items()}
    kept = {name: words for name, words in merged.items() if words}
    if kept != getattr(tags, what):
        write_record(project.folder / TAGS, tags.model_copy(update={what: kept}))


def _checked(tag: str) -> str:
    words = " ".join(tag.split())
    if not words or len(words) > _LONGEST or "," in words:
        raise BadInput(f"{tag!r} cannot be a tag.", f"Use up to {_LONGEST} letters or signs, and no comma.")
    return words
