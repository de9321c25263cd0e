"""Start: open a project or begin one."""

from workbench.ui.page import Page


class StartPage(Page):
    """What a person sees while no project is open."""
