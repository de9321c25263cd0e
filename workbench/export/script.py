"""A training run as a plain Python script, for people who leave the program: TRL's call with the run's settings and data.

The script stands in a folder with its data. It imports torch, transformers, datasets, trl (and peft for LoRA), nothing of
this program. PPO is the exception: TRL 1.16 has none (https://github.com/huggingface/trl/pull/7020 removed it), so that
script calls the one of this program. It too needs no project: it makes one beside itself.
"""

import pprint
from collections.abc import Iterator
from pathlib import Path

from workbench.data.assets import asset
from workbench.data.judge_names import ENSEMBLE_PREFIX, REWARD_PREFIX, ensemble_members
from workbench.data.store import find_content, read_rows
from workbench.data.writing import write_rows
from workbench.domain.errors import AlreadyExists, BadInput
from workbench.domain.pairs import DatasetKind, Row
from workbench.domain.recipes import DpoRecipe, PpoRecipe, RewardRecipe, RewardTerm
from workbench.domain.recipes.dpo import trl_loss
from workbench.domain.recipes.training import TrainingRecipe
from workbench.domain.records import Job
from workbench.storage.files import write_bytes
from workbench.storage.folders import appearing
from workbench.storage.project import Project
from workbench.storage.sources import RUN_PREFIX, resolve_model

_MARK = "# SETTINGS\n"
_OUT = 'Path(__file__).resolve().with_name("trained")'
_BY_TRL = ("sft", "reward", "dpo")


def write_script(project: Project, job: Job, folder: Path) -> list[Path]:
    """Writes train.py, data.jsonl and requirements.txt into a new folder: all of it, or nothing.

    Args:
        project: whose run.
        job: a training run.
        folder: is made.

    Returns:
        The files.

    Raises:
        BadInput: the run trains nothing, or its data has changed.
        NotFound: the model that it starts from is gone.
        AlreadyExists: the folder holds something.
    """
    if not isinstance(job.recipe, TrainingRecipe):
        raise BadInput(f"Run `{job.id}` is a {job.method} run, which trains nothing.", "Name a training run.")
    if folder.is_dir() and any(folder.iterdir()):
        raise AlreadyExists(f"{folder} is not empty.", "Name a new folder.")
    files = _files(project, job, job.recipe)
    with appearing(folder) as part:
        _write_data(project, job, part / "data.jsonl")
        for name, content in files.items():
            write_bytes(part / name, content.encode())
    return sorted(folder.iterdir())


def _files(project: Project, job: Job, recipe: TrainingRecipe) -> dict[str, str]:
    method = asset(f"scripts/{job.method}.py").read_text(encoding="utf-8")
    if isinstance(recipe, PpoRecipe):
        script, program = (
            _put_in(method, _docstring(job), _settings_of_ppo(project, job, recipe)),
            "preference-workbench\n",
        )
    else:
        common = asset("scripts/common.py").read_text(encoding="utf-8")
        script, program = _put_in(common + "\n\n" + method, _docstring(job), _settings(project, job, recipe)), ""
    versions = (
        f"{name}=={job.versions[name]}\n"
        for name in ("torch", "transformers", "trl", "datasets", "peft")
        if name in job.versions
    )
    return {"train.py": script, "requirements.txt": program + "".join(versions).replace("+cpu", "")}


def _settings(project: Project, job: Job, recipe: TrainingRecipe) -> dict[str, str]:
    model = _source(project, (recipe.model if isinstance(recipe, RewardRecipe) else None) or job.inputs.model)
    settings = {
        "MODEL": repr(model),
        "OUT": _OUT,
        "SEED": repr(job.seed),
        "MAX_EPISODES": repr(job.budget.episodes),
        "BASE_LEARNING_RATE": repr(recipe.base_learning_rate),
        "RECIPE": _shown(recipe),
    }
    if isinstance(recipe, DpoRecipe):
        reference = job.inputs.reference
        settings["REFERENCE"] = repr(_source(project, reference) if reference else model)
        settings["LOSS"] = pprint.pformat(trl_loss(recipe), width=110)
    return settings


def _settings_of_ppo(project: Project, job: Job, recipe: PpoRecipe) -> dict[str, str]:
    inputs = job.inputs
    rewards = tuple(_written_out(project, term) for term in recipe.terms)
    return {
        "MODEL": repr(_source(project, inputs.model)),
        "REFERENCE": repr(_source(project, inputs.reference) if inputs.reference else None),
        "REWARDS": repr([_source(project, name) for name in inputs.rewards]),
        "OUT": _OUT,
        "SEED": repr(job.seed),
        "DEVICE": repr(job.device),
        "TRUST_REMOTE_CODE": repr(job.trust_remote_code),
        "BUDGET": repr(job.budget.model_dump()),
        "RECIPE": _shown(recipe.model_copy(update={"rewards": rewards})),
    }


def _written_out(project: Project, term: RewardTerm) -> str:
    """Returns a summand of the reward with its models and files as they are found from anywhere."""
    source = term.source
    if source.startswith(ENSEMBLE_PREFIX):
        source = ENSEMBLE_PREFIX + "+".join(_reward(project, name) for name in ensemble_members(source))
    elif source.startswith(REWARD_PREFIX):
        source = REWARD_PREFIX + _reward(project, source.removeprefix(REWARD_PREFIX))
    elif ".py:" in source:
        file, _, function = source.rpartition(":")
        source = f"{(project.folder / Path(file).expanduser()).resolve()}:{function}"
    return term._replace(source=source).written


def _reward(project: Project, name: str) -> str:
    is_run = name.partition("@")[0] in {run.folder.name for run in project.run_folders()}
    return _source(project, f"{RUN_PREFIX}{name}" if is_run else name)


def _put_in(body: str, docstring: str, settings: dict[str, str]) -> str:
    lines = "\n".join(f"{name} = {value}" for name, value in settings.items())
    return f'"""{docstring}"""\n\n' + body.replace(_MARK, f"{lines}\n")


def _shown(recipe: TrainingRecipe) -> str:
    return pprint.pformat(recipe.model_dump(mode="json"), width=110, sort_dicts=False)


def _source(project: Project, name: str) -> str:
    source = resolve_model(name, project.folder)
    return str(source.resolve()) if isinstance(source, Path) else source


def _docstring(job: Job) -> str:
    called = f"{job.id} ({job.name})".replace("\\", "/").replace('"', "'")  # whoever made the project wrote both
    told = [f"What the run {called} does, as a script of its own.", ""]
    told.append(
        "Run `python train.py`. It needs what requirements.txt names, and gives the losses that the run logged, up to"
    )
    if job.method in _BY_TRL:
        told.append("the last digits: the run reads no padding, which changes the order of sums.")
        if job.budget.tokens or job.budget.seconds:
            told.append("The run's budget of tokens or seconds is not in here: it may have ended earlier.")
    else:
        told.append(
            "the last digits, which grow from update to update; on one CPU, by the same version, the very same."
        )
        told.append(
            "TRL 1.16 has no PPO, so this calls the one of Preference Workbench, in a project that it makes beside"
        )
        told.append("this file. Ended early, it goes on when it is run again.")
    return "\n".join([*told, ""])


def _write_data(project: Project, job: Job, path: Path) -> None:
    data = job.inputs.data
    if data is None:
        raise BadInput(f"Run `{job.id}` names no dataset.", "Name another run.")
    folder = find_content(project.data_folder(data), data.sha256)
    if job.method == "ppo":  # a line a row, though prompts come more than once: that counts its episodes
        write_rows(read_rows(folder, data.split or "train"), path, DatasetKind.PROMPTS)
        return
    kind = DatasetKind.DEMONSTRATION if job.method == "sft" else DatasetKind.PREFERENCE
    write_rows(_usable(read_rows(folder, data.split), kind), path, kind)


def _usable(rows: Iterator[Row], kind: DatasetKind) -> Iterator[Row]:
    """Yields the rows that something is learned from: no ties, and every response there."""
    for row in rows:
        if row.chosen is not None and not row.tie and (kind is DatasetKind.DEMONSTRATION or row.rejected is not None):
            yield row
