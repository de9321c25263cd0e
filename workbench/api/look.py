"""The colours of arms, so that a window and the figures that are kept show a run alike."""

from workbench.export.theme import DARK, LIGHT, Theme

__all__ = ["Theme", "chart_theme"]


def chart_theme(*, dark: bool) -> Theme:
    """Returns the colours of charts on a light or a dark ground."""
    return DARK if dark else LIGHT
