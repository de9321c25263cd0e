import numpy as np
from evaluated_runs import PaperRuns

from workbench.compare import compare_runs
from workbench.compare.curves import Curve
from workbench.compare.thinning import extremes, thin_curve
from workbench.domain.events import Metrics
from workbench.domain.views import View


def test_lowest_and_highest_of_every_stretch_stay_and_so_do_the_ends():
    y = np.array([0.0, 1, 9, 2, 3, -5])
    assert extremes(y, 4).tolist() == [0, 2, 4, 5]
    assert extremes(y, 6).tolist() == [0, 1, 2, 3, 4, 5]


def test_every_column_of_a_screen_reaches_from_where_to_where_it_did():
    y = np.random.default_rng(0).standard_t(2, 20_011)
    kept = extremes(y, 2_000)
    assert len(kept) <= 2_002
    begins = np.linspace(0, len(y), 1_000, endpoint=False).astype(int)
    for pick in (np.minimum, np.maximum):
        thinned = np.full(len(y), np.nan)
        thinned[kept] = y[kept]
        reach = {np.minimum: np.fmin, np.maximum: np.fmax}[pick]
        np.testing.assert_array_equal(reach.reduceat(thinned, begins), pick.reduceat(y, begins))


def test_a_thinned_curve_has_values_that_were_measured():
    x = np.arange(10.0)
    thinned = thin_curve(Curve(x, x**2, x**2 - 1, x**2 + 1, 3), np.array([0, 4, 9]))
    assert (thinned.x.tolist(), thinned.y.tolist(), thinned.high.tolist()) == ([0, 4, 9], [0, 16, 81], [1, 17, 82])
    assert thinned.n == 3


def test_a_peak_of_one_step_is_drawn_and_all_points_are_there_when_asked_for(runs: PaperRuns):
    scores = [1.0 * (step == 4_321) for step in range(1, 10_001)]
    logged = [Metrics(step=step, seconds=1.0, values={"objective/kl": score}) for step, score in enumerate(scores, 1)]
    runs.start()
    runs.arm("one", {10_000: [1.0] * 8}, events=logged)
    view = View(panels=("objective/kl",))
    drawn = compare_runs(runs.project, view=view).panels[0].series[0]
    assert len(drawn.x) < 2_100
    assert drawn.y[drawn.x.index(4_321.0)] == 1.0
    every = compare_runs(runs.project, view=view, most_points=None).panels[0].series[0]
    assert list(every.y) == scores
    smoothed = compare_runs(runs.project, view=View(panels=("objective/kl",), smoothing=5)).panels[0].series[0]
    assert max(smoothed.raw) == 1.0
    assert len(smoothed.y) == len(smoothed.raw) == len(smoothed.x)
