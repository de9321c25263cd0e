"""Tags on runs and experiments: tags.json, changed under the project's lock."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from workbench.domain.errors import BadInput
from workbench.domain.records import Tags
from workbench.storage.files import read_record, write_record
from workbench.storage.project import Project

TAGS = "tags.json"
Tagged = Literal["runs", "experiments"]
_LONGEST = 30


class Retagged(NamedTuple):
    """The tags of one run or experiment before a change and after it."""

    before: tuple[str, ...]
    after: tuple[str, ...]


def read_tags(project: Project) -> Tags:
    """Returns all tags of a project."""
    path = project.folder / TAGS
    return read_record(path, Tags) if path.exists() else Tags()


def change_tags(
    project: Project, what: Tagged, names: Sequence[str], add: Iterable[str] = (), remove: Iterable[str] = ()
) -> dict[str, Retagged]:
    """Adds tags to runs or experiments and takes others away.

    Args:
        project: whose.
        what: runs or experiments.
        names: run ids or experiments' names.
        add: one word or a few each; those that are there stay where they are.
        remove: those that are not there are passed over.

    Returns:
        What `undo_tags` takes to take it back, by the named ones.

    Raises:
        BadInput: a tag is empty, too long, or holds a comma.
    """
    new, gone = [_checked(tag) for tag in add], set(remove)
    with project.lock():
        tags = read_tags(project)
        there: dict[str, tuple[str, ...]] = getattr(tags, what)
        changes = {}
        for name in names:
            had = there.get(name, ())
            changes[name] = Retagged(had, tuple(tag for tag in dict.fromkeys((*had, *new)) if tag not in gone))
        _write(project, tags, what, {name: change.after for name, change in changes.items()})
    return changes


def undo_tags(project: Project, what: Tagged, changes: Mapping[str, Retagged]) -> None:
    """Takes back what `change_tags` changed, and only that: tags that came or went since are left so."""
    with project.lock():
        tags = read_tags(project)
        there: dict[str, tuple[str, ...]] = getattr(tags, what)
        _write(project, tags, what, {name: _undone(there.get(name, ()), change) for name, change in changes.items()})


def set_tags(project: Project, what: Tagged, wanted: Mapping[str, Sequence[str]]) -> None:
    """Gives runs or experiments exactly these tags."""
    with project.lock():
        _write(project, read_tags(project), what, wanted)


def _write(project: Project, tags: Tags, what: Tagged, wanted: Mapping[str, Sequence[str]]) -> None:
    merged = getattr(tags, what) | {name: tuple(words) for name, words in wanted.items()}
    kept = {name: words for name, words in merged.items() if words}
    if kept != getattr(tags, what):
        write_record(project.folder / TAGS, tags.model_copy(update={what: kept}))


def _undone(now: Sequence[str], change: Retagged) -> tuple[str, ...]:
    added, removed = set(change.after) - set(change.before), set(change.before) - set(change.after)
    return tuple(
        tag for tag in dict.fromkeys((*change.before, *now)) if tag in removed or (tag in now and tag not in added)
    )


def _checked(tag: str) -> str:
    words = " ".join(tag.split())
    if not words or len(words) > _LONGEST or "," in words:
        raise BadInput(f"{tag!r} cannot be a tag.", f"Use up to {_LONGEST} letters or signs, and no comma.")
    return words
