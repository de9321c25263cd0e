"""Costs, seeds and matched levels as tables of words, the same in the window, on the command line and in reports."""

import math
from collections.abc import Collection, Sequence
from functools import reduce

from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.bills import Bills
from workbench.compare.collapse import DEFINITION
from workbench.compare.ledger import Amounts
from workbench.compare.matched import MatchedArm, MatchedView
from workbench.compare.seeds import ArmSeeds, SeedResult
from workbench.domain.costs import count, duration, memory
from workbench.domain.estimates import Estimate
from workbench.domain.experiments import shown_name
from workbench.domain.samples import GOLD

_NO_INDEX = -1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Cell(_Frozen):
    """What stands in a cell: words to read, a value to sort by, and the same in full."""

    words: str
    value: float | None = None
    full: str = ""


class FactRow(_Frozen):
    """One row; `arm` and `index` name the arm that it is of."""

    arm: str
    index: int = _NO_INDEX
    cells: tuple[Cell, ...]
    is_total: bool = False

    @property
    def has_colour(self) -> bool:
        """Says whether it is of one arm, whose colour stands beside it."""
        return self.index != _NO_INDEX


class FactTable(_Frozen):
    """A table: its columns with what they mean, its rows, what it comes to in short, and how it is to be read."""

    title: str
    summary: str = ""
    columns: dict[str, str] = Field(description="What each column means, by its name.")
    units: dict[str, str] = Field({}, description="The unit of a column, by its name, where its cells do not say it.")
    rows: tuple[FactRow, ...]
    note: str = ""

    def without(self, hidden: Collection[str]) -> "FactTable":
        """Returns it without the rows of these arms."""
        return self.model_copy(update={"rows": tuple(row for row in self.rows if row.arm not in hidden)})

    @property
    def headings(self) -> list[str]:
        """The columns' names with their units."""
        return [f"{name} ({self.units[name]})" if name in self.units else name for name in self.columns]


_NOT_LOGGED = Cell(words="-", full="Not in the logs")
_COST_COLUMNS = {
    "arm": "The arm",
    "stage": "What was run for it: its own method, and the stages that it rests on",
    "prompts": Amounts.model_fields["prompts"].description or "",
    "pairs": Amounts.model_fields["pairs"].description or "",
    "trained": Amounts.model_fields["tokens_trained"].description or "",
    "generated": Amounts.model_fields["tokens_generated"].description or "",
    "FLOPs": Amounts.model_fields["flops"].description or "",
    "wall": Amounts.model_fields["wall_s"].description or "",
    "device": Amounts.model_fields["device_s"].description or "",
    "memory": Amounts.model_fields["memory_mib"].description or "",
}
_COST_UNITS = {"trained": "tokens", "generated": "tokens"}


def costs_table(bills: Bills) -> FactTable:
    """Returns every arm's bill, stage by stage, then in all, and what all runs together took."""
    rows = []
    for bill in bills.arms:
        for line in bill.lines:
            shared = f"Shared with {', '.join(line.shared_with)}." if line.shared_with else ""
            stage = Cell(words=f"{line.stage}{', shared' if shared else ''}", full=shared)
            rows.append(
                FactRow(
                    arm=bill.arm, index=bill.index, cells=(Cell(words=shown_name(bill.arm)), stage, *_amounts(line))
                )
            )
        cells = (Cell(words=shown_name(bill.arm)), Cell(words="in all"), *_amounts(bill.total))
        rows.append(FactRow(arm=bill.arm, index=bill.index, cells=cells, is_total=True))
    if rows:
        together = Cell(words="all runs", full="All runs of all arms and seeds, each once; no mean.")
        rows.append(
            FactRow(arm="", cells=(together, Cell(words="each once"), *_amounts(bills.together)), is_total=True)
        )
    summary = " ".join(bills.notes) or "mean over seeds, with the stages that an arm rests on"
    note = " ".join([*bills.notes, bills.counting])
    return FactTable(
        title="Costs", summary=summary, columns=_COST_COLUMNS, units=_COST_UNITS, rows=tuple(rows), note=note
    )


_SEED_COLUMNS = {
    "arm": "The arm, and how many of its seeds collapsed",
    "seed": "The seed of the run",
    "run": "How the training run stands",
    "collapsed": DEFINITION,
    "last step": "The last evaluated checkpoint",
    "gold": "Mean score by the gold judge at the last checkpoint, interval over prompts",
    "proxy": "Mean score by the reward model at the last checkpoint, interval over prompts",
    "KL": "KL to the start model at the last checkpoint, nats per response, interval over prompts",
    "length": "Mean tokens of a response at the last checkpoint, interval over prompts",
    "best step": "The checkpoint that gold chose on prompts that are not reported",
    "best gold": "Mean score by the gold judge there, on prompts that chose nothing",
}
_SEED_UNITS = {"gold": "score", "proxy": "score", "KL": "nats", "length": "tokens", "best gold": "score"}


def seeds_table(arms: Sequence[ArmSeeds], selection: str = "", score: str = GOLD) -> FactTable:
    """Returns every seed of every arm.

    Args:
        arms: with their seeds.
        selection: how best checkpoints were chosen, in words.
        score: what the judge's scores are called: gold, or its own name.
    """
    rows = tuple(
        FactRow(arm=arm.arm, index=arm.index, cells=(Cell(words=shown_name(arm.arm)), *_seed(seed)))
        for arm in arms
        for seed in arm.seeds
    )
    note = f"{selection} {DEFINITION}".strip()
    columns, units = _called(_SEED_COLUMNS, score), _called(_SEED_UNITS, score)
    return FactTable(title="Seeds", summary=_collapsed(arms), columns=columns, units=units, rows=rows, note=note)


def _called(columns: dict[str, str], score: str) -> dict[str, str]:
    """Returns columns that say by which judge their scores are."""
    if score == GOLD:
        return columns
    names = {"gold": f"by {score}", "best gold": f"by {score}, at best"}
    by = {"by the gold judge": f"by {score}", "that gold chose": f"that {score} chose"}
    return {names.get(name, name): reduce(lambda told, old: told.replace(old, by[old]), by, words)
            for name, words in columns.items()}  # fmt: skip


def _collapsed(arms: Sequence[ArmSeeds]) -> str:
    """Says how many seeds collapsed, of each arm where any did."""
    trained = [arm for arm in arms if any(seed.run for seed in arm.seeds)]
    if any(arm.n_collapsed for arm in trained):
        return "collapsed: " + "; ".join(f"{arm.arm} {arm.share}" for arm in trained)
    return "no seed of any arm collapsed" if trained else ""


def _seed(seed: SeedResult) -> tuple[Cell, ...]:
    is_start = seed.run is None
    if is_start:
        fate = Cell(words="")
    elif seed.last_step is None and not seed.collapsed:
        fate = Cell(words="not evaluated")
    else:
        fate = Cell(words="yes: " + "\n".join(seed.collapsed) if seed.collapsed else "no")
    best = (Cell(words="-"), Cell(words="-")) if is_start else (_step(seed.best_step), _estimate(seed.best_gold))
    return (
        Cell(words=str(seed.seed), value=seed.seed),
        Cell(words="" if is_start else seed.state, full=seed.run or ""),
        fate,
        _step(seed.last_step),
        _estimate(seed.gold),
        _estimate(seed.proxy),
        _estimate(seed.kl),
        _estimate(seed.length, digits=1),
        *best,
    )


_MATCHED_COLUMNS = {
    "arm": "The arm",
    "gold": "Mean score by the gold judge at the common level",
    "win %": "Share of test prompts won against the baseline at the common level, ties half",
    "KL": "KL to the start model at the common level, nats per response",
    "proxy": "Mean score by the reward model at the common level",
    "at step": "Where on its way each seed reached the level, in training steps; between checkpoints on a straight line",
    "reached": "The largest level that each of its seeds reached",
}


def matched_table(view: MatchedView, score: str = GOLD) -> FactTable:
    """Returns the arms at a common level; no rows where there is none. `score` as for `seeds_table`."""
    unit = f" {view.unit}" if view.unit else ""
    title = f"Matched {view.label}" if view.level is None else f"Matched {view.label}: {count(view.level)}{unit}"
    rows = tuple(FactRow(arm=arm.arm, index=arm.index, cells=_matched(arm)) for arm in view.arms)
    summary = f"{view.limited_by} reached no more" if view.limited_by else view.note
    units = {"gold": "score", "KL": "nats", "proxy": "score"} | ({"reached": view.unit} if view.unit else {})
    columns, units = _called(_MATCHED_COLUMNS, score), _called(units, score)
    return FactTable(title=title, summary=summary, columns=columns, units=units, rows=rows, note=view.note)


def _matched(arm: MatchedArm) -> tuple[Cell, ...]:
    steps = [f"{step:.3g}" if step < 100 else f"{step:.0f}" for step in dict.fromkeys(arm.steps)]
    return (
        Cell(words=shown_name(arm.arm)),
        _estimate(arm.gold),
        _estimate(arm.win_rate, scale=100, digits=1),
        _estimate(arm.kl),
        _estimate(arm.proxy),
        Cell(words=", ".join(steps), value=sum(arm.steps) / len(arm.steps)),
        Cell(words=count(arm.reached), value=arm.reached),
    )


def _amounts(amounts: Amounts) -> tuple[Cell, ...]:
    return (
        _count(amounts.prompts, "prompts"),
        _count(amounts.pairs, "pairs"),
        _count(amounts.tokens_trained, "tokens"),
        _count(amounts.tokens_generated, "tokens"),
        _count(amounts.flops, "floating point operations"),
        _time(amounts.wall_s),
        _time(amounts.device_s),
        _NOT_LOGGED if amounts.memory_mib is None else Cell(words=memory(amounts.memory_mib), value=amounts.memory_mib),
    )


def _time(seconds: float | None) -> Cell:
    return _NOT_LOGGED if seconds is None else Cell(words=duration(seconds), value=seconds, full=f"{seconds:,.0f} s")


def _count(value: float | None, unit: str) -> Cell:
    if value is None:
        return _NOT_LOGGED
    return Cell(words=count(value), value=value, full=f"{value:,.0f} {unit}")


def _step(step: int | None) -> Cell:
    return Cell(words="-", full="Not evaluated") if step is None else Cell(words=f"{step:,}", value=step)


def _estimate(found: Estimate | None, *, scale: float = 1.0, digits: int = 2) -> Cell:
    """Returns a mean with half of its interval's width beneath it, so that columns stay narrow; in full it has the interval."""
    if found is None or not math.isfinite(found.mean):
        return Cell(words="-", full="Not measured")
    mean, low, high = (f"{scale * value:.{digits}f}" for value in (found.mean, found.low, found.high))
    half = f"{scale * (found.high - found.low) / 2:.{digits}f}"
    full = f"{mean}, 95 % interval {low} to {high}, n = {found.n}"
    return Cell(words=mean if low == high else f"{mean}\n±{half}", value=scale * found.mean, full=full)
