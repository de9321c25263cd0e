"""From runs to what is shown: figures with intervals, win rates, curves, a verdict, and panels that say what to draw."""

from workbench.compare.bills import Bills
from workbench.compare.claims import Claim
from workbench.compare.comparison import Comparison, compare_runs
from workbench.compare.costs import Cost
from workbench.compare.fair_tables import Cell, FactRow, FactTable, costs_table, matched_table, seeds_table
from workbench.compare.matched import MatchedView
from workbench.compare.optimisation import Optimisation
from workbench.compare.pins import Pin
from workbench.compare.ranking import Ranked, Ranking
from workbench.compare.results import ArmResult, ComparedArm, Figures
from workbench.compare.sampled_results import SampledResult
from workbench.compare.seeds import ArmSeeds
from workbench.compare.specs import Axis, PanelSpec, ReferenceLine, Series, Span
from workbench.compare.statements import Statement, Support
from workbench.compare.winrates import WinCell

__all__ = [
    "ArmResult",
    "ArmSeeds",
    "Axis",
    "Bills",
    "Cell",
    "Claim",
    "ComparedArm",
    "Comparison",
    "Cost",
    "FactRow",
    "FactTable",
    "Figures",
    "MatchedView",
    "Optimisation",
    "PanelSpec",
    "Pin",
    "Ranked",
    "Ranking",
    "ReferenceLine",
    "SampledResult",
    "Series",
    "Span",
    "Statement",
    "Support",
    "WinCell",
    "compare_runs",
    "costs_table",
    "matched_table",
    "seeds_table",
]
