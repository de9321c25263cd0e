"""The report's account of how its figures came about: set-up, settings, runs, environment, how to run it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from workbench.compare.comparison import Comparison
from workbench.compare.log_cache import kept_columns
from workbench.compare.logs import RunLog, read_log
from workbench.compare.naming import without_folders
from workbench.domain.errors import NotFound
from workbench.domain.experiments import Experiment
from workbench.domain.recipes import MODEL, EvaluateRecipe
from workbench.domain.records import DataInput, DatasetRecord, Job, Outcome
from workbench.domain.samples import GOLD
from workbench.export.document import Cell, Part, Table, Value, Words, table
from workbench.storage.project import Project

_NONE = "–"
_MOST_NAMED = 5  # arms in a sentence


@dataclass(frozen=True)
class RunFacts:
    """One training run: what the comparison calls its arm, what it was to do, what it said, how it ended."""

    arm: str
    job: Job
    log: RunLog
    outcome: Outcome | None


@dataclass(frozen=True)
class Setup:
    """What the report tells beside the figures.

    Attributes:
        runs: the training runs of all arms, arm by arm.
        evaluations: the evaluation runs of all arms.
        datasets: those that the runs and their experiments read and that the project still has.
        experiments: by name, those that the runs belong to and that the project still knows.
    """

    runs: Sequence[RunFacts]
    evaluations: Sequence[Job]
    datasets: Sequence[DatasetRecord]
    experiments: dict[str, Experiment]


def read_setup(comparison: Comparison, project: Project) -> Setup:
    """Reads what the compared runs were made of."""
    runs = []
    for arm in comparison.arms:
        for run in map(project.run, arm.runs):
            log = read_log(run.folder, (), kept=kept_columns(project, run.folder.name))
            runs.append(RunFacts(arm.name, run.job(), log, run.outcome()))
    evaluations = [project.job(run_id) for arm in comparison.arms for run_id in arm.evaluations]
    jobs = [facts.job for facts in runs] + evaluations
    known = project.manifest().experiments
    experiments = {name: known[name] for name in comparison.experiments if name in known}
    inputs = [data for job in jobs for data in (job.inputs.data, job.inputs.prompts) if data is not None]
    read = [(project.data_folder(data).name, data.sha256) for data in inputs]
    known_names = {name for name, _ in read}
    named = [name for experiment in experiments.values() for name in experiment.datasets]
    read += [(name, "") for name in named if name not in known_names]
    found = [record for data in dict.fromkeys(read) if (record := _dataset(project, *data))]
    return Setup(
        runs=runs,
        evaluations=evaluations,
        datasets=list({(record.name, record.content_sha256): record for record in found}.values()),
        experiments=experiments,
    )


def _dataset(project: Project, name: str, sha256: str) -> DatasetRecord | None:
    try:
        return project.dataset(name, sha256)
    except NotFound:  # removed since: the figures stay true
        return None


def question(setup: Setup, comparison: Comparison) -> str:
    """Returns what was asked, in a sentence."""
    trained = [arm.name for arm in comparison.arms if arm.method != "reference"]
    data = ", ".join(dict.fromkeys(run.job.inputs.data.name for run in setup.runs if run.job.inputs.data))
    on = f" and the same preference pairs ({data})" if data else ""
    judge = f"{'the gold judge ' if comparison.score == GOLD else ''}{comparison.judge}"
    if len(trained) > _MOST_NAMED:
        return f"From the same start model{on}: which of {len(trained)} arms gives better responses, by {judge}?"
    if len(trained) > 1:
        return (
            f"From the same start model{on}: which of {', '.join(trained)} gives better responses, by {judge}, and how far "
            "does each move from the start?"
        )
    return (
        f"How much better are the responses of {trained[0] if trained else 'the start model'}, by {comparison.judge}?"
    )


def _rewarded(recipe: EvaluateRecipe) -> str:
    """Returns the terms of a reward and how ensembles count; nothing where it is the reward model alone."""
    terms = " + ".join(map(without_folders, recipe.rewards)) if recipe.rewards != (MODEL,) else ""
    rule = f"{recipe.ensemble.replace('_', ' ')} of an ensemble" if recipe.ensemble != "mean" else ""
    return ", ".join(part for part in (terms, rule) if part)


def facts(setup: Setup) -> Table | None:
    """Returns the set-up as a table of two columns."""
    jobs = [run.job for run in setup.runs] or list(setup.evaluations)
    recipes = _recipes(setup.evaluations)
    rows: list[tuple[str, str]] = [
        ("Start model", _each(without_folders(job.inputs.reference or job.inputs.model) for job in jobs)),
        ("Preference pairs", _each(_named(job.inputs.data) for job in jobs)),
        ("Test prompts", _each(_named(job.inputs.prompts) for job in setup.evaluations)),
        ("Reward models", _each(", ".join(map(without_folders, job.inputs.rewards)) for job in setup.evaluations)),
        ("Reward", _each(map(_rewarded, recipes))),
        ("Judges (the first is gold)", _each(map(_judges, recipes))),
        ("Sampling", _each(_sampling(recipe) for recipe in recipes)),
        ("Budget", _each(_budget(job) for job in jobs)),
        *((f"Dataset {data.name}", _described(data)) for data in setup.datasets),
    ]
    return table(("", ""), [row for row in rows if row[1]], is_words=True)


def _each(values: Any) -> str:
    return "; ".join(dict.fromkeys(value for value in values if value))


def _named(data: DataInput | None) -> str:
    return f"{data.name}{f', split {data.split}' if data.split else ''}" if data else ""


def _sampling(recipe: EvaluateRecipe) -> str:
    stops = f", ending at {' or '.join(map(repr, recipe.stop_strings))}" if recipe.stop_strings else ""
    return f"temperature {recipe.temperature:g}, at most {recipe.max_new_tokens} tokens{stops}"


def _budget(job: Job) -> str:
    return ", ".join(f"{value:g} {name}" for name, value in job.budget.changed().items()) or "none set"


def source_name(source: str) -> str:
    """Returns a file's name without its folders; a hub id as it is."""
    path = PurePosixPath(source.replace("\\", "/"))
    is_hub_id = len(path.parts) == 2 and path.parts[0] not in ("/", ".", "..", "~") and not path.suffix[1:2].isalpha()
    return source if is_hub_id else path.name


def _described(data: DatasetRecord) -> str:
    return f"{data.n_rows} rows, {data.n_prompts} prompts; from {source_name(data.source)}; content {data.content_sha256[:12]}"


def _recipes(jobs: Sequence[Job]) -> list[EvaluateRecipe]:
    return [job.recipe for job in jobs if isinstance(job.recipe, EvaluateRecipe)]


def _judges(recipe: EvaluateRecipe) -> str:
    return ", ".join(map(without_folders, recipe.judges))


def settings_table(setup: Setup) -> tuple[Part | None, ...]:
    """Returns each method's main settings, and whatever else an arm changed or arms differ in; bold where they differ."""
    arms: dict[str, Job] = {}
    for run in setup.runs:
        arms.setdefault(run.arm, run.job)
    if not arms:
        return ()
    values = {name: job.recipe.model_dump(mode="json") for name, job in arms.items()}
    rows: dict[str, list[Value]] = {}
    for job in arms.values():
        for key, info in type(job.recipe).model_fields.items():
            found = [values[arm].get(key, _NONE) for arm in arms]
            if key not in rows and (_is_main(info.json_schema_extra) or _is_changed(key, arms) or _differ(found)):
                strong = _differ(found)
                rows[key] = [info.title or key, *(Cell(_shown(value), strong=strong) for value in found)]
    return table(("setting", *arms), rows.values()), Words(
        "Bold where arms differ; a dash where a method has no such setting.", "caption"
    )


def _is_main(extra: object) -> bool:
    return isinstance(extra, dict) and not extra.get("advanced")


def _is_changed(key: str, arms: dict[str, Job]) -> bool:
    return any(key in job.recipe.changed() for job in arms.values())


def _differ(values: list[Any]) -> bool:
    return len({str(value) for value in values if value != _NONE}) > 1


def _shown(value: Any) -> str:
    if value is None or value == []:
        return "automatic" if value is None else "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def runs_table(setup: Setup) -> Table | None:
    """Returns what each training run cost and how it ended."""
    rows: list[list[Value]] = []
    for run in setup.runs:
        last = max(run.log.saved.items(), default=None)
        spent = last[1] if last else None
        rows.append(
            [
                run.job.id,
                run.job.seed,
                last[0] if last else _NONE,
                f"{spent.episodes:,.0f}" if spent and spent.episodes == spent.episodes else _NONE,
                f"{spent.tokens:,.0f}" if spent and spent.tokens == spent.tokens else _NONE,
                f"{spent.seconds:,.1f} s" if spent else _NONE,
                run.outcome.state if run.outcome else "running",
            ]
        )
    return table(("run", "seed", "steps", "episodes", "tokens", "training time", "state"), rows)


def environment(setup: Setup) -> Table | None:
    """Returns the devices and the versions of the libraries that the runs named."""
    devices = _each(run.log.device for run in setup.runs)
    versions: dict[str, dict[str, None]] = {}
    for run in setup.runs:
        for name, version in (run.job.versions | run.log.versions).items():
            versions.setdefault(name, {})[version] = None
    rows = [("device", devices)] if devices else []
    rows += [(name, ", ".join(found)) for name, found in sorted(versions.items())]
    return table(("", ""), rows, is_words=True)
