"""delete, restore, trash, duplicate, tag."""

from __future__ import annotations  # names of `api` are imported only when they are used

from typing import Annotated

import typer

from workbench import api
from workbench.cli.output import Debug, Json, ProjectFolder, examples, print_json, print_table, say
from workbench.domain.errors import BadInput

_MIB = 2**20
RunIds = Annotated[
    list[str] | None, typer.Argument(metavar="[RUN...]", help="Runs, by id or its beginning.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    dataset = "workbench delete my-project --dataset helpful"
    app.command("delete", epilog=examples("workbench delete my-project ppo-s0-1a2b3c4d", dataset))(delete)
    app.command("restore", epilog=examples("workbench restore my-project", "workbench restore my-project 1795-ab12"))(
        restore
    )
    app.command("trash", epilog=examples("workbench trash my-project", "workbench trash my-project --empty"))(trash)
    settings = "workbench duplicate my-project dpo-s0-1a2b3c4d --set beta=0.3"
    app.command("duplicate", epilog=examples("workbench duplicate my-project ppo-s0-1a2b3c4d --seed 7", settings))(
        duplicate
    )
    app.command("tag", epilog=examples("workbench tag my-project ppo-s0-1a2b3c4d --add keep --remove draft"))(tag)


def delete(
    folder: ProjectFolder,
    runs: RunIds = None,
    dataset: Annotated[str | None, typer.Option(help="Delete this dataset.")] = None,
    experiment: Annotated[str | None, typer.Option(help="Delete this experiment with its runs.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Move runs, a dataset or an experiment to the project's trash; `restore` brings them back."""
    project = api.open_project(folder)
    if [bool(runs), dataset is not None, experiment is not None].count(True) != 1:
        raise BadInput("Name runs, a --dataset or an --experiment, and one of these only.")
    if dataset is not None:
        deletion = api.delete_dataset(project, dataset)
    elif experiment is not None:
        deletion = api.delete_experiment(project, experiment)
    else:
        deletion = api.delete_runs(project, [api.find_run(project, run) for run in runs or ()])
    words = next(found.words for found in api.show_trash(project) if found.id == deletion)
    if json:
        print_json({"deletion": deletion, "words": words})
    else:
        say(f"Deleted {words}. To bring it back: workbench restore {folder} {deletion}")


def restore(
    folder: ProjectFolder,
    deletion: Annotated[str | None, typer.Argument(help="As `trash` lists it; the newest where absent.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Bring back what was deleted."""
    project = api.open_project(folder)
    newest = next((found.id for found in api.show_trash(project)), "")
    restored = api.restore(project, deletion or newest)
    if json:
        print_json({"deletion": restored.id, "words": restored.words, "runs": restored.run_ids})
    else:
        say(f"Brought back {restored.words}.")


def trash(
    folder: ProjectFolder,
    empty: Annotated[bool, typer.Option("--empty", help="Delete all of it for good.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show what was deleted and can be brought back, or delete it for good."""
    project = api.open_project(folder)
    if empty:
        freed = api.empty_trash(project)
        print_json({"freed": freed}) if json else say(f"Freed {freed / _MIB:,.1f} MiB.")
        return
    found = api.show_trash(project)
    if json:
        print_json({"trash": [one.model_dump(mode="json") for one in found]})
    else:
        print_table(["deletion", "what", "MiB"], [[one.id, one.words, f"{one.size / _MIB:,.1f}"] for one in found])


def duplicate(
    folder: ProjectFolder,
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or its beginning.", show_default=False)],
    seed: Annotated[int | None, typer.Option(help="Of the copy; the next free one where absent.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="A setting that differs, as beta=0.3.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Queue a run once more, under another seed or with other settings, and its evaluation."""
    project = api.open_project(folder)
    copy = api.duplicate_run(project, api.find_run(project, run), seed=seed, settings=api.read_changes(set_ or []))
    if json:
        print_json(copy)
    else:
        say(f"Queued {', '.join(copy.new) or copy.id}.")


def tag(
    folder: ProjectFolder,
    runs: RunIds = None,
    experiment: Annotated[str | None, typer.Option(help="Tag this experiment instead of runs.")] = None,
    add: Annotated[list[str] | None, typer.Option(help="A tag to add; may be given several times.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="A tag to take away.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Tag runs or an experiment, to find them again."""
    project = api.open_project(folder)
    if bool(runs) == (experiment is not None):
        raise BadInput("Name runs, or an --experiment.")
    add, remove = add or [], remove or []
    if experiment is not None:
        api.change_tags(project, "experiments", [experiment], add=add, remove=remove)
        tags = {group.name: list(group.tags) for group in api.show_experiments(project) if group.name == experiment}
    else:
        run_ids = [api.find_run(project, run) for run in runs or ()]
        api.change_tags(project, "runs", run_ids, add=add, remove=remove)
        tags = {run_id: list(api.show_run(project, run_id).tags) for run_id in run_ids}
    if json:
        print_json({"tags": tags})
        return
    for name, words in tags.items():
        say(f"{name}  {', '.join(words) or 'no tags'}")
