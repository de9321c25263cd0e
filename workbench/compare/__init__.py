"""From runs to what is shown: figures with intervals, win rates, curves, a verdict, and panels that say what to draw."""

from workbench.compare.claims import Claim
from workbench.compare.comparison import Comparison, compare_runs
from workbench.compare.costs import Cost
from workbench.compare.ranking import Ranked, Ranking
from workbench.compare.results import ArmResult, ComparedArm, Figures
from workbench.compare.specs import Axis, PanelSpec, ReferenceLine, Series
from workbench.compare.statements import Statement, Support
from workbench.compare.winrates import WinCell

__all__ = [
    "ArmResult",
    "Axis",
    "Claim",
    "ComparedArm",
    "Comparison",
    "Cost",
    "Figures",
    "PanelSpec",
    "Ranked",
    "Ranking",
    "ReferenceLine",
    "Series",
    "Statement",
    "Support",
    "WinCell",
    "compare_runs",
]
