"""Overview: what the project holds and what goes on."""

from workbench.ui.page import Page


class OverviewPage(Page):
    """What a person sees first of an open project."""
