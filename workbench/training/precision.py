"""The number format that a run computes in."""

from pathlib import Path

import torch

from workbench.domain.events import Started
from workbench.domain.recipes import TrainingRecipe
from workbench.domain.records import Job
from workbench.storage.checkpoints import list_checkpoints
from workbench.storage.model_shapes import read_shape
from workbench.storage.runlog import RunFolder
from workbench.storage.sources import resolve_model
from workbench.training.device import choose_dtype, has_fast_bf16
from workbench.training.hub import fetch


def dtype_of_run(folder: Path, job: Job, device: torch.device) -> torch.dtype:
    """Returns the number format of a run's matrix products, as its settings, its device and its model's size have it.

    On a CPU a run that goes on stays with the format that it began in, so that it ends where it would have ended.

    Raises:
        WorkbenchError: the model is not here.
    """
    recipe = job.recipe
    if not isinstance(recipe, TrainingRecipe):
        return choose_dtype(device, "auto")
    if recipe.precision != "auto" or device.type != "cpu":
        return choose_dtype(device, recipe.precision)
    begun = _latest_start(folder) if list_checkpoints(folder) else None
    if begun is not None and begun.device == str(device):
        return choose_dtype(device, begun.precision)
    return choose_dtype(device, "auto", _n_parameters(folder, job) if has_fast_bf16(device) else 0)


def _latest_start(folder: Path) -> Started | None:
    return next((event for event in reversed(RunFolder(folder).events()[0]) if isinstance(event, Started)), None)


def _n_parameters(folder: Path, job: Job) -> int:
    source = resolve_model(job.inputs.model, folder.parent.parent)
    shape = read_shape(fetch(source, job.trust_remote_code, needs_weights=False))
    return 0 if shape is None else shape.n_parameters
