from workbench.domain.metrics import CATALOGUE, Metric, describe, ensemble_metric, is_known, reward_term


def test_every_metric_says_what_it_means():
    assert all(metric.label and metric.meaning for metric in CATALOGUE.values())
    assert all(name == metric.name for name, metric in CATALOGUE.items())


def test_losses_fall_and_rewards_rise_where_things_go_well():
    assert CATALOGUE["loss"].better == "lower"
    assert CATALOGUE["eval/gold"].better == "higher"
    assert CATALOGUE["eval/kl"].better == "neither"


def test_a_metric_that_is_not_in_the_catalogue_stands_for_itself():
    assert describe("my/metric") == Metric("my/metric", "my/metric", "")
    assert describe("eval/kl").unit == "nats"


def test_what_is_measured_on_the_validation_split_is_told_from_what_it_is_in_training():
    metric = describe("eval_rewards/margins")
    assert (metric.label, metric.unit, metric.better) == ("Validation: Implicit margin", "nats", "higher")
    assert metric.meaning.endswith(CATALOGUE["rewards/margins"].meaning)
    assert describe("eval/score/length").label == "Score by length"


def test_each_term_of_a_reward_and_each_figure_of_an_ensemble_is_a_metric_with_a_meaning():
    term = describe(reward_term("file.py:bonus"))
    assert term.label == "Reward term: file.py:bonus"
    assert "all terms add up to objective/scores" in term.meaning
    spread = describe(ensemble_metric("model", "spread"))
    assert spread.meaning.startswith("Population standard deviation over the members of the ensemble `model`")
    assert is_known(term.name)
    assert is_known(spread.name)
    assert is_known("loss")
    assert not is_known("my/metric")
