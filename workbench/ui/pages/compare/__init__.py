"""Compare: rewards, KL and win rates side by side, who beats whom, and what each arm answered."""

from workbench.ui.pages.compare.page import ComparePage

__all__ = ["ComparePage"]
