"""Other names for experiments, their arms and datasets. A run's own files never change: they hold what it was made from."""

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from workbench.domain.errors import AlreadyExists, BadInput, NotFound
from workbench.domain.experiments import Experiment
from workbench.domain.records import DatasetRecord, Job, Manifest, Renaming
from workbench.storage.files import read_record, sync, write_record
from workbench.storage.project import DATASET, Project, nearest, safe_name
from workbench.storage.tags import read_tags, set_tags

_NOTE = "renaming.json"  # in the state folder
_LONGEST = {"experiment": 80, "run": 60}  # as the experiment's own settings say


def runs_of(manifest: Manifest, jobs: Mapping[str, Job], experiment: str) -> dict[str, str]:
    """Returns what an experiment calls its runs, by run id; empty for the stages that arms share.

    Runs that no experiment lists belong to the one under which they were planned.
    """
    listed = {run_id for runs in manifest.runs.values() for run_id in runs}
    planned = {job.id: job.arm or "" for job in jobs.values() if job.experiment == experiment and job.id not in listed}
    return manifest.runs.get(experiment, {}) | planned


def rename_experiment(project: Project, old: str, new: str) -> str:
    """Gives an experiment another name, with its tags.

    Returns:
        The name that it has now: `new`, with single spaces.

    Raises:
        NotFound: there is no such experiment.
        AlreadyExists: another one has the name.
        BadInput: the name is empty or too long.
    """
    new = _checked(new, "experiment")
    jobs = {job.id: job for job in project.jobs()}
    with project.edit() as edit:
        manifest = edit.manifest
        known = dict.fromkeys(
            [*manifest.experiments, *manifest.runs, *(j.experiment for j in jobs.values() if j.experiment)]
        )
        runs = runs_of(manifest, jobs, old)
        if not runs and old not in manifest.experiments:
            raise NotFound(f"There is no experiment `{old}`.", nearest(old, known, "experiment"))
        if new != old and (new in manifest.experiments or runs_of(manifest, jobs, new)):
            raise AlreadyExists(f"There is an experiment `{new}` already.", "Choose another name.")
        experiments = {
            new if name == old else name: found.model_copy(update={"name": new}) if name == old else found
            for name, found in manifest.experiments.items()
        }
        listed = manifest.runs if old in manifest.runs else manifest.runs | {old: runs}
        edit.change(
            experiments=experiments,
            runs={new if name == old else name: runs if name == old else arms for name, arms in listed.items()},
        )
    if tags := read_tags(project).experiments.get(old):
        set_tags(project, "experiments", {old: (), new: tags})
    return new


def rename_run(project: Project, experiment: str, run_id: str, new: str) -> str:
    """Gives an arm or a shared stage of an experiment another name, in all its seeds and their evaluations.

    Returns:
        The name that it had.

    Raises:
        NotFound: the experiment has no such run.
        AlreadyExists: another arm has the name.
        BadInput: the name is empty or too long, or the run is the start model's.
    """
    new = _checked(new, "run")
    jobs = {job.id: job for job in project.jobs()}
    with project.edit() as edit:
        runs = runs_of(edit.manifest, jobs, experiment)
        if run_id not in runs or run_id not in jobs:
            raise NotFound(f"The experiment `{experiment}` has no run `{run_id}`.", nearest(run_id, runs, "run"))
        called = {known: arm or jobs[known].name for known, arm in runs.items() if known in jobs}
        old = called[run_id]
        _refuse_reference(old, new)
        if new != old and new in called.values():
            raise AlreadyExists(f"The experiment `{experiment}` has a `{new}` already.", "Choose another name.")
        renamed = runs | {known: new for known, name in called.items() if name == old}
        changes = {"runs": edit.manifest.runs | {experiment: renamed}}
        if (found := edit.manifest.experiments.get(experiment)) is not None:
            edit.change(experiments=edit.manifest.experiments | {experiment: _with_arm(found, old, new)}, **changes)
        else:
            edit.change(**changes)
    return old


def rename_dataset(project: Project, old: str, new: str) -> None:
    """Gives a dataset another name; runs that read it find it by its content.

    Nobody must be reading it by its old name, nor making one of the new name.

    The files get their second name first, then the manifest changes, then the first name goes: whatever happens in
    between, the dataset is there under one of the two.

    Raises:
        NotFound: there is no such dataset.
        AlreadyExists: another one has the name.
        BadInput: the name cannot be a folder's.
    """
    finish_renaming(project)
    project.dataset(old)
    source, target = project.dataset_folder(old), project.dataset_folder(safe_name(new, "dataset"))
    if new == old:
        return
    with ExitStack() as undo:
        with project.edit() as edit:
            manifest = edit.manifest
            if new in manifest.datasets or target.exists():
                raise AlreadyExists(f"The project already has a dataset named {new!r}.", "Choose another name.")
            note = project.state_folder() / _NOTE
            write_record(note, Renaming(old=old, new=new))
            undo.callback(note.unlink, missing_ok=True)
            undo.callback(_drop_unnamed, project, new)
            shutil.copytree(source, target, copy_function=_link_or_copy)
            for path in target.rglob(DATASET):  # today's and those of earlier contents
                known = read_record(path, DatasetRecord)
                write_record(path, known.model_copy(update={"name": new}))  # a new file: the old name keeps its own
            sync(target.parent)
            edit.change(
                datasets=[new if name == old else name for name in manifest.datasets],
                splits={new if name == old else name: found for name, found in manifest.splits.items()},
                experiments={name: _reading(found, old, new) for name, found in manifest.experiments.items()},
            )
        undo.pop_all()
    shutil.rmtree(source, ignore_errors=True)  # another process may be clearing it away at this moment
    note.unlink(missing_ok=True)


def finish_renaming(project: Project) -> None:
    """Clears away what a renaming left that was cut short by a crash: the files under the name that does not count."""
    note = project.state_folder() / _NOTE
    if not note.exists():
        return
    with project.lock():  # one that is going on holds it until the manifest says which name counts
        if note.exists():
            cut = read_record(note, Renaming)
            for name in (cut.old, cut.new):
                _drop_unnamed(project, name)
            note.unlink(missing_ok=True)


def _drop_unnamed(project: Project, name: str) -> None:
    """Removes the files of a dataset, unless the manifest names it."""
    if name not in project.manifest().datasets:
        shutil.rmtree(project.dataset_folder(name), ignore_errors=True)


def _reading(experiment: Experiment, old: str, new: str) -> Experiment:
    """Returns the experiment with a dataset's new name wherever it reads it."""
    changes: dict[str, object] = {}
    if experiment.dataset == old:
        changes["dataset"] = new
    if experiment.test_prompts == old:
        changes["test_prompts"] = new
    if experiment.sft is not None and experiment.sft.dataset == old:
        changes["sft"] = experiment.sft.model_copy(update={"dataset": new})
    return experiment.model_copy(update=changes) if changes else experiment


def _with_arm(experiment: Experiment, old: str, new: str) -> Experiment:
    arms = tuple(arm.model_copy(update={"name": new}) if arm.name == old else arm for arm in experiment.arms)
    return experiment.model_copy(update={"arms": arms})


def _refuse_reference(*names: str) -> None:
    if "reference" in names:
        raise BadInput("`reference` is the start model, which every experiment compares with.", "Choose another name.")


def _checked(name: str, what: str) -> str:
    words = " ".join(name.split())
    if not words or len(words) > _LONGEST[what]:
        raise BadInput(f"{name!r} cannot be the name of a {what}.", f"Use 1 to {_LONGEST[what]} characters.")
    return words


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a disk without hard links
        shutil.copy2(Path(source), Path(target))
