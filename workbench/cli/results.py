"""compare, views."""

from __future__ import annotations  # names of `api` are imported only when they are used

from pathlib import Path
from typing import Annotated, Any

import typer

from workbench import api
from workbench.cli.claims import print_claims, print_ranking
from workbench.cli.fair_tables import Further, fair_tables, print_fairness, print_tables
from workbench.cli.output import Debug, Json, ProjectFolder, examples, flag, note, print_json, print_table, say
from workbench.domain.estimates import Estimate
from workbench.domain.experiments import shown_name
from workbench.domain.figures import FigureStyle, Font, Ground
from workbench.domain.matching import LEVELS
from workbench.domain.views import View, XAxis

Experiment = Annotated[str | None, typer.Option(help="Only the arms of this experiment.", show_default=False)]
Named = Annotated[str | None, typer.Option("--view", help="A saved view; other flags change it.", show_default=False)]
X = Annotated[XAxis | None, flag(View, "x")]
Smoothing = Annotated[float | None, flag(View, "smoothing")]
Baseline = Annotated[str | None, flag(View, "baseline")]
Judge = Annotated[str | None, flag(View, "judge")]
Panels = Annotated[list[str] | None, flag(View, "panels", "--panel")]
Hidden = Annotated[list[str] | None, flag(View, "hidden", "--hide")]
_COMPARE_EPILOG = examples(
    "workbench compare my-project",
    "workbench compare my-project --x kl --smoothing 5 --out comparison.svg",
    "workbench compare my-project --panel frontier --out frontier.pdf --width 85 --height 70 --font serif",
    "workbench compare my-project --x tokens --hide reference --save-view 'by tokens'",
    "workbench compare my-project --view 'by tokens' --out by-tokens.png --dpi 300 --ground dark",
    "workbench compare my-project --experiment stories",
    "workbench compare my-project --judge llm:openai",
    "workbench compare my-project --costs --seeds",
    "workbench compare my-project --matched kl --matched compute",
    "workbench compare my-project --claims --ranking",
    "workbench compare my-project --checkpoints",
    "workbench compare my-project ppo-s0-1a2b3c4d dpo-s0-5e6f7a8b --json",
)


_LEVELS = "|".join(LEVELS)
_MATCHED = (
    "The arms at a common level of this: the largest that all of their seeds reached. May be given several times."
)


def _known_levels(wanted: list[str] | None) -> list[str] | None:
    if unknown := set(wanted or ()) - set(LEVELS):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: expected {', '.join(LEVELS)}")
    return wanted


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command("compare", epilog=_COMPARE_EPILOG)(compare)
    app.command(
        "views",
        epilog=examples(
            "workbench views my-project",
            "workbench views my-project --rename 'by tokens' --to tokens",
            "workbench views my-project --delete tokens",
        ),
    )(views)


def compare(  # noqa: PLR0913, PLR0917  (one argument a flag)
    folder: ProjectFolder,
    runs: Annotated[list[str] | None, typer.Argument(metavar="[RUN...]", help="All where none is named.")] = None,
    view: Named = None,
    x: X = None,
    smoothing: Smoothing = None,
    baseline: Baseline = None,
    judge: Judge = None,
    panels: Panels = None,
    hidden: Hidden = None,
    save_view: Annotated[str | None, typer.Option(help="Keep all this as a view.", show_default=False)] = None,
    out: Annotated[Path | None, typer.Option(help="A figure (.svg, .png, .pdf) or its series (.csv).")] = None,
    width: Annotated[float | None, flag(FigureStyle, "width")] = None,
    height: Annotated[float | None, flag(FigureStyle, "height")] = None,
    dpi: Annotated[int | None, flag(FigureStyle, "dpi")] = None,
    ground: Annotated[Ground | None, flag(FigureStyle, "ground")] = None,
    font: Annotated[Font | None, flag(FigureStyle, "font")] = None,
    experiment: Experiment = None,
    costs: Annotated[
        bool, typer.Option("--costs", help="What each arm took, with the stages that it rests on.")
    ] = False,
    seeds: Annotated[bool, typer.Option("--seeds", help="Every seed of every arm, and which collapsed.")] = False,
    matched: Annotated[list[str] | None, typer.Option(help=_MATCHED, metavar=_LEVELS, callback=_known_levels)] = None,
    claims: Annotated[bool, typer.Option("--claims", help="Print every claim that two arms differ.")] = False,
    ranking: Annotated[bool, typer.Option("--ranking", help="Print the arms by Bradley-Terry strength.")] = False,
    checkpoints: Annotated[bool, typer.Option("--checkpoints", help="Rank every checkpoint.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare arms: rewards, KL, win rates, verdict, costs."""
    project = api.open_project(folder)
    run_ids = [api.find_run(project, run) for run in runs] if runs else None
    changes = {"baseline": baseline, "judge": judge, "panels": panels, "hidden": hidden}
    wanted = view_of(project, view, x=x, smoothing=smoothing, **changes)
    style = FigureStyle.read(given(width=width, height=height, dpi=dpi, ground=ground, font=font), where="the flags")
    as_numbers = out is not None and out.suffix == ".csv"
    comparison = api.compare_runs(project, run_ids, view=wanted, experiment=experiment, with_all_points=as_numbers)
    written = api.write_charts(comparison, out, style) if out else []
    if save_view is not None:
        api.save_view(project, save_view, comparison.view)
    further = fair_tables(comparison, costs=costs, seeds=seeds, matched=matched or ())
    ranked = comparison.ranking
    if checkpoints:
        ranked = api.rank_checkpoints(project, run_ids, view=comparison.view, experiment=experiment)
    is_ranked = ranking or checkpoints
    if json:
        ranks = {"ranking": ranked.model_dump(mode="json") if ranked else None} if is_ranked else {}
        print_json(comparison.to_json() | ranks | {name: values for name, (values, _) in further.items()})
    else:
        _print_all(comparison, further, claims=claims, ranked=ranked, is_ranked=is_ranked)
    for path in written:
        note(f"Wrote {path}")


def _print_all(
    comparison: api.Comparison, further: Further, *, claims: bool, ranked: api.Ranking | None, is_ranked: bool
) -> None:
    """Prints the comparison and below it the further tables that were asked for."""
    print_comparison(comparison)
    if claims:
        print_claims(comparison)
    if is_ranked:
        print_ranking(ranked)
    for _, tables in further.values():
        print_tables(tables)


def views(
    folder: ProjectFolder,
    rename: Annotated[str | None, typer.Option(metavar="NAME", help="The view to rename, with --to.")] = None,
    to: Annotated[str | None, typer.Option(metavar="NAME", help="Its new name.")] = None,
    delete: Annotated[str | None, typer.Option(metavar="NAME", help="The view to delete.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the saved views of a project's comparison; rename or delete one."""
    if (rename is None) != (to is None):
        raise typer.BadParameter("--rename and --to go together")
    project = api.open_project(folder)
    if rename is not None and to is not None:
        api.rename_view(project, rename, to)
    if delete is not None:
        api.delete_view(project, delete)
    found = {kept: api.name_arms(project, view) for kept, view in api.list_views(project).items()}
    if json:
        print_json({"views": {name: view.model_dump(mode="json") for name, view in found.items()}})
    elif found:
        rows = [[name, view.x, f"{view.smoothing:g} %", view.baseline or "start", ", ".join(view.panels),
                 ", ".join(view.hidden)] for name, view in found.items()]  # fmt: skip
        print_table(["view", "x-axis", "smoothing", "baseline", "panels", "hidden"], rows)
    else:
        say("No view is saved yet: `workbench compare PROJECT --save-view NAME` keeps one.")


def view_of(project: api.Project, name: str | None, **changes: Any) -> View:
    """Returns a saved view, or the default one, with what the flags change."""
    view = api.read_view(project, name) if name is not None else View()
    return View.read(view.model_dump() | given(**changes), where="the flags")


def given(**values: Any) -> dict[str, Any]:
    """Returns the flags that were given, by the names of their settings."""
    return {name: value for name, value in values.items() if value is not None}


def print_comparison(comparison: api.Comparison) -> None:
    """Prints the table of arms, the verdict and the warnings."""
    print_table(
        ["arm", "method", "seeds", comparison.score, "proxy", "KL, nats", "win rate, %", "LC, %",
         *(f"by {judge}" for judge in comparison.further_judges)],
        [
            [shown_name(arm.name), "-" if arm.method == "reference" else arm.method, str(len(arm.seeds)),
             figure(arm.gold), figure(arm.proxy), figure(arm.kl), figure(arm.win_rate, digits=1, scale=100),
             figure(arm.length_controlled.rate if arm.length_controlled else None, digits=1, scale=100),
             *(figure(arm.last.scores[judge]) for judge in comparison.further_judges)]
            for arm in comparison.arms
        ]
        + [
            [one.name, f"best of {one.n}", str(len(one.seeds)), figure(one.gold), figure(one.proxy), f"<= {one.kl_bound:.2f}",
             figure(one.win_rate, digits=1, scale=100), "-", *("-" for _ in comparison.further_judges)]
            for one in comparison.sampled_shown
        ],
    )  # fmt: skip
    rates = f"Win rates are against {comparison.rival}, by {comparison.judge}; LC is with length held equal."
    say(f"Under each figure its interval: {comparison.interval}. {rates}")
    for one in comparison.sampled_shown:
        say(
            f"{one.name}: expected of {one.n} responses to each of {one.n_prompts} prompts, nothing trained; KL at most."
        )
    print_fairness(comparison)
    say()
    say(comparison.verdict)
    differing = {pin.sentence for pin in comparison.unequal}
    for warning in comparison.warnings:
        if warning not in differing:
            say(f"Note: {warning}")


def figure(value: Estimate | None, *, digits: int = 2, scale: float = 1) -> str:
    """Returns a figure with its interval beneath it, so that all columns stand side by side in a narrow window."""
    if value is None:
        return "-"
    mean, low, high = (f"{scale * number:.{digits}f}" for number in (value.mean, value.low, value.high))
    return f"{mean}\n[{low}, {high}]"
