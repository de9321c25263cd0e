"""run, follow, stop, pause, resume, retry, priority, slots, evaluate, best-of-n, score."""

from __future__ import annotations  # names of `api` are imported only when they are used

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer
from rich.console import Console
from rich.status import Status

from workbench import api
from workbench.cli.experiments import EXPERIMENT_HELP, find_experiment, print_plan
from workbench.cli.follow import follow_to_the_end
from workbench.cli.output import Debug, Json, ProjectFolder, examples, flag, note, print_json, say
from workbench.domain.experiments import Experiment
from workbench.domain.recipes import BestOfNRecipe
from workbench.domain.records import RunState

RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or its beginning.", show_default=False)]
Detach = Annotated[bool, typer.Option("--detach", help="Return at once; the runs go on in the background.")]

_RUN_EPILOG = """\
An experiment file, complete (everything else has defaults):

\b
  name: stories
  model: models/stories260K      # a folder, or a hub id when online
  dataset: stories               # preference pairs
  test_prompts: prompts          # a prompts dataset; without it, the dataset's test split
  max_validation_prompts: 64     # of the validation split: they choose the best checkpoint, test prompts never do
  judges: [vader]                # the first is the gold judge
  seeds: [0, 1, 2]
  sft: false                     # true or settings: fine-tune on chosen first
  arms:
    - {name: ppo, method: ppo, kl_coef: 0.05}
    - {name: dpo, method: dpo, beta: 0.1}

""" + examples(
    "workbench run my-project experiment.yaml",
    "workbench run my-project experiment.yaml --plan",
    "workbench run my-project experiment.yaml --detach --json",
)


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command("run", epilog=_RUN_EPILOG)(run)
    app.command("follow", epilog=examples("workbench follow my-project dpo-s0-1a2b3c4d"))(follow)
    app.command("stop", epilog=examples("workbench stop my-project ppo-s0-1a2b3c4d"))(stop)
    app.command("pause", epilog=examples("workbench pause my-project ppo-s0-1a2b3c4d"))(pause)
    app.command("retry", epilog=examples("workbench retry my-project ppo-s0-1a2b3c4d"))(retry)
    app.command("priority", epilog=examples("workbench priority my-project ppo-s0-1a2b3c4d 10"))(priority)
    app.command("slots", epilog=examples("workbench slots my-project cpu 2", "workbench slots my-project cuda:0 2"))(
        slots
    )
    app.command("resume", epilog=examples("workbench resume my-project ppo-s0-1a2b3c4d"))(resume)
    app.command("evaluate", epilog=examples("workbench evaluate my-project dpo-s0-1a2b3c4d --checkpoints last"))(
        evaluate
    )
    app.command(
        "best-of-n",
        epilog=examples("workbench best-of-n my-project", "workbench best-of-n my-project ppo-s0-1a2b3c4d --n 64"),
    )(best_of_n)
    app.command("score", epilog=examples("workbench score my-project reward-s0-1a2b3c4d pairs.jsonl --out s.jsonl"))(
        score
    )


def run(
    folder: ProjectFolder,
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT", help=EXPERIMENT_HELP, show_default=False)],
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what would run, how long and in how much memory.")
    ] = False,
    processes: Annotated[int | None, flag(Experiment, "processes")] = None,
    accelerate_config: Annotated[Path | None, flag(Experiment, "accelerate_config")] = None,
    detach: Detach = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Train and evaluate all arms of an experiment. Ctrl+C leaves the runs going."""
    project = api.open_project(folder)
    found, base = find_experiment(project, experiment)
    config = accelerate_config and str(accelerate_config.resolve())
    if flags := {k: v for k, v in {"processes": processes, "accelerate_config": config}.items() if v is not None}:
        found = Experiment.parse(found.to_file() | flags, where=experiment)
    if plan:
        print_plan(api.plan_experiment(project, found, base=base), json=json)
        return
    jobs = api.run_experiment(project, found, base=base)
    show_or_follow(project, [job.id for job in jobs], detach=detach, json=json)


def follow(folder: ProjectFolder, run: RunId, json: Json = False, debug: Debug = False) -> None:
    """Watch a run to its end."""
    project = api.open_project(folder)
    show_or_follow(project, [api.find_run(project, run)], detach=False, json=json)


def stop(
    folder: ProjectFolder,
    run: RunId,
    now: Annotated[bool, typer.Option("--now", help="Do not wait for a checkpoint.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Ask a run to save a checkpoint and end; `resume` continues it."""
    project = api.open_project(folder)
    view = api.stop_run(project, api.find_run(project, run), now=now)
    _print_runs([view], json=json)


def pause(folder: ProjectFolder, run: RunId, json: Json = False, debug: Debug = False) -> None:
    """Interrupt a run until it is resumed."""
    project = api.open_project(folder)
    _print_runs([api.pause_run(project, api.find_run(project, run))], json=json)


def retry(folder: ProjectFolder, run: RunId, json: Json = False, debug: Debug = False) -> None:
    """Do a run that did not finish again from its beginning."""
    project = api.open_project(folder)
    _print_runs([api.retry_run(project, api.find_run(project, run))], json=json)


def priority(
    folder: ProjectFolder,
    run: RunId,
    priority: Annotated[int, typer.Argument(help="Higher goes first; 0 is usual.", show_default=False)],
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Move a queued run before those of lower priority."""
    project = api.open_project(folder)
    _print_runs([api.prioritise_run(project, api.find_run(project, run), priority)], json=json)


def slots(
    folder: ProjectFolder,
    device: Annotated[str, typer.Argument(help="cpu, cuda:0, mps.", show_default=False)],
    runs: Annotated[int, typer.Argument(help="How many at once.", show_default=False)],
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Let a device take several runs at once; one is the rule."""
    api.set_runs_per_device(api.open_project(folder), device, runs)
    if json:
        print_json({"device": device, "runs": runs})
    else:
        say(f"{device} takes {runs} runs at once.")


def resume(
    folder: ProjectFolder,
    run: RunId,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Train it with so many processes from now on.", show_default=False)
    ] = None,
    detach: Detach = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Continue a run from its last checkpoint."""
    project = api.open_project(folder)
    run_id = api.find_run(project, run)
    api.resume_run(project, run_id, processes=processes)
    show_or_follow(project, [run_id], detach=detach, json=json)


def evaluate(
    folder: ProjectFolder,
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Training runs.", show_default=False)],
    checkpoints: Annotated[Literal["all", "best", "last"], typer.Option(help="Which ones.")] = "all",
    detach: Detach = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Sample from checkpoints of runs, and judge."""
    project = api.open_project(folder)
    jobs = api.evaluate_runs(project, [api.find_run(project, run) for run in runs], checkpoints=checkpoints)
    show_or_follow(project, [job.id for job in jobs], detach=detach, json=json)


def best_of_n(
    folder: ProjectFolder,
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN...]", help="Reward models, or arms trained by one; none: all.")
    ] = None,
    n: Annotated[int, flag(BestOfNRecipe, "n", "--n")] = 16,
    max_prompts: Annotated[int, flag(BestOfNRecipe, "max_prompts", "--prompts")] = 64,
    detach: Detach = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Sample n answers of the start model and let the reward model choose: no training.

    `compare --panel frontier` draws it beside the arms; `optimisation` has its figures.
    """
    project = api.open_project(folder)
    chosen = [api.find_run(project, run) for run in runs or ()]
    jobs = api.sample_best_of_n(project, chosen, n=n, max_prompts=max_prompts)
    show_or_follow(project, [job.id for job in jobs], detach=detach, json=json)


def score(
    folder: ProjectFolder,
    run: RunId,
    source: Annotated[Path, typer.Argument(help="Any file that `import` reads.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Where to: .jsonl or .parquet.")] = Path("scores.jsonl"),
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Score responses with a reward model."""
    project = api.open_project(folder)
    with Status("starting the reward model", console=Console(stderr=True)) as status:
        result = api.score_responses(
            project,
            api.find_run(project, run),
            source,
            out,
            on_progress=lambda phase, n_done: status.update(f"{phase}: {n_done:,} responses"),
        )
    if json:
        print_json(result)
    else:
        say(f"Scored {result.responses} responses: {result.out} (mean {result.mean:.3f}, sd {result.sd:.3f}).")


def show_or_follow(project: api.Project, run_ids: Sequence[str], *, detach: bool, json: bool) -> None:
    """Prints the runs, at once or when nothing more will happen to them; exits with 1 where one did not finish."""
    if detach:
        views = [api.show_run(project, run_id) for run_id in run_ids]
        _print_runs(views, json=json)
        return
    views = follow_to_the_end(project, run_ids, quiet=json)
    _print_runs(views, json=json)
    if failed := [view for view in views if view.state is not RunState.FINISHED]:
        _end_with(failed)


def _end_with(failed: Sequence[api.RunView]) -> NoReturn:
    first = next((view for view in failed if view.message), failed[0])
    rest = f" ({len(failed)} of the runs did not finish)" if len(failed) > 1 else ""
    note(f"{first.id} {first.state}: {first.message} {first.hint}{rest}".strip())
    raise typer.Exit(1)


def _print_runs(views: Sequence[api.RunView], *, json: bool) -> None:
    if json:
        print_json({"runs": [view.model_dump(mode="json") for view in views]})
        return
    for view in views:
        say(f"{view.id}  {view.state}  {view.step}/{view.total}")
