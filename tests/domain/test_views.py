import pytest

from workbench.domain.errors import BadSetting
from workbench.domain.views import View


def test_panels_are_known_ones_or_metrics_of_training_each_once():
    view = View(panels=("kl", "objective/kl", "kl"))
    assert view.panels == ("kl", "objective/kl")
    assert view.metrics == ("objective/kl",)


def test_an_unknown_panel_is_refused_with_what_is_known():
    with pytest.raises(BadSetting, match="there is no panel `rewards`; known are reward, kl, win, frontier"):
        View().with_changes(panels=["rewards"])


def test_a_change_leaves_the_rest_as_it_was():
    assert View(x="kl", smoothing=5).with_changes(x="step") == View(smoothing=5)
