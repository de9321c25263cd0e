"""The comparison's further tables, and how many prompts show a difference."""

from __future__ import annotations  # names of `api` are imported only when they are used

from typing import Annotated

import typer

from workbench import api
from workbench.cli.output import Debug, Json, examples, print_json, print_table, say
from workbench.domain.errors import BadSetting
from workbench.domain.estimates import Estimate
from workbench.domain.experiments import shown_name


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(
        "power",
        epilog=examples(
            "workbench power --points 5",
            "workbench power --points 3 --discordance 0.4",
            "workbench power 158/256 146/256",
        ),
    )(power)


def power(
    rates: Annotated[
        list[str] | None, typer.Argument(metavar="[WINS/PROMPTS...]", help="Win rates to test, as 158/256; one or two.")
    ] = None,
    points: Annotated[float, typer.Option(help="The difference to show, in percentage points.")] = 5.0,
    discordance: Annotated[
        list[float] | None,
        typer.Option(
            help="Shares of prompts on which the two arms differ. Default: 0.2, 0.3 and 0.5.", show_default=False
        ),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Say how many test prompts show a difference, or what win rates that were published do show."""
    if rates:
        _print_rates([_rate(text) for text in rates], json)
        return
    table = api.tabulate_power(points, discordance or (0.2, 0.3, 0.5))
    if json:
        print_json(table)
        return
    print_table(
        [f"to show {table.points:g} points, 8 times in 10 at p < 0.05", "prompts"],
        [
            ["one arm's win rate over another, against 50 %", f"{table.against_half:,}"],
            ["two arms, each on prompts of its own", f"{table.independent:,} each"],
            *([f"two arms on the same prompts, {100 * share:g} % of them not tied", f"{n:,}"]
              for share, n in table.paired.items()),
        ],
    )  # fmt: skip


def print_claims(comparison: api.Comparison) -> None:
    """Prints every claim that two arms differ."""
    if not comparison.claims:
        say("Claims need two arms that answered the same prompts under the same seeds.")
        return
    print_table(
        ["claim", "win rate, %", "LC win rate, %", comparison.score, "p", "by Holm", "shown", "decided by"],
        [
            [
                f"{shown_name(claim.row)} over {shown_name(claim.column)}",
                _between(claim.rate, scale=100),
                _between(claim.length_controlled.rate, scale=100) if claim.length_controlled else "-",
                _between(claim.gold_difference, form="+.2f"),
                _p(claim.p_value),
                _p(claim.adjusted),
                "shown" if claim.is_shown else "open",
                claim.decided_by,
            ]
            for claim in comparison.claims
        ],
    )
    say(
        f"By {comparison.judge}, last checkpoints; {comparison.interval}. Shown: p by Holm for all "
        f"{len(comparison.claims)} claims below 0.05. LC, length-controlled: AlpacaEval 2's model without its term for a "
        "prompt's difficulty, lengths in characters. Decided by: in all, 8 times in 10, if the rate measured is the true one."
    )


def print_ranking(ranking: api.Ranking | None) -> None:
    """Prints arms or checkpoints by strength."""
    if ranking is None or not ranking.lines:
        say("A ranking needs two to 40 arms that answered the same prompts under the same seeds.")
        return
    print_table(
        ["rank", "arm", "step", "Elo"],
        [
            [
                str(line.rank),
                shown_name(line.arm),
                ", ".join(map(str, dict.fromkeys(line.steps))),
                _between(line.elo, form="+.0f"),
            ]
            for line in ranking.lines
        ],
    )
    say(f"Bradley-Terry by {ranking.judge}, ties half; 0 is {shown_name(ranking.origin)}. {ranking.interval}.")
    if ranking.left_out:
        say(f"Left out, since they met nobody: {', '.join(map(shown_name, ranking.left_out))}.")


def _print_rates(rates: list[tuple[float, int]], json: bool) -> None:
    found = api.weigh_rates(rates)
    if json:
        print_json(found)
        return
    print_table(
        ["wins of prompts", "win rate, %"],
        [[f"{wins:g} of {n}", _between(rate, scale=100)] for (wins, n), rate in zip(rates, found.rates, strict=True)],
    )
    say("With Wilson's 95 % interval.")
    if found.z is not None and found.p_value is not None:
        say(f"The two differ by z = {found.z:.2f}, p = {_p(found.p_value)}, as measured on prompts of their own.")


def _rate(text: str) -> tuple[float, int]:
    wins, _, n = text.partition("/")
    try:
        return float(wins), int(n)
    except ValueError as error:
        raise BadSetting(f"`{text}` is no win rate; expected wins and prompts, as 158/256.") from error


def _between(value: Estimate, *, scale: float = 1, form: str = ".1f") -> str:
    if value.low == value.mean == value.high == 0:  # who stands at 0 by definition
        return "0"
    mean, low, high = (f"{scale * number:{form}}" for number in (value.mean, value.low, value.high))
    return f"{mean}\n[{low}, {high}]"


def _p(value: float) -> str:
    return "<0.0001" if value < 1e-4 else f"{value:.4f}"
