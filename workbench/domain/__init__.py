"""The vocabulary: pairs, recipes, experiments, events, metrics, the project's records and the named errors.

Nothing here reads a file or imports more than pydantic and the standard library, so every other package may use it.
"""
