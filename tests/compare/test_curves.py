from dataclasses import replace

import numpy as np
import pytest
from evaluated_runs import PaperRuns

from workbench.compare.arms import Arm, gather_arms
from workbench.compare.curves import aligned_points, evaluation_curve, training_curve, win_curve
from workbench.compare.logs import read_log
from workbench.domain.events import Metrics


def gold(point, _track):
    return point.samples.column("gold")


def reference_and_arm(runs: PaperRuns) -> tuple[Arm, Arm]:
    reference, arm = gather_arms(runs.project)
    return reference, arm


def test_a_curve_begins_at_the_start_model(runs):
    runs.start([0.0] * 8)
    runs.arm("dpo", {50: [1.0] * 8, 100: [2.0] * 8})
    reference, dpo = reference_and_arm(runs)
    curve = evaluation_curve(dpo, reference, gold, "step")
    assert curve.x.tolist() == [0, 50, 100]
    assert curve.y.tolist() == [0, 1, 2]
    assert curve.n == 8


@pytest.mark.parametrize(("x", "places"), [("episodes", [0, 400]), ("tokens", [0, 4000]), ("seconds", [0, 25.0])])
def test_checkpoints_are_placed_by_what_training_had_used(runs, x, places):
    runs.start()
    runs.arm("dpo", {50: [1.0] * 8})
    reference, dpo = reference_and_arm(runs)
    assert evaluation_curve(dpo, reference, gold, x).x.tolist() == places


def test_over_kl_a_checkpoint_stands_at_its_measured_kl(runs):
    runs.start()
    runs.arm("dpo", {50: [1.0] * 8}, others={50: {"kl": [2.0, 4.0] * 4}})
    reference, dpo = reference_and_arm(runs)
    assert evaluation_curve(dpo, reference, gold, "kl").x.tolist() == [0, 3]


def test_seeds_that_stop_at_other_steps_are_aligned_by_order(runs):
    for seed, steps in enumerate(((40, 90), (60, 110))):
        runs.start(seed=seed)
        runs.arm("dpo", {step: [float(seed)] * 8 for step in steps}, seed=seed)
    reference, dpo = reference_and_arm(runs)
    curve = evaluation_curve(dpo, reference, gold, "step")
    assert curve.x.tolist() == [0, 50, 100]
    assert curve.y.tolist() == [0, 0.5, 0.5]
    assert curve.n == 2


def test_a_seed_that_lacks_checkpoints_leaves_those_that_all_have(runs):
    runs.arm("dpo", {50: [0.0] * 8, 100: [0.0] * 8}, seed=0)
    runs.arm("dpo", {50: [0.0] * 8}, seed=1)
    (dpo,) = gather_arms(runs.project)
    assert [row[0][0].step for row in aligned_points(dpo, None)] == [50]


def test_the_win_curve_is_in_percent_and_one_half_at_the_start(runs):
    runs.start([0.0] * 8)
    runs.arm("dpo", {50: [1.0] * 6 + [-1.0] * 2})
    reference, dpo = reference_and_arm(runs)
    curve = win_curve(dpo, reference, "step")
    assert curve.y.tolist() == [50, 75]
    assert curve.low[1] < 75 < curve.high[1]


def test_training_metrics_are_averaged_over_seeds_where_all_have_them(runs):
    for seed in (0, 1):
        lines = [Metrics(step=step, seconds=step, values={"margin": step * (1.0 + seed)}) for step in (1, 2, 3 + seed)]
        runs.arm("dpo", {}, seed=seed, events=lines)
    (dpo,) = gather_arms(runs.project)
    tracks = [replace(track, log=read_log(runs.project.run_folder(track.run.id), ["margin"])) for track in dpo.waiting]
    curve = training_curve(tracks, "margin", "step")
    assert curve.x.tolist() == [1, 2, 3]
    assert curve.y.tolist() == [1.5, 3.0, 4.5]
    assert np.all(curve.low < curve.y)


def test_a_metric_that_was_never_logged_has_an_empty_curve(runs):
    runs.arm("dpo", {50: [0.0] * 8})
    (dpo,) = gather_arms(runs.project)
    assert len(training_curve(dpo.tracks, "loss", "step")) == 0  # its log was read without metrics
