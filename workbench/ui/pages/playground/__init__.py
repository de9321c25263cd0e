"""Playground: one prompt to several checkpoints, side by side, scored, kept where it is good."""

from workbench.ui.pages.playground.page import PlaygroundPage

__all__ = ["PlaygroundPage"]
