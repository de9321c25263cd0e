import numpy as np
import pytest

from workbench.compare.arms import gather_arms
from workbench.compare.overoptimisation import find_turn

N = 64


def arm_with(runs, gold, proxy):
    """An arm whose mean scores at steps 100, 200, ... are the given ones, with noise of its own."""
    random = np.random.default_rng(0)
    noisy = [[(mean + random.normal(0, 0.3, N)).tolist() for mean in means] for means in (gold, proxy)]
    steps = [100 * (i + 1) for i in range(len(gold))]
    others = {step: {"proxy": column, "kl": [float(step)] * N} for step, column in zip(steps, noisy[1], strict=True)}
    runs.start([0.0] * N, proxy=[0.0] * N)
    runs.arm("ppo", dict(zip(steps, noisy[0], strict=True)), method="ppo", others=others)
    reference, arm = gather_arms(runs.project)
    return arm, reference


def test_a_turn_is_found_where_gold_falls_while_the_proxy_rises(runs):
    turn = find_turn(*arm_with(runs, gold=[1, 2, 1, 0], proxy=[1, 2, 3, 4]))
    assert turn is not None
    assert (turn.step, turn.kl) == (200, 200)
    assert turn.gold.mean == pytest.approx(-2, abs=0.2)
    assert turn.proxy.mean == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize(
    ("gold", "proxy"),
    [
        ([1, 2, 3], [1, 2, 3]),  # gold rises too
        ([2, 1, 0], [2, 1, 0]),  # the proxy falls too
        ([1, 1, 1], [1, 2, 3]),  # gold only wavers
    ],
)
def test_no_turn_is_claimed_otherwise(runs, gold, proxy):
    assert find_turn(*arm_with(runs, gold, proxy)) is None


def test_two_checkpoints_show_no_turn(runs):
    assert find_turn(*arm_with(runs, gold=[-1], proxy=[1])) is None


def test_an_arm_that_only_got_worse_turned_at_its_start(runs):
    turn = find_turn(*arm_with(runs, gold=[-1, -2], proxy=[1, 2]))
    assert turn is not None
    assert turn.step == 0
