"""What `compare` prints beside its main table: what arms have in common, costs, seeds, arms at a common level."""

from __future__ import annotations  # names of `api` are imported only when they are used

from collections.abc import Collection, Sequence
from typing import Any

from workbench import api
from workbench.cli.output import print_table, say

Further = dict[str, tuple[Any, Sequence["api.FactTable"]]]  # by its key in the JSON: plain values, and tables of words


def fair_tables(comparison: api.Comparison, *, costs: bool, seeds: bool, matched: Collection[str]) -> Further:
    """Returns what was asked for, as plain values and as tables."""
    found: Further = {}
    if costs:
        found["costs"] = comparison.costs.model_dump(mode="json"), [api.costs_table(comparison.costs)]
    if seeds:
        plain = [arm.model_dump(mode="json") | {"n_collapsed": arm.n_collapsed} for arm in comparison.seeds]
        found["seeds"] = plain, [api.seeds_table(comparison.seeds, comparison.selection, comparison.score)]
    if matched:
        views = [view for view in comparison.matched if view.by in matched]
        found["matched"] = (
            [view.model_dump(mode="json") for view in views],
            [api.matched_table(view, comparison.score) for view in views],
        )
    return found


def print_tables(tables: Sequence[api.FactTable]) -> None:
    """Prints each table under its title, with how it is to be read."""
    for table in tables:
        say()
        if table.rows:
            rows = [[cell.words for cell in row.cells] for row in table.rows]
            print_table(table.headings, rows, title=f"{table.title}: {table.summary}")
        else:
            say(table.title)
        say(table.note)


def print_fairness(comparison: api.Comparison) -> None:
    """Prints what is the same for all arms, then a line for each thing that is not."""
    if same := [pin.name for pin in comparison.fairness if pin.is_same]:
        say(f"The same for all arms: {', '.join(same)}.")
    for pin in comparison.unequal:
        say(f"Differs: {pin.line}.")
