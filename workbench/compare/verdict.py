"""The verdict: a short paragraph made from the numbers by fixed rules, each sentence with its evidence.

The rules, in order:
1. Arms that were not treated alike are not comparable, and that is said first.
2. Every two arms are compared on the same prompts; a claim is made where its p-value, adjusted by Holm for all claims
   of the comparison, is below 0.05. The arm with the highest mean win rate over the others won only if it beats every
   other arm. Where it is not told apart from the second, that no difference was shown is said first, of all that are
   level with it, in no order: another ranking may well put another of them first.
3. Each arm against the start model, by the same rule.
4. A claim that is shown, but not with length held equal, is named: longer answers may be all there is to it.
5. Where the proxy rises while gold falls, the checkpoint before the turn is named. That is what over-optimisation
   looks like; why it happened the figures do not say.
6. How the reward model behind the proxy ranks held-out pairs: of one that does no better than a coin, that it says little.
7. Of what is not shown about the first arm, the claim nearest to being decided is named with what would decide it.
8. One seed says nothing about other seeds, and that is said last, of the arms it is true of.

Where a sentence is of more than five arms it names the three strongest and counts the rest.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from workbench.compare.claims import Claim, make_claims
from workbench.compare.overoptimisation import Turn
from workbench.compare.power import POWER
from workbench.compare.statements import Rule, Statement, claims_support, spoken, turn_support
from workbench.compare.winrates import WinCell
from workbench.domain.estimates import Estimate
from workbench.domain.samples import GOLD

_ALL = 0.5  # the lead of an arm that wins every prompt
_WIDE = (
    "an interval is wide by design, since two say little of how seeds differ (Student's factor: 12.7; with three seeds 4.3): "
    "a third narrows it most."
)
_MOST, _NAMED = 5, 3  # arms that a sentence names; of more than five the first three


@dataclass(frozen=True)
class Evidence:
    """What a verdict is made from.

    Attributes:
        judge: the name of the judge that decides.
        trained: the arms that were trained, by name, in order.
        references: each arm's start model by name; arms whose start was not evaluated are absent.
        cells: every two arms, each pair once.
        turns: where arms turned from gold, by name.
        n_seeds: with how many seeds each trained arm was evaluated, by name.
        interval: what the intervals are over, in words.
        unfair: what arms differ in that should be the same.
        is_gold: whether the judge is the experiment's gold judge and not another that was asked for.
        trust: what is said of the reward models.
    """

    judge: str
    trained: Sequence[str]
    references: Mapping[str, str]
    cells: Sequence[WinCell]
    turns: Mapping[str, Turn]
    n_seeds: Mapping[str, int]
    interval: str
    unfair: Sequence[str] = ()
    is_gold: bool = True
    trust: Sequence[Statement] = ()

    @property
    def score(self) -> str:
        """What the judge's scores are called."""
        return GOLD if self.is_gold else self.judge

    def with_seeds(self, n: int) -> list[str]:
        """Returns the trained arms that were evaluated with so many seeds."""
        return [name for name in self.trained if self.n_seeds[name] == n]

    @cached_property
    def claims(self) -> list[Claim]:
        """What is claimed of every two arms."""
        return make_claims(self.cells, self.references)


def write_verdict(evidence: Evidence) -> list[Statement]:
    """Returns the paragraph, sentence by sentence."""
    return [statement for statement in _statements(evidence, _Claims(evidence)) if statement.sentence]


def _statements(evidence: Evidence, claims: "_Claims") -> Iterator[Statement]:
    said = partial(_said, score=evidence.score)
    if evidence.unfair:
        yield _said("comparable", f"Not comparable as it stands, because {_decapitalised(evidence.unfair[0])}")
    first = _first(evidence.trained, claims)
    yield said("arms", _between_arms(evidence, claims, first), claims.of(first, evidence.trained))
    yield said("start", _against_start(evidence, claims), claims.against(evidence.references))
    by_length = [claim for claim in claims.all if claim.is_by_length]
    yield said("length", _by_length(by_length), by_length)
    yield from _turns(evidence.turns, evidence)
    if not evidence.trained:
        yield _said("scope", "Only the start model was evaluated, so there is nothing to compare it with yet.")
    yield from evidence.trust
    undecided = _nearest(claims.of(first, evidence.trained) or claims.against(evidence.references))
    yield said("undecided", _what_decides(undecided), [undecided] if undecided else [])
    yield from _scope(evidence)


def _scope(evidence: Evidence) -> Iterator[Statement]:
    """Says what intervals are over, which rule a claim must pass, and of which arms one seed or two say little."""
    yield _said("scope", f"{evidence.interval}.")
    if len(evidence.cells) > 1:
        rule = (
            f"A difference counts as shown where its p-value, adjusted by Holm for all {len(evidence.cells)} comparisons "
            "of two arms, is below 0.05: stricter than a single interval."
        )
        yield _said("scope", rule)
    if two := evidence.with_seeds(2):
        yield _said("scope", f"With two seeds{_of(two, evidence)} {_WIDE}")
    if one := evidence.with_seeds(1):
        yield _said("scope", f"Only one seed{_of(one, evidence)} was run: another seed may order the arms differently.")


def _of(names: Sequence[str], evidence: Evidence) -> str:
    """Names the arms that a sentence is about, where it is not about all that were trained."""
    return "" if len(names) == len(evidence.trained) else f" of {_joined(_shortened(names))}"


def _turns(turns: Mapping[str, Turn], evidence: Evidence) -> Iterator[Statement]:
    """Tells of each arm that turned; of many, of those whose gold fell most, and counts the rest."""
    found = list(turns.items())
    if len(found) > _MOST:
        found.sort(key=lambda item: item[1].gold.mean)
    told = found if len(found) <= _MOST else found[:_NAMED]
    for name, turn in told:
        yield Statement(
            sentence=_turned(name, turn, evidence), rule="proxy", support=turn_support(name, turn, evidence.score)
        )
    if rest := found[len(told) :]:
        support = tuple(figure for name, turn in rest for figure in turn_support(name, turn, evidence.score))
        sentence = f"Of {len(rest)} other arms too the proxy rose while {evidence.score} fell, by less."
        yield Statement(sentence=sentence, rule="proxy", support=support)


def _said(rule: Rule, sentence: str, claims: Sequence[Claim] = (), score: str = GOLD) -> Statement:
    return Statement(sentence=sentence, rule=rule, support=claims_support(claims, score))


class _Claims:
    """The cells from either side, with the claims that are made of them."""

    def __init__(self, evidence: Evidence) -> None:
        self.all = evidence.claims
        self._cells = {(cell.row, cell.column): cell for cell in evidence.cells}
        self._cells |= {(cell.column, cell.row): cell.swapped() for cell in evidence.cells}
        self._claims = {frozenset((claim.row, claim.column)): claim for claim in self.all}

    def cell(self, row: str, column: str) -> WinCell | None:
        return self._cells.get((row, column))

    def is_shown(self, cell: WinCell) -> bool:
        return self._claims[frozenset((cell.row, cell.column))].is_shown

    def of(self, name: str, others: Sequence[str]) -> list[Claim]:
        """Returns the claims of one arm and each of the others."""
        found = (self._claims.get(frozenset((name, other))) for other in others if other != name)
        return [claim for claim in found if claim is not None]

    def against(self, references: Mapping[str, str]) -> list[Claim]:
        """Returns the claims of each arm and its start model."""
        return [claim for name, start in references.items() for claim in self.of(name, [start])]


def _first(names: Sequence[str], claims: _Claims) -> str:
    """Returns the arm with the highest mean win rate over the others."""
    return max(names, key=lambda name: _mean_rate(name, names, claims), default="")


def _between_arms(evidence: Evidence, claims: _Claims, first: str) -> str:
    names = list(evidence.trained)
    if len(names) < 2:
        return ""
    cells = [cell for name in names if name != first and (cell := claims.cell(first, name)) is not None]
    beaten = [cell for cell in cells if claims.is_shown(cell) and cell.rate.mean > 0.5]
    # The first by its mean rate may still lose to one of the others.
    lost = [cell for cell in cells if claims.is_shown(cell) and cell.rate.mean < 0.5]
    level = [cell for cell in cells if not claims.is_shown(cell)]
    on = f"by the {'gold judge' if evidence.is_gold else 'judge'} ({evidence.judge})"
    told_with_scores = partial(_evidence, score=evidence.score)
    if not cells:
        return "The arms share no prompts and seeds to be compared on."
    if not beaten and not lost:
        told = f"{first} against {_rivals(cells, _rate)}"
        return f"No difference between the arms was shown {on}: {told}."
    parts = []
    if beaten:
        parts.append("it beats " + _rivals(beaten, told_with_scores))
    if not lost and _second(names, first, claims) in (cell.column for cell in level):
        at_the_top = [name for name in names if name == first or name in {cell.column for cell in level}]
        told = f"{first}, whose mean win rate is the highest, against {_rivals(level, _rate)}"
        return f"No difference was shown between {_joined(_shortened(at_the_top))} {on}: {'; '.join([told, *parts])}."
    won = "won" if len(beaten) == len(cells) else "has the highest mean win rate in pairs with the other arms"
    if level:
        parts.append("no difference was shown to " + _rivals(level, _rate))
    if lost:
        parts.append("it loses to " + _rivals(lost, told_with_scores))
    return f"{first} {won} {on}: {'; '.join(parts)}."


def _second(names: Sequence[str], first: str, claims: _Claims) -> str:
    """Returns the arm that has the highest mean win rate after the first."""
    return max((name for name in names if name != first), key=lambda name: _mean_rate(name, names, claims))


def _mean_rate(name: str, names: Sequence[str], claims: _Claims) -> float:
    rates = [cell.rate.mean for other in names if other != name and (cell := claims.cell(name, other)) is not None]
    return sum(rates) / len(rates) if rates else -math.inf


def _against_start(evidence: Evidence, claims: _Claims) -> str:
    cells = [
        cell for name in evidence.trained if (cell := claims.cell(name, evidence.references.get(name, ""))) is not None
    ]
    better = [cell for cell in cells if claims.is_shown(cell) and cell.rate.mean > 0.5]
    worse = [cell for cell in cells if claims.is_shown(cell) and cell.rate.mean < 0.5]
    same = [cell for cell in cells if not claims.is_shown(cell)]
    parts = []
    told_with_scores = partial(_evidence, score=evidence.score)
    if better:
        beats = "beats" if len(better) == 1 else "beat"
        parts.append(f"{_arms(better, told_with_scores)} {beats} the start model")
    if worse:
        parts.append(f"{_arms(worse, told_with_scores)} did worse than the start model")
    if same:
        parts.append(f"no difference to the start model was shown for {_arms(same, _rate)}")
    return _capitalised("; ".join(parts)) + "." if parts else ""


def _by_length(claims: Sequence[Claim]) -> str:
    told = [
        f"{spoken(claim.row)} over {spoken(claim.column)} {_share(claim.length_controlled.rate)}"
        for claim in claims
        if claim.length_controlled is not None
    ]
    return (
        f"With length held equal no lead is shown of {_joined(_shortened(told))}: answers differ in length too."
        if told
        else ""
    )


def _nearest(claims: Sequence[Claim]) -> Claim | None:
    """Returns the claim that takes the fewest more prompts, else the fewest seeds, to decide; None where all are shown."""
    open_claims = [claim for claim in claims if not claim.is_shown and claim.needs is not None]

    def distance(claim: Claim) -> tuple[float, float]:
        needs = claim.needs
        return (needs and needs.prompts) or math.inf, (needs and needs.seeds) or math.inf

    return min(open_claims, key=distance, default=None)


def _what_decides(claim: Claim | None) -> str:
    if claim is None or claim.needs is None:
        return ""
    often = f"{10 * POWER:.0f} times in 10"
    smallest = f"the smallest lead it would show {often} is {100 * claim.needs.detectable:.1f} points"
    if claim.needs.detectable >= _ALL:
        smallest = f"not even winning every prompt would be shown {often}"
    if claim.needs.prompts is None and claim.needs.seeds is None:
        return f"More prompts or seeds will hardly decide between {spoken(claim.row)} and {spoken(claim.column)}: {smallest}."
    return (
        f"If the rate measured is the true one, it takes {claim.decided_by} in all to show that {spoken(claim.row)} "
        f"beats {spoken(claim.column)}; as it is, {smallest}."
    )


def _turned(name: str, turn: Turn, evidence: Evidence) -> str:
    kl = f" (KL {turn.kl:.1f} nats)" if math.isfinite(turn.kl) else ""
    return (
        f"{name}: from step {turn.step}{kl} to its last checkpoint the proxy rose ({_change(turn.proxy)}) while "
        f"{evidence.score} fell ({_change(turn.gold)})"
        f"{', which is what over-optimising a reward model looks like' if evidence.is_gold else ''}."
    )


def _change(value: Estimate) -> str:
    return f"{value.mean:+.3g}, {value.low:+.3g} to {value.high:+.3g}"


def _rivals(cells: Sequence[WinCell], told: Callable[[WinCell], str]) -> str:
    """Lists the columns of cells with what is told of each, of many the strongest."""
    ordered = sorted(cells, key=lambda cell: cell.rate.mean) if len(cells) > _MOST else cells
    return _counted([f"{cell.column} {told(cell)}" for cell in ordered], ordered)


def _arms(cells: Sequence[WinCell], told: Callable[[WinCell], str]) -> str:
    """Lists the rows of cells in the same way."""
    ordered = sorted(cells, key=lambda cell: -cell.rate.mean) if len(cells) > _MOST else cells
    return _counted([f"{cell.row} {told(cell)}" for cell in ordered], ordered)


def _counted(parts: Sequence[str], cells: Sequence[WinCell]) -> str:
    """Joins what is told of cells; the rest of many are counted, with the rates that they lie between."""
    if len(parts) <= _MOST:
        return _joined(parts)
    rates = [100 * cell.rate.mean for cell in cells[_NAMED:]]
    return f"{_joined(_shortened(parts))} ({min(rates):.1f} to {max(rates):.1f} % of prompts)"


def _shortened(parts: Sequence[str]) -> Sequence[str]:
    return parts if len(parts) <= _MOST else [*parts[:_NAMED], f"{len(parts) - _NAMED} others"]


def _evidence(cell: WinCell, score: str) -> str:
    difference = cell.gold_difference
    return f"{_rate(cell)[:-1]}; {score} {difference.mean:+.3g}, {difference.low:+.3g} to {difference.high:+.3g})"


def _rate(cell: WinCell) -> str:
    return _share(cell.rate)


def _share(rate: Estimate) -> str:
    return f"({100 * rate.mean:.1f} % of prompts, {100 * rate.low:.1f} to {100 * rate.high:.1f})"


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _capitalised(text: str) -> str:
    # Sentences may begin with an arm's name, which keeps the spelling its author gave it.
    return f"N{text[1:]}" if text.startswith("no difference") else text


def _decapitalised(text: str) -> str:
    return text[:1].lower() + text[1:]
