import numpy as np
import pyarrow as pa
import pytest

from workbench.compare.arms import gather_arms
from workbench.compare.kl_profile import FEWEST, further_samples, kl_profile, profile_of
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.samples import KL_TOKENS


def tokens(rows):
    """A column as evaluations write it."""
    return pa.array([np.asarray(row, np.float16) for row in rows], pa.list_(pa.float16()))


def arm_of(runs, rows, n=10):
    runs.start([0.0] * n)
    runs.arm("dpo", {100: [0.0] * n}, others={100: {KL_TOKENS: tokens(rows)} if rows else {}})
    return gather_arms(runs.project)[1]


def test_the_mean_of_each_position_is_over_the_responses_that_reach_it(runs):
    rows = [[1.0, 2.0]] * 8 + [[0.0]] * 2
    found = kl_profile(arm_of(runs, rows), {})
    assert found.mean == pytest.approx([0.8, 2.0])
    assert found.going.tolist() == [10, 8]
    assert found.low[0] < 0.8 < found.high[0]
    assert found.low[1] == found.high[1] == 2.0


def test_it_ends_where_too_few_go_on(runs):
    rows = [[1.0]] * (10 - FEWEST + 1) + [[1.0, 1.0]] * (FEWEST - 1)
    assert len(kl_profile(arm_of(runs, rows), {}).mean) == 1


def test_older_evaluations_have_none(runs):
    assert kl_profile(arm_of(runs, []), {}) is None


def test_a_later_evaluation_of_the_same_checkpoint_lends_its_own(runs):
    runs.start([0.0] * 10)
    run = runs.arm("dpo", {50: [0.0] * 10, 100: [0.0] * 10})
    job = next(job for job in runs.project.jobs() if job.inputs.model == f"run:{run.id}")
    for name, changes in (("later", {}), ("colder", {"temperature": 0.5})):
        recipe = EvaluateRecipe(**(job.recipe.model_dump() | {"checkpoints": "last"} | changes))
        again = job.model_copy(update={"id": name, "recipe": recipe})
        runs.project.add_job(again)
        runs._sampled(again, {100: ([0.0] * 10, {KL_TOKENS: tokens([[1.0]] * 10)})})
    arm = gather_arms(runs.project)[1]
    others = further_samples(runs.project, [arm])
    (found,) = others.values()
    assert {path.parts[-3] for path in found} == {"later", job.id}
    assert kl_profile(arm, others).mean.tolist() == [1.0]


def test_its_band_covers_the_true_mean():
    random, hits = np.random.default_rng(0), []
    for _ in range(400):
        values = random.gamma(2, 0.5, (60, 5))
        found = profile_of([(values.sum(axis=0), (values**2).sum(axis=0), np.full(5, 60.0))])
        hits += list((found.low <= 1.0) & (found.high >= 1.0))
    assert np.mean(hits) == pytest.approx(0.95, abs=0.02)


def test_with_several_seeds_the_band_is_over_them():
    counts = np.full(2, 20.0)
    seeds = [(counts * mean, counts * mean**2, counts) for mean in (1.0, 2.0, 3.0)]
    found = profile_of(seeds)
    assert found.mean.tolist() == [2.0, 2.0]
    assert found.high[0] - 2.0 == pytest.approx(4.3027 / np.sqrt(3), abs=1e-3)  # t with 2 degrees of freedom
    assert found.going.tolist() == [60, 60]
