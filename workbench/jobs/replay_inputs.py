"""What a run must have, and find again, to be replayed: its end, and all that it read, unchanged."""

import re
from collections.abc import Iterator
from pathlib import Path

from workbench.data.judge_names import ENSEMBLE_PREFIX, REWARD_PREFIX, ensemble_members
from workbench.data.store import find_content
from workbench.domain.errors import BadInput, NotFound, WorkbenchError
from workbench.domain.recipes import MODEL, BestOfNRecipe, EvaluateRecipe, RewardSource
from workbench.domain.records import DataInput, Job
from workbench.storage.hashes import Hasher
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder
from workbench.storage.sources import RUN_PREFIX, resolve_model, run_of

_DIGEST = re.compile(r"[0-9a-f]{64}")


def check_finished(job: Job, run: RunFolder) -> None:
    """Makes sure that a run has something whole to compare with.

    Raises:
        BadInput: it has not finished, or only scored a file.
    """
    outcome = run.outcome()
    if job.method == "score":
        raise BadInput(f"Run `{job.id}` only scored a file.", "Name a training run or an evaluation.")
    if outcome is None or outcome.state != "finished":
        state = "has not ended yet" if outcome is None else f"is {outcome.state}"
        raise BadInput(f"Run `{job.id}` {state}, so there is nothing whole to compare with.", "Finish it first.")


def check_inputs(project: Project, job: Job) -> None:
    """Makes sure that all that a run read is there and holds what it held.

    Raises:
        NotFound: a model, run or dataset is gone.
        BadInput: a model, dataset or judge has changed since.
        BadSetting: an earlier version did it with a setting that is not known any more.
    """
    job.refuse_unknown()
    inputs = job.inputs
    for role, name in (
        ("model", inputs.model),
        ("reference", inputs.reference),
        *(("reward", name) for name in inputs.rewards),
        ("heldout", inputs.heldout),
    ):
        if name:
            _check_model(project, role, name, job.input_hashes.get(role, ""))
    for data in (inputs.data, inputs.validation, inputs.prompts):
        if data is not None:
            _check_rows(project, data)
    for name, known in _judges(job):
        _check_judge(project, name, known)


def _check_model(project: Project, role: str, name: str, known: str) -> None:
    try:
        source = resolve_model(name, project.folder)
    except NotFound as error:
        raise NotFound(f"The {role} that the run read is gone: {error.sentence}", error.hint) from error
    if isinstance(source, Path) and run_of(name) is None and _DIGEST.fullmatch(known):
        hasher = Hasher(project)
        if hasher.model_folder(source) != known:
            raise BadInput(
                f"The {role} in {source} has changed since the run read it.", "Put the former files back to replay it."
            )
        hasher.save()


def _check_rows(project: Project, data: DataInput) -> None:
    try:
        find_content(project.data_folder(data), data.sha256)
    except WorkbenchError as error:
        said = f"The dataset `{data.name}` that the run read is not as it was: {error.sentence}"
        raise type(error)(said, error.hint) from error


def _judges(job: Job) -> Iterator[tuple[str, str]]:
    """Yields the judges that score a run, those in its reward too, each with the hash that it had."""
    judges = job.recipe.judges if isinstance(job.recipe, EvaluateRecipe | BestOfNRecipe) else ()
    terms = job.recipe.terms if isinstance(job.recipe, RewardSource) else ()
    rewards = dict.fromkeys(term.source for term in terms if term.source != MODEL)
    for role, names in (("judge", judges), ("reward term", rewards)):
        yield from ((name, job.input_hashes.get(f"{role} {place}", "")) for place, name in enumerate(names))


def _check_judge(project: Project, name: str, known: str) -> None:
    if name.startswith(REWARD_PREFIX):
        source, content = name.removeprefix(REWARD_PREFIX), known.removeprefix(REWARD_PREFIX)
        is_run = "/" not in source and not content.startswith("hub:")
        _check_model(project, "judge", f"{RUN_PREFIX}{source}" if is_run else source, content)
        return
    if name.startswith(ENSEMBLE_PREFIX):
        contents = known.removeprefix(ENSEMBLE_PREFIX).split("+")
        for member, content in zip(ensemble_members(name), contents, strict=False):
            _check_judge(project, f"{REWARD_PREFIX}{member}", content)
        return
    digest, colon, function = known.partition(":")
    if not (colon and _DIGEST.fullmatch(digest)):
        return  # a judge of this program or of an installed package
    file = project.folder / Path(name.rpartition(":")[0]).expanduser()
    if not file.is_file():
        raise NotFound(f"The judge's file {file} is gone.", "Put it back to replay the run.")
    if Hasher(project).file(file) != digest:
        raise BadInput(
            f"The judge `{function}` in {file} has changed since the run used it.", "Put the former file back."
        )
