"""Compare: rewards, KL and win rates side by side."""

from workbench.ui.page import Page


class ComparePage(Page):
    """What the runs came to."""
