from workbench.domain.metrics import CATALOGUE, Metric, describe


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
