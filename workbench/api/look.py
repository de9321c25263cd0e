"""The colours of arms, so that a window and the figures that are kept show a run alike."""

from workbench.domain.preferences import PaletteName
from workbench.export.theme import Theme, make_theme

__all__ = ["Theme", "chart_theme"]


def chart_theme(*, dark: bool, palette: PaletteName = "okabe-ito") -> Theme:
    """Returns the colours of charts on a light or a dark ground, in the colours that a person prefers."""
    return make_theme(dark=dark, palette=palette)
