"""new, show, copy, move, rename."""

from __future__ import annotations  # names of `api` are imported only when they are used

from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench import api
from workbench.cli.output import Debug, Json, ProjectFolder, examples, print_json, print_table, say

_RENAMED = (
    'workbench rename my-project "Helpful and harmless"',
    "workbench rename my-project helpful-2 --dataset helpful",
    'workbench rename my-project "PPO, KL 0.02" --run ppo-s0-1a2b3c4d',
)
NewFolder = Annotated[Path, typer.Argument(metavar="NEW", help="A folder that does not exist.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command("new", epilog=examples("workbench new my-project"))(new)
    app.command("show", epilog=examples("workbench show my-project", "workbench show my-project --json"))(show)
    small = "workbench copy my-project to-send --weights none"
    app.command("copy", epilog=examples("workbench copy my-project trial", small))(copy)
    app.command("move", epilog=examples("workbench move my-project archive/my-project"))(move)
    app.command("rename", epilog=examples(*_RENAMED))(rename)


def new(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The project's folder; made where absent.", show_default=False)
    ],
    name: Annotated[str | None, typer.Option(help="The project's name; the folder's where absent.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Make an empty project."""
    project = api.create_project(folder, name)
    if json:
        print_json({"project": str(project.folder), "name": project.manifest().name})
    else:
        say(f"Made {project.folder}. Next: workbench import {folder} FILE --name NAME")


def show(folder: ProjectFolder, json: Json = False, debug: Debug = False) -> None:
    """Show what a project holds and where its runs are."""
    view = api.show_project(api.open_project(folder))
    if json:
        print_json(view)
        return
    say(f"{view.name}  ({view.folder})")
    print_table(
        ["dataset", "kind", "rows", "prompts", "ties", "train / validation / test"],
        [
            [
                d.name,
                d.kind,
                str(d.n_rows),
                str(d.n_prompts),
                str(d.n_ties),
                " / ".join(map(str, d.splits.counts.values())),
            ]
            for d in view.datasets
        ],
    )
    say()
    print_table(
        ["run", "method", "seed", "state", "step", ""],
        [[r.id, r.method, str(r.seed), r.state, f"{r.step}/{r.total}", r.message] for r in view.runs],
    )


def copy(
    folder: ProjectFolder,
    destination: NewFolder,
    weights: Annotated[
        Literal["all", "last", "none"],
        typer.Option(
            help="Which checkpoints go along: all, each run's last one, or none. Curves and samples always do."
        ),
    ] = "all",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Copy a project with its runs; what was going on is stopped in the copy."""
    _tell(api.copy_project(api.open_project(folder), destination, weights=weights), json=json)


def move(folder: ProjectFolder, destination: NewFolder, json: Json = False, debug: Debug = False) -> None:
    """Move a project to another folder."""
    _tell(api.move_project(api.open_project(folder), destination), json=json)


def rename(
    folder: ProjectFolder,
    name: Annotated[str, typer.Argument(help="What people will call it.", show_default=False)],
    dataset: Annotated[str | None, typer.Option(help="Rename this dataset.")] = None,
    experiment: Annotated[str | None, typer.Option(help="Rename this experiment, or an arm of it.")] = None,
    run: Annotated[str | None, typer.Option(help="Rename this run's arm, in all its seeds.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Give a project another name, or what it holds; its folder stays."""
    project = api.open_project(folder)
    if dataset is not None:
        api.rename_dataset(project, dataset, name)
    elif run is not None:
        run_id = api.find_run(project, run)
        home = experiment or next(group.name for group in api.show_experiments(project) if run_id in group.arms)
        api.rename_run(project, home, run_id, name)
    elif experiment is not None:
        api.rename_experiment(project, experiment, name)
    else:
        api.rename_project(project, name)
    _tell(project, json=json)


def _tell(project: api.Project, *, json: bool) -> None:
    if json:
        print_json({"project": str(project.folder), "name": project.name})
    else:
        say(f"{project.name}  ({project.folder})")
