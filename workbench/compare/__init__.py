"""From runs to what is shown: figures with intervals, win rates, curves, a verdict, and panels that say what to draw."""

from workbench.compare.comparison import ArmResult, Comparison, Figures, compare_runs
from workbench.compare.curves import XAxis
from workbench.compare.panels import Axis, PanelSpec, ReferenceLine, Series
from workbench.compare.winrates import WinCell

__all__ = [
    "ArmResult",
    "Axis",
    "Comparison",
    "Figures",
    "PanelSpec",
    "ReferenceLine",
    "Series",
    "WinCell",
    "XAxis",
    "compare_runs",
]
