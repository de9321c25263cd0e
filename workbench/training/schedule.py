"""At which steps a run saves."""


def checkpoint_steps(n_steps: int, n_checkpoints: int) -> frozenset[int]:
    """Returns `n_checkpoints` evenly spaced steps, the last one included; fewer where there are fewer steps."""
    return frozenset(max(1, round(n_steps * i / n_checkpoints)) for i in range(1, n_checkpoints + 1))
