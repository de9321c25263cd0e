"""diff, drafts, models, judges; what an experiment would run, printed."""

from __future__ import annotations  # names of `api` are imported only when they are used

from pathlib import Path
from typing import Annotated

import typer

from workbench import api
from workbench.cli.output import Debug, Json, ProjectFolder, examples, print_json, print_table, say
from workbench.domain.costs import between, duration, memory, money, parameters
from workbench.domain.errors import AlreadyExists
from workbench.domain.experiments import Experiment

_FILE = Path("experiment.yaml")
EXPERIMENT_HELP = "A YAML file, or the name of an experiment or draft of the project."
Named = Annotated[str, typer.Argument(help=EXPERIMENT_HELP, show_default=False)]


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command(
        "diff", epilog=examples("workbench diff my-project stories stories-2", "workbench diff p a.yaml b.yaml")
    )(diff)
    app.command(
        "drafts",
        epilog=examples(
            "workbench drafts my-project",
            "workbench drafts my-project --save experiment.yaml",
            "workbench drafts my-project --delete sweep",
        ),
    )(drafts)
    app.command("yaml", epilog=examples("workbench yaml my-project stories", "workbench yaml p stories --out e.yaml"))(
        yaml
    )
    app.command("choices", epilog=examples("workbench choices my-project"))(choices)


def find_experiment(project: api.Project, named: str) -> tuple[Experiment, Path]:
    """Returns an experiment by a file or by its name in the project, and the folder that its relative paths start from."""
    path = Path(named)
    if path.exists() or path.suffix in {".yaml", ".yml"}:
        return api.read_experiment(path), path.resolve().parent
    return api.find_experiment(project, named), project.folder


def diff(folder: ProjectFolder, left: Named, right: Named, json: Json = False, debug: Debug = False) -> None:
    """Show the settings in which two experiments differ, and nothing else."""
    project = api.open_project(folder)
    lines = api.diff_experiments(api.find_experiment(project, left), api.find_experiment(project, right))
    if json:
        print_json({"differences": [line.model_dump() for line in lines]})
        return
    if not lines:
        say("They are the same.")
        return
    rows = [
        [line.place, f"{line.label} ({line.unit})" if line.unit else line.label, line.left, line.right]
        for line in lines
    ]
    print_table(["", "setting", left, right], rows)


def drafts(
    folder: ProjectFolder,
    save: Annotated[Path | None, typer.Option(help="Keep this experiment file as a draft under its name.")] = None,
    delete: Annotated[str | None, typer.Option(help="Remove the draft of this name.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the project's drafts: experiments that were set up and not launched. `run` takes their names."""
    project = api.open_project(folder)
    if save is not None:
        experiment = api.open_experiment(project, save)
        api.save_draft(project, experiment.name, api.ExperimentDraft.of(experiment))
    if delete is not None:
        api.delete_draft(project, delete)
    names = api.draft_names(project)
    if json:
        print_json({"drafts": names})
        return
    for name in names or ["No drafts."]:
        say(name)


def yaml(
    folder: ProjectFolder,
    experiment: Named,
    out: Annotated[
        Path | None,
        typer.Option(
            help=f"The file, which is replaced; relative paths in it start at its folder. Default: {_FILE}, if there is none.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write an experiment or draft of the project as a file that `run` reads."""
    project = api.open_project(folder)
    if out is None and _FILE.exists():
        raise AlreadyExists(
            f"There is a file {_FILE} already.", "Name a file with --out; one that is named is replaced."
        )
    api.export_experiment(project, api.find_experiment(project, experiment), out or _FILE)
    if json:
        print_json({"out": str(out or _FILE)})
    else:
        say(f"Wrote {out or _FILE}.")


def choices(folder: ProjectFolder, json: Json = False, debug: Debug = False) -> None:
    """List the base models and judges at hand that an experiment may name."""
    project = api.open_project(folder)
    models, judges = api.list_models(project), api.list_judges(project)
    if json:
        said = [model._asdict() for model in models]
        print_json({"models": said, "judges": [judge.model_dump() for judge in judges]})
        return
    sizes = [parameters(model.n_parameters) if model.n_parameters else "" for model in models]
    rows = [[model.name, model.where, size, model.problem] for model, size in zip(models, sizes, strict=True)]
    print_table(["model", "where", "parameters", "problem"], rows)
    say()
    print_table(["judge", "measures"], [[judge.name, judge.measures] for judge in judges])


def print_plan(plan: api.ExperimentPlan, *, json: bool) -> None:
    """Prints the runs in the order of their work with what each will take, then the total."""
    if json:
        print_json(plan)
        return
    print_table(["stage", "method", "seed", "", "time", "memory", "by"], [_row(run) for run in plan.runs])
    say()
    say(f"{plan.n_new} to do, {plan.n_reused} reused.{_total(plan)}")
    for warning in plan.warnings:
        say(warning)


def _row(run: api.PlannedRun) -> list[str]:
    about = [run.name, run.method, str(run.seed), run.fate]
    if run.cost is None:
        return [*about, "", "", "" if run.is_reused else "unknown"]
    return [*about, duration(run.cost.seconds.expected), memory(run.cost.memory_mib.expected), run.cost.basis]


def _total(plan: api.ExperimentPlan) -> str:
    cost = plan.cost
    if cost.seconds is None or cost.memory_mib is None:
        return " Time and memory are not known." if plan.n_new else ""
    unknown = f", without {cost.n_unknown} that cannot be estimated" if cost.n_unknown else ""
    paid = f" Endpoints ask for up to {money(cost.dollars)}." if cost.dollars else ""
    at_once = f"{cost.at_once} at once on {cost.device}"
    unknown += f", after {cost.n_ahead} other runs of the queue" if cost.n_ahead else ""
    return f" {between(cost.seconds).capitalize()}, {at_once}, up to {memory(cost.memory_mib)} each{unknown}.{paid}"
