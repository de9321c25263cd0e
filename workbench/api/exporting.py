"""What leaves the program: model folders, event files for TensorBoard, scripts. Charts and reports are in `results`."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.api.comparisons import compare_runs
from workbench.compare import Comparison
from workbench.domain.errors import BadInput, NotFound
from workbench.domain.methods import TRAINING
from workbench.export.model_folder import write_model
from workbench.export.script import write_script
from workbench.jobs.launch import worker_environment
from workbench.storage.project import Project, safe_name
from workbench.storage.sources import RUN_PREFIX, resolve_checkpoint

__all__ = ["export_event_files", "export_model", "export_script"]
_EVENT_FILES = "workbench.export.tensorboard"  # a process of its own, since it loads torch
_SAID = 300  # characters of what that process said last


def export_model(
    project: Project, run_id: str, out: Path, *, step: int | None = None, comparison: Comparison | None = None
) -> list[Path]:
    """Writes a checkpoint as a Hugging Face model folder: safetensors, tokenizer, configuration, and a model card.

    The card has the comparison that the run is an arm of: verdict, figures, charts; how it was trained; its limits.

    Args:
        project: the project.
        run_id: a training run.
        out: the folder, which is made.
        step: of the checkpoint; None for the last.
        comparison: for the card; None compares the whole project.

    Returns:
        The files.

    Raises:
        NotFound: no such run, or no such checkpoint.
        BadInput: the run trains nothing.
        AlreadyExists: the folder holds something.
    """
    job = project.job(run_id)
    at = f"@{step}" if step is not None else ""
    if job.method not in TRAINING:
        raise BadInput(f"Run `{run_id}` is a {job.method} run, which has no weights.", "Name a training run.")
    checkpoint = resolve_checkpoint(f"{RUN_PREFIX}{run_id}{at}", project.folder)
    return write_model(project, job, checkpoint, out, comparison or _everything(project))


def export_script(project: Project, run_id: str, out: Path) -> list[Path]:
    """Writes a training run as a Python script with its data: TRL's call, or for PPO, which TRL has not, ours.

    Args:
        project: the project.
        run_id: a training run.
        out: the folder, which is made.

    Returns:
        The files.

    Raises:
        NotFound: no such run, or its start model is gone.
        BadInput: the run trains nothing, or its data has changed.
        AlreadyExists: the folder holds something.
    """
    return write_script(project, project.job(run_id), out)


def export_event_files(project: Project, out: Path, run_ids: Sequence[str] | None = None) -> list[Path]:
    """Writes what runs measured as event files for TensorBoard, a folder a run; metric names are TRL's.

    Args:
        project: the project.
        out: what `tensorboard --logdir` is given.
        run_ids: training runs and evaluations; None for all. Files written for them before are replaced.

    Returns:
        The runs' folders.

    Raises:
        NotFound: there is no such run, or no run at all.
        BadInput: the files could not be written.
    """
    wanted = [job.id for job in project.jobs()] if run_ids is None else list(run_ids)
    if not wanted:
        raise NotFound("The project has no runs yet, so there is nothing to write.", "Run an experiment first.")
    for run_id in wanted:
        project.run(run_id)
    out.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-P", "-m", _EVENT_FILES, str(project.folder), str(out.resolve()), *wanted]
    done = subprocess.run(
        command, cwd=project.folder, env=worker_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise BadInput(f"The event files in {out} could not be written: {said[:_SAID]}.", "Choose another folder.")
    return [out / safe_name(run_id, "run") for run_id in wanted]


def _everything(project: Project) -> Comparison | None:
    try:
        return compare_runs(project)
    except NotFound:  # nothing was evaluated yet; the card says so
        return None
