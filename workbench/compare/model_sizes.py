"""How many weights a token is multiplied with in the models that runs made or started from."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from workbench.domain.errors import WorkbenchError
from workbench.domain.records import Job
from workbench.storage.checkpoints import CHECKPOINTS
from workbench.storage.model_shapes import read_shape
from workbench.storage.project import Project
from workbench.storage.sources import resolve_model, run_of


class ModelSizes:
    """Looks models up by their names in jobs.

    Args:
        project: where runs and folders are.
        jobs: runs by id; the result of one whose checkpoints are gone is as large as what it was trained from.
    """

    def __init__(self, project: Project, jobs: Mapping[str, Job]) -> None:
        self._project = project
        self._jobs = jobs
        self._trained: dict[str, int] = {}  # each is asked for at every checkpoint of its run

    def of(self, name: str) -> int:
        """Returns the weights that a token is multiplied with; 0 where the model is not here."""
        if (run_id := run_of(name)) is not None:
            job = self._jobs.get(run_id)
            return _newest(self._project.run_folder(run_id)) or (self.of(job.inputs.model) if job else 0)
        try:
            source = resolve_model(name, self._project.folder)
        except WorkbenchError:
            return 0
        return _count(source) if isinstance(source, Path) else 0

    def trained(self, job: Job) -> int:
        """Returns the size of the model that a run trains."""
        if job.id not in self._trained:
            self._trained[job.id] = _newest(self._project.run_folder(job.id)) or self.of(job.inputs.model)
        return self._trained[job.id]


def _newest(run_folder: Path) -> int:
    steps = [path.name.removeprefix("checkpoint-") for path in (run_folder / CHECKPOINTS).glob("checkpoint-*")]
    newest = max((int(step) for step in steps if step.isdigit()), default=None)
    return 0 if newest is None else _count(run_folder / CHECKPOINTS / f"checkpoint-{newest}")


def _count(folder: Path) -> int:
    try:
        return _counted(folder, (folder / "config.json").stat().st_mtime_ns)
    except OSError:  # an adapter has no configuration of its own
        return _counted(folder, 0)


@lru_cache(maxsize=512)
def _counted(folder: Path, _changed_ns: int) -> int:
    try:
        shape = read_shape(folder)
    except WorkbenchError:  # an adapter whose base is gone
        return 0
    return shape.n_multiplied if shape else 0
