"""Which models a person can start from on this computer, and whether one can be read."""

from pathlib import Path
from typing import Literal, NamedTuple

from workbench.domain.errors import WorkbenchError
from workbench.domain.methods import POLICIES
from workbench.domain.records import RunState
from workbench.jobs.hub_commits import cached_folder
from workbench.jobs.states import StateReader
from workbench.storage.model_folders import check_folder
from workbench.storage.model_shapes import read_shape
from workbench.storage.project import Project
from workbench.storage.sources import RUN_PREFIX, resolve_model

Where = Literal["project", "registered", "used before", "run", "hub cache", "folder", "hub"]
_DEPTH = ("*", "*/*")  # models/NAME, or NAME right in the project


class ModelAtHand(NamedTuple):
    """A model that may be started from.

    Attributes:
        name: as an experiment names it.
        where: it was found.
        n_parameters: 0 where unknown.
        problem: why it cannot be used; empty where it can.
    """

    name: str
    where: Where
    n_parameters: int = 0
    problem: str = ""


def model_choices(project: Project) -> list[ModelAtHand]:
    """Returns the models at hand: in the project, registered, used before, made by runs, in the hub's local cache."""
    found = [_folder_choice(project, name, "project") for name in _inside(project)]
    found += [look_at(project, name)._replace(where="registered") for name in project.manifest().models]
    used = dict.fromkeys(experiment.model for experiment in project.manifest().experiments.values())
    found += [look_at(project, name)._replace(where="used before") for name in used]
    found += [ModelAtHand(name, "run") for name in _made(project)]
    found += [look_at(project, name)._replace(where="hub cache") for name in _cached()]
    return list({choice.name: choice for choice in reversed(found)}.values())[::-1]


def look_at(project: Project, name: str, *, trust_remote_code: bool = False, needs_weights: bool = True) -> ModelAtHand:
    """Says what a name leads to and whether it can be read: configuration, tokenizer, safetensors. Asks no network."""
    try:
        source = resolve_model(name, project.folder)
    except WorkbenchError as error:
        return ModelAtHand(name, "run" if name.startswith(RUN_PREFIX) else "folder", 0, str(error))
    if isinstance(source, Path):
        where: Where = "run" if name.startswith(RUN_PREFIX) else "folder"
        return _folder_choice(project, name, where, trust_remote_code=trust_remote_code, needs_weights=needs_weights)
    folder = cached_folder(source)
    if folder is None:
        return ModelAtHand(name, "hub", 0, "")
    return _checked(ModelAtHand(name, "hub cache"), folder, trust_remote_code, needs_weights)


def _folder_choice(
    project: Project, name: str, where: Where, *, trust_remote_code: bool = False, needs_weights: bool = True
) -> ModelAtHand:
    source = resolve_model(name, project.folder)
    assert isinstance(source, Path)
    return _checked(ModelAtHand(name, where), source, trust_remote_code, needs_weights)


def _checked(choice: ModelAtHand, folder: Path, trust_remote_code: bool, needs_weights: bool) -> ModelAtHand:
    try:
        check_folder(folder, trust_remote_code, needs_weights)
        shape = read_shape(folder)
    except WorkbenchError as error:
        return choice._replace(problem=str(error))
    return choice._replace(n_parameters=shape.n_parameters if shape else 0)


def _inside(project: Project) -> list[str]:
    configs = [
        path
        for pattern in _DEPTH
        for path in project.folder.glob(f"{pattern}/config.json")
        if path.relative_to(project.folder).parts[0] not in {"runs", "datasets", "exports"}
    ]
    return sorted(str(path.parent.relative_to(project.folder)) for path in configs)


def _made(project: Project) -> list[str]:
    reader = StateReader(project)
    jobs = [job for job in project.jobs() if job.method in POLICIES]
    return [f"{RUN_PREFIX}{job.id}" for job in jobs if reader.state(job.id) is RunState.FINISHED]


def _cached() -> list[str]:
    from huggingface_hub import scan_cache_dir  # noqa: PLC0415  (a third of a second)
    from huggingface_hub.errors import CacheNotFound  # noqa: PLC0415

    try:
        repositories = scan_cache_dir().repos
    except (CacheNotFound, ValueError, OSError):
        return []
    return sorted(repository.repo_id for repository in repositories if repository.repo_type == "model")
