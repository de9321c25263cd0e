"""The list of settings comes from their declarations."""

import pytest

from workbench.api.settings import list_settings
from workbench.domain.errors import BadSetting


def test_every_setting_of_every_group_says_what_it_does() -> None:
    views = list_settings()
    assert {view.group for view in views} == {
        "experiment",
        "sampling",
        "budget",
        "sft",
        "reward",
        "ppo",
        "dpo",
        "view",
        "figure",
        "playground",
        "endpoint",
    }
    assert [f"{view.group}.{view.name}" for view in views if not (view.label and view.help)] == []


def test_a_setting_shows_default_unit_and_presets() -> None:
    kl = next(view for view in list_settings("ppo") if view.name == "kl_coef")
    assert (kl.default, kl.unit, kl.required) == (0.05, "reward per nat", False)
    checkpoints = next(view for view in list_settings("dpo") if view.name == "n_checkpoints")
    assert checkpoints.presets == {"quick": 2, "thorough": 8}


def test_an_unknown_group_names_the_known_ones() -> None:
    with pytest.raises(BadSetting, match="Known: experiment, sampling"):
        list_settings("grpo")


def test_how_many_reward_models_are_trained_stands_beside_what_the_reward_is():
    names = [view.name for view in list_settings("ppo")]
    assert names.index("reward_models") == names.index("rewards") + 1
