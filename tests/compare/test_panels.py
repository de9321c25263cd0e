import pytest

from workbench.compare.arms import gather_arms
from workbench.compare.panels import build_panels
from workbench.compare.specs import ENVELOPE, PanelSpec
from workbench.domain.events import Metrics
from workbench.domain.views import View


def panels(runs, **view) -> tuple[PanelSpec, ...]:
    return build_panels(gather_arms(runs.project), "vader", View(**view))


@pytest.fixture
def two_arms(runs):
    runs.start([-1.0, 1.0] * 4, proxy=[0.0, 2.0] * 4)
    for name, gold in (("ppo", 3.0), ("dpo", 1.0)):
        runs.arm(name, {100: [gold] * 8}, others={100: {"proxy": [5.0] * 8, "kl": [6.0] * 8}})
    return runs


def test_three_panels_show_reward_kl_and_win_rate(two_arms):
    reward, kl, win = panels(two_arms)
    assert [panel.title for panel in (reward, kl, win)] == ["Reward", "KL to the start model", "Win rate"]
    assert [(series.arm, series.role, series.index) for series in reward.series] == [
        ("ppo", "gold", 1), ("ppo", "proxy", 1), ("dpo", "gold", 2), ("dpo", "proxy", 2)]  # fmt: skip
    assert [series.y for series in kl.series] == [(0, 6), (0, 6)]
    assert [series.y for series in win.series] == [(50, 100), (50, 75)]
    assert [(line.axis, line.value) for line in win.lines] == [("y", 50)]


def test_gold_and_proxy_share_an_axis_in_the_start_models_standard_deviations(two_arms):
    reward = panels(two_arms)[0]
    sd = (8 / 7) ** 0.5  # of four times -1 and 1, with n - 1
    assert reward.series[0].y == pytest.approx((0, 3 / sd))  # the start's mean is 0
    assert reward.series[1].y == pytest.approx((0, 4 / sd))  # the proxy's is 1
    assert (reward.y.label, reward.y.unit) == ("reward above start", "s.d.")
    assert [series.scores for series in reward.series[:2]] == [(0, 3), (1, 5)]  # what the table shows
    assert "in standard deviations" in reward.caption


def test_without_a_proxy_gold_keeps_its_own_unit(runs):
    runs.start([0.5] * 8)
    runs.arm("dpo", {100: [2.0] * 8})
    reward = panels(runs)[0]
    assert reward.series[0].scores == ()
    assert [(series.role, series.y) for series in reward.series] == [("gold", (0.5, 2.0))]
    assert reward.lines[0].value == 0.5
    assert reward.subtitle == "gold (vader)"


def test_over_kl_the_kl_panel_still_goes_by_step(two_arms):
    reward, kl, win = panels(two_arms, x="kl")
    assert (reward.x.unit, kl.x.label, win.x.unit) == ("nats", "training step", "nats")
    assert reward.series[0].x == (0, 6)


@pytest.mark.parametrize(
    ("seeds", "words"),
    [((0,), "95 % intervals over 8 prompts; one seed."), ((0, 1), "95 % intervals over 2 seeds, 8 prompts each.")],
)
def test_captions_say_what_the_intervals_are_over(runs, seeds, words):
    for seed in seeds:
        runs.start(seed=seed)
        runs.arm("dpo", {100: [1.0] * 8}, seed=seed)
    assert all(panel.caption.endswith(words) for panel in panels(runs))


def test_a_start_model_alone_is_a_point(runs):
    runs.start([0.5] * 8)
    reward, _, win = panels(runs)
    assert [series.x for series in reward.series] == [(0,)]
    assert win.series == ()


def test_the_frontier_has_every_checkpoint_and_the_envelope_over_all_arms(two_arms):
    (frontier,) = panels(two_arms, panels=("frontier",), x="tokens")
    assert frontier.x.unit == "nats"
    assert [(series.arm, series.role) for series in frontier.series] == [
        ("ppo", "point"), ("dpo", "point"), (ENVELOPE, "envelope")]  # fmt: skip
    assert (frontier.series[2].x, frontier.series[2].y) == ((0, 6, 6), (0, 0, 3))


def test_a_point_says_of_which_checkpoint_of_each_seed_it_is(runs):
    for seed, steps in enumerate(((40, 90), (60, 110))):
        runs.start(seed=seed)
        runs.arm("dpo", {step: [1.0] * 8 for step in steps}, seed=seed)
    assert panels(runs)[1].series[0].steps == ((0, 0), (40, 60), (90, 110))


def test_a_metric_of_training_has_a_panel_with_its_definition(runs):
    runs.start()
    runs.arm(
        "dpo",
        {1: [1.0] * 8},
        events=[Metrics(step=step, seconds=step, values={"margin": 2.0 * step}) for step in (1, 2)],
    )
    arms = gather_arms(runs.project, metrics=["margin"])
    (panel,) = build_panels(arms, "vader", View(panels=("margin",)))
    assert (panel.title, panel.series[0].role, panel.series[0].y) == ("Reward margin", "metric", (2.0, 4.0))
    assert "score(chosen) - score(rejected)" in panel.caption


def test_smoothing_keeps_the_raw_values_and_is_said_in_the_caption(two_arms):
    kl = panels(two_arms, smoothing=100)[1]
    assert kl.series[0].raw == (0, 6)
    assert kl.series[0].y == pytest.approx((0, 6 / 1.5))
    assert "smoothed with a half-life of 100 %" in kl.caption
    assert panels(two_arms)[1].series[0].raw == ()


def test_a_panel_survives_a_round_trip_through_json(two_arms):
    for panel in panels(two_arms):
        assert PanelSpec.model_validate_json(panel.model_dump_json()) == panel
