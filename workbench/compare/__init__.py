"""From runs to what is shown: figures with intervals, win rates, curves, a verdict, and panels that say what to draw."""

from workbench.compare.comparison import Comparison, compare_runs
from workbench.compare.costs import Cost
from workbench.compare.optimisation import Optimisation
from workbench.compare.results import ArmResult, ComparedArm, Figures
from workbench.compare.specs import Axis, PanelSpec, ReferenceLine, Series, Span
from workbench.compare.winrates import WinCell

__all__ = [
    "ArmResult",
    "Axis",
    "ComparedArm",
    "Comparison",
    "Cost",
    "Figures",
    "Optimisation",
    "PanelSpec",
    "ReferenceLine",
    "Series",
    "Span",
    "WinCell",
    "compare_runs",
]
