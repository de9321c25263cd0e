"""A new experiment on screen: forms that are made from the recipes' own declarations."""
