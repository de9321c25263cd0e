import pytest

from workbench.training.schedule import checkpoint_steps


@pytest.mark.parametrize(
    ("n_steps", "n_checkpoints", "expected"),
    [(8, 4, {2, 4, 6, 8}), (10, 4, {2, 5, 8, 10}), (3, 8, {1, 2, 3}), (1, 1, {1}), (100, 1, {100})],
)
def test_checkpoints_are_evenly_spaced_and_the_last_one_is_the_end(
    n_steps: int, n_checkpoints: int, expected: set[int]
) -> None:
    assert checkpoint_steps(n_steps, n_checkpoints) == expected
