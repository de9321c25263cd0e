"""The report's evidence: what the verdict rests on, what each arm took, and whether the arms were treated alike."""

from collections import Counter
from collections.abc import Sequence

from workbench.compare.claims import Claim
from workbench.compare.comparison import Comparison
from workbench.compare.ledger import Amounts
from workbench.compare.matched import MatchedArm, MatchedView
from workbench.compare.optimisation import TurningPoint
from workbench.domain.experiments import shown_name
from workbench.domain.samples import GOLD
from workbench.export.document import Cell, Part, Value, Words, bullets, table
from workbench.export.report_tables import NONE, by, figure, percent, signed

_AMOUNTS = ("prompts", "pairs", "tokens trained", "tokens generated", "FLOPs", "time", "device time", "memory")
_FRONTIERS = (
    "How many checkpoints of the one have more gold than the other reached within as much KL, by a checkpoint or a mixture of "
    "two: where the other has few checkpoints that is straight between them, so two arms may each stand above the other. "
    "Intervals over prompts, which know nothing of other seeds."
)
_ESTIMATORS = (
    "Nats per response, on the policy's own samples. The interval is that of the arm; the standard error is over all "
    "responses of its seeds, to compare it with what k1 and k3 make of the same responses, and says nothing of other seeds."
)
_MOST_ALIKE = 6  # arms without a turning point for the same reason that have a line each
_MOST_FIGURES, _MOST_CLAIMS = 40, 60  # more than that nobody reads; ten arms make 55 claims
_RATIOS = ((1e15, "P"), (1e12, "T"), (1e9, "G"))


def support(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns the figures that the sentences of the verdict rest on; of many those that stand first, and how many follow."""
    lines = list(dict.fromkeys(found.words for statement in comparison.statements for found in statement.support))
    more = len(lines) - _MOST_FIGURES
    note = (
        f"And {more:,} more figures: `workbench compare PROJECT --json` has all, under `statements`."
        if more > 0
        else ""
    )
    return bullets(lines[:_MOST_FIGURES]), Words(note, "caption") if note else None


def claims(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns a line for every two arms: how sure it is that one wins, and what would decide it."""
    rows: list[list[Value]] = [
        [
            f"{shown_name(claim.row)} over {shown_name(claim.column)}",
            percent(claim.rate),
            percent(claim.length_controlled.rate if claim.length_controlled else None),
            figure(claim.gold_difference),
            f"{claim.adjusted:.2g}",
            Cell("shown", strong=True) if claim.is_shown else "not shown",
            claim.decided_by or NONE,
        ]
        for claim in _told(comparison)
    ]
    head = (
        "claim",
        "win rate",
        "length held equal",
        _difference(comparison),
        "p, by Holm",
        "verdict",
        "would be decided by",
    )
    caption = (
        "Every two arms once, the one that won more first; p-values adjusted for their number by Holm. "
        f"{comparison.interval}."
    )
    if more := len(comparison.claims) - len(rows):
        caption += f" Those that are told apart best; {more:,} more are in `workbench compare PROJECT --claims`."
    return table(head, rows), Words(caption, "caption")


def _told(comparison: Comparison) -> Sequence[Claim]:
    """Returns the claims that a report lists: of very many those with the smallest p-values."""
    found = comparison.claims
    return found if len(found) <= _MOST_CLAIMS else sorted(found, key=lambda claim: claim.p_value)[:_MOST_CLAIMS]


def _difference(comparison: Comparison) -> str:
    return "gold difference" if comparison.score == GOLD else f"difference by {comparison.score}"


def ranking(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns the arms by Bradley-Terry strength; nothing where they were not ranked."""
    found = comparison.ranking
    if found is None:
        return ()
    rows: list[list[Value]] = [[shown_name(line.arm), line.rank, figure(line.elo, 0)] for line in found.lines]
    caption = f"Bradley-Terry strengths in points of Elo above {shown_name(found.origin)}, by {found.judge}. {found.interval}."
    if found.left_out:
        caption += f" Left out, since they met nobody: {', '.join(map(shown_name, found.left_out))}."
    return table(("arm", "rank", "Elo"), rows), Words(caption, "caption")


def seeds(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns every seed of every trained arm, those that collapsed among them."""
    rows: list[list[Value]] = [
        [
            shown_name(arm.arm),
            seed.seed,
            seed.state,
            NONE if seed.last_step is None else seed.last_step,
            figure(seed.gold),
            figure(seed.proxy),
            figure(seed.kl),
            NONE if seed.best_step is None else seed.best_step,
            figure(seed.best_gold),
            Cell("; ".join(seed.collapsed), strong=True) if seed.collapsed else "no",
        ]
        for arm in comparison.seeds
        for seed in arm.seeds
        if seed.run is not None
    ]
    head = (
        "arm",
        "seed",
        "state",
        "step",
        by(comparison),
        "proxy",
        "KL (nats)",
        "best step",
        f"{by(comparison)} there",
        "collapsed",
    )
    return table(head, rows), Words(f"Intervals over prompts. {comparison.selection}", "caption")


def matched(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns the arms at as much data, compute, KL or proxy score as every arm reached."""
    parts: list[Part | None] = []
    for view in comparison.matched:
        parts += [Words(_level(view)), _matched_table(view, by(comparison))]
    return tuple(parts)


def _level(view: MatchedView) -> str:
    label = view.label[:1].upper() + view.label[1:]
    if view.level is None:
        return f"{label}: {view.note}"
    unit = f" {view.unit}" if view.unit else ""
    limit = f", as far as {view.limited_by} went" if view.limited_by else ""
    return f"{label}: {view.level:,.4g}{unit}{limit}. {view.note}"


def _matched_table(view: MatchedView, score: str) -> Part | None:
    rows = [_matched_row(arm) for arm in view.arms]
    return table(("arm", "at step", score, "win rate", "KL (nats)", "proxy"), rows)


def _matched_row(arm: MatchedArm) -> list[Value]:
    steps = ", ".join(dict.fromkeys(f"{step:,.0f}" for step in arm.steps))
    return [shown_name(arm.arm), steps, figure(arm.gold), percent(arm.win_rate), figure(arm.kl), figure(arm.proxy)]


def optimisation(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns what optimising the proxy did: where gold turns, who stands above whose frontier, best of n, KL as measured."""
    found = comparison.optimisation
    turns = _turns(found.turning_points)
    above = [[f"{one.row} above {one.column}", figure(one.above, 0), one.above.n] for one in found.dominance]
    best = [[one.name, one.n, f"{one.kl_bound:.2f}", figure(one.gold), figure(one.proxy)] for one in found.best_of_n]
    last = {row.arm: row for row in found.kl}  # the last checkpoint of each arm
    measured: list[list[Value]] = [
        [row.arm, ", ".join(map(str, dict.fromkeys(row.steps))), figure(row.kl), f"{row.se:.3f}", _number(row.k1),
         _number(row.k3), _number(row.per_token)]
        for row in last.values()
    ]  # fmt: skip
    return (
        table((f"where {comparison.score} is highest", "KL (nats)", "height (s.d.)", "how"), turns),
        table(("checkpoints above another's frontier", "above", "of"), above),
        table(("best of n", "n", "KL at most (nats)", f"{comparison.score} gained", "proxy gained"), best),
        Words(_FRONTIERS, "caption") if above else None,
        table(("KL, last checkpoint", "step", "exact", "s.e.", "k1", "k3", "a token"), measured),
        Words(_ESTIMATORS, "caption") if measured else None,
        bullets(found.notes),
    )


def _turns(points: Sequence[TurningPoint]) -> list[list[Value]]:
    """Returns a line for each arm; many arms of which no form is shown for one reason share a line."""
    rows: list[list[Value]] = []
    same = Counter(turn.why_not for turn in points)
    for turn in points:
        how = turn.why_not or ("measured" if turn.is_measured else "extrapolated")
        if not turn.why_not or same[how] <= _MOST_ALIKE:
            rows.append([turn.arm, figure(turn.kl), figure(turn.height), how])
    for why, n in same.items():
        if why and n > _MOST_ALIKE:
            rows.append([f"{n} arms", NONE, NONE, why])
    return rows


def _number(value: float | None) -> str:
    return NONE if value is None else signed(f"{value:.3f}")


def costs(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns what each arm took, stage by stage, and in all."""
    bills = comparison.costs
    rows: list[list[Value]] = []
    for bill in bills.arms:
        for line in bill.lines:
            shared = f" (shared with {', '.join(line.shared_with)})" if line.shared_with else ""
            rows.append([f"{bill.arm}: {line.stage}{shared}", *_amounts(line)])
        rows.append([Cell(f"{bill.arm}: in all", strong=True), *_amounts(bill.total)])
    if len(bills.arms) > 1:
        rows.append([Cell("all arms together", strong=True), *_amounts(bills.together)])
    return table(("", *_AMOUNTS), rows), Words(bills.counting, "caption"), bullets(bills.notes)


def _amounts(found: Amounts) -> list[Value]:
    counts = (found.prompts, found.pairs, found.tokens_trained, found.tokens_generated)
    return [
        *(NONE if value is None else f"{value:,.0f}" for value in counts),
        _flops(found.flops),
        *(NONE if value is None else f"{value:,.0f} s" for value in (found.wall_s, found.device_s)),
        NONE if found.memory_mib is None else f"{found.memory_mib:,.0f} MiB",
    ]


def _flops(value: float | None) -> str:
    if value is None:
        return NONE
    return next((f"{value / size:,.3g} {letter}" for size, letter in _RATIOS if value >= size), f"{value:,.0f}")


def fairness(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns what should be the same for all arms, arm by arm; bold where it is not."""
    names = [arm.name for arm in comparison.arms if arm.method != "reference"]
    if len(names) < 2:
        return ()
    rows: list[list[Value]] = []
    for pin in comparison.fairness:
        found = [" and ".join(pin.values.get(name, ())) or NONE for name in names]
        alike = "yes" if pin.is_same else Cell("no", strong=True)
        rows.append([pin.name, alike, *(Cell(words, strong=not pin.is_same) for words in found)])
    caption = "What a fair comparison holds fixed. Bold where arms differ."
    return table(("", "alike", *names), rows, is_words=True), Words(caption, "caption")
