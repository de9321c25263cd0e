"""Charts drawn from a PanelSpec: live, linked, in the colours of the figures that are kept."""

from workbench.ui.widgets.plots.chart_card import ChartCard
from workbench.ui.widgets.plots.link import ChartLink

__all__ = ["ChartCard", "ChartLink"]
