"""From the name of a model, as a job holds it, to the folder or hub id that is loaded."""

import re
from pathlib import Path

from workbench.domain.errors import BadInput, NotFound
from workbench.storage.checkpoints import Checkpoint, list_checkpoints

RUN_PREFIX = "run:"
RUNS = "runs"
_HUB_ID = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?(@[\w./-]+)?")


def resolve_model(name: str, project_folder: Path) -> Path | str:
    """Returns the folder to load, or the hub id itself.

    Args:
        name: ``run:ID`` (the run's last checkpoint), ``run:ID@STEP``, a folder (absolute, or relative to the project; a
            leading ``./`` tells it from a hub id), or a hub id, as ``NAME`` or ``NAME@REVISION``.
        project_folder: what relative folders and runs are looked up in.

    Raises:
        NotFound: there is no such folder, run or checkpoint.
        BadInput: the name is none of these.
    """
    if name.startswith(RUN_PREFIX):
        return resolve_checkpoint(name, project_folder).folder
    folder = project_folder / Path(name).expanduser()
    if folder.is_dir():
        return folder
    if name.startswith((".", "/", "~")):
        raise NotFound(f"There is no model folder {folder}.", "Was it moved or deleted? Check the path.")
    if not _HUB_ID.fullmatch(name):
        raise BadInput(
            f"{name!r} is neither a model folder nor a hub id.", "Give a folder, or a hub id as `org/model`."
        )
    return name


def resolve_checkpoint(name: str, project_folder: Path) -> Checkpoint:
    """Returns the checkpoint that ``run:ID`` or ``run:ID@STEP`` names.

    Raises:
        NotFound: the run has no such checkpoint; the sentence lists those it has.
    """
    run_id, step = parse_run_name(name)
    checkpoints = list_checkpoints(project_folder / RUNS / run_id)
    wanted = [item for item in checkpoints if step is None or item.record.step == step]
    if wanted:
        return wanted[-1]
    there = ", ".join(str(item.record.step) for item in checkpoints) or "none"
    which = "no checkpoint yet" if step is None else f"no checkpoint at step {step}"
    raise NotFound(f"Run {run_id} has {which} (saved steps: {there}).", "Train it first, or name another step.")


def run_of(name: str) -> str | None:
    """Returns the id of the run that a model's name points to; None for folders and hub ids."""
    return parse_run_name(name)[0] if name.startswith(RUN_PREFIX) else None


def parse_run_name(name: str) -> tuple[str, int | None]:
    """Splits ``run:ID@STEP`` into id and step.

    Raises:
        BadInput: the step is not a number.
    """
    run_id, _, step = name.removeprefix(RUN_PREFIX).partition("@")
    if step and not step.isdigit():
        raise BadInput(f"{name!r}: the checkpoint's step is not a whole number.", "As in `run:ppo-s0-1a2b3c4d@200`.")
    return run_id, int(step) if step else None


def parse_hub_name(name: str) -> tuple[str, str | None]:
    """Splits ``NAME@REVISION`` into the hub's name and the revision; None where there is none."""
    hub_id, _, revision = name.partition("@")
    return hub_id, revision or None
