"""What pages are built from."""

from workbench.ui.widgets.card import Card
from workbench.ui.widgets.controls import add_action, button, label, set_role, set_tone
from workbench.ui.widgets.empty import EmptyState

__all__ = ["Card", "EmptyState", "add_action", "button", "label", "set_role", "set_tone"]
