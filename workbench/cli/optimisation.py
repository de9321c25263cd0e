"""optimisation."""

from __future__ import annotations  # names of `api` are imported only when they are used

from typing import TYPE_CHECKING, Annotated

import typer

from workbench import api
from workbench.cli.output import Debug, Json, ProjectFolder, examples, print_json, print_table, say
from workbench.cli.results import Experiment, Judge, figure
from workbench.domain.views import View

if TYPE_CHECKING:
    from workbench.compare.optimisation import Optimisation, TurningPoint


def register(app: typer.Typer) -> None:
    """Adds this command."""
    app.command(
        "optimisation",
        epilog=examples(
            "workbench optimisation my-project",
            "workbench optimisation my-project --judge length",
            "workbench optimisation my-project --json",
        ),
    )(optimisation)


def optimisation(
    folder: ProjectFolder,
    runs: Annotated[list[str] | None, typer.Argument(metavar="[RUN...]", help="All where none is named.")] = None,
    experiment: Experiment = None,
    judge: Judge = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """What optimising the reward model did: KL, where gold turns, frontiers, best of n.

    The charts: `compare --panel overoptimisation --panel frontier --panel kl_profile --panel best_of_n --out FILE`.
    """
    project = api.open_project(folder)
    run_ids = [api.find_run(project, run) for run in runs] if runs else None
    comparison = api.compare_runs(project, run_ids, view=View(judge=judge or ""), experiment=experiment)
    found = comparison.optimisation
    if json:
        print_json(found)
        return
    _print_kl(found)
    _print_turns(found.turning_points)
    _print_dominance(found)
    _print_best_of_n(found)


def _print_kl(found: Optimisation) -> None:
    say("KL to the start model, nats per response, on the policy's own samples; s.e. over all responses")
    rows = [
        [row.arm, f"{row.steps[0]:,}", figure(row.kl, digits=3), f"{row.se:.3f}", _number(row.k1), _number(row.k3),
         _number(row.per_token, 4)]
        for row in found.kl
    ]  # fmt: skip
    print_table(["arm", "step", "KL", "s.e.", "k1", "k3", "per token"], rows)
    for note in found.notes:
        say(f"Note: {note}")
    say()


def _print_turns(turns: tuple[TurningPoint, ...]) -> None:
    say(
        "Where gold is highest by Gao's form (2210.10760), shown where it fits better than a line and bends for certain"
    )
    rows = []
    for turn in turns:
        where = turn.why_not or ("measured" if turn.is_measured else "extrapolated")
        form = "RL" if turn.form == "rl" else "best of n"
        rows.append(
            [turn.arm, form, figure(turn.kl), figure(turn.height), figure(turn.alpha), figure(turn.beta), where]
        )
    print_table(["arm", "form", "turns at, nats", "height, s.d.", "alpha", "beta", ""], rows)
    say()


def _print_dominance(found: Optimisation) -> None:
    if not found.dominance:
        say(found.no_dominance)
        say()
        return
    say("Checkpoints above another arm's frontier, with its 95 % interval over prompts")
    rows = [
        [one.row, one.column, f"{one.above.mean:.0f} of {one.above.n}", f"{one.above.low:.0f} to {one.above.high:.0f}"]
        for one in found.dominance
    ]
    print_table(["checkpoints of", "above the frontier of", "count", "interval"], rows)
    say()


def _print_best_of_n(found: Optimisation) -> None:
    if not found.best_of_n:
        say("Best of n was not sampled yet: `workbench best-of-n PROJECT` does, without training.")
        return
    say("Best of n, chosen by the reward model: scores above a single sample of the start model")
    rows = [
        [one.name, str(one.n), f"{one.kl_bound:.4f}", figure(one.gold), figure(one.proxy)] for one in found.best_of_n
    ]
    print_table(["", "n", "KL bound, nats", "gold", "proxy"], rows)


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
