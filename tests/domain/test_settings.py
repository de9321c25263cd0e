import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.errors import BadSetting
from workbench.domain.experiments import Budget, Experiment
from workbench.domain.recipes import DpoRecipe, EvaluateRecipe, PpoRecipe, RewardRecipe, Sampling, SftRecipe
from workbench.domain.settings import Settings, known_names

GROUPS: tuple[type[Settings], ...] = (
    Budget,
    DpoRecipe,
    EvaluateRecipe,
    PpoRecipe,
    RewardRecipe,
    Sampling,
    SftRecipe,
)
FLOATS = [
    (group, name)
    for group in GROUPS
    for name, info in group.model_fields.items()
    if info.annotation in (float, float | None)
]


def said(group: type[Settings], **values: object) -> str:
    with pytest.raises(BadSetting) as caught:
        group.read(values, where="file.yaml")
    return str(caught.value)


@pytest.mark.parametrize(("group", "name"), FLOATS, ids=lambda item: item if isinstance(item, str) else item.__name__)
@given(value=st.floats())
def test_whatever_a_float_setting_accepts_is_read_back_from_its_file_as_it_was(group, name, value):
    try:
        settings = group.read({name: value}, where="file.yaml")
    except BadSetting:
        return
    assert math.isfinite(value)
    assert group.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize(("group", "name"), FLOATS, ids=lambda item: item if isinstance(item, str) else item.__name__)
def test_infinity_and_nan_are_refused_for_every_float_setting(group, name, value):
    with pytest.raises(BadSetting, match=f"`{name}` is"):
        group.read({name: value}, where="file.yaml")


def test_a_preset_gives_its_values_and_changes_stand_on_top():
    assert SftRecipe.from_preset("thorough").num_train_epochs == 3.0
    assert SftRecipe.from_preset("thorough", {"num_train_epochs": 2.0}).num_train_epochs == 2.0
    assert SftRecipe.from_preset() == SftRecipe()


@pytest.mark.parametrize("name", ["cls", "name", "changes", "self", "where"])
def test_a_change_may_be_called_as_an_argument_of_python_is(name):
    with pytest.raises(BadSetting, match=f"here: there is no setting `{name}`"):
        SftRecipe.from_preset("quick", {name: 1}, where="here")


def test_an_unknown_setting_is_refused_with_the_nearest_known_one():
    assert said(PpoRecipe, kl_coeff=1) == "file.yaml: there is no setting `kl_coeff`. Did you mean `kl_coef`?"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("batch_size", "many", "`batch_size` is 'many'; expected a whole number."),
        ("batch_size", 1.5, "`batch_size` is 1.5; expected a whole number."),
        ("batch_size", 0, "`batch_size` is 0; expected 1 or more."),
        ("gamma", [1], "`gamma` is [1]; expected a number."),
        ("gamma", math.inf, "`gamma` is inf; expected a finite number."),
        ("gamma", 0, "`gamma` is 0; expected more than 0."),
        ("gamma", 2, "`gamma` is 2; expected 1 or less."),
        ("whiten_rewards", "perhaps", "`whiten_rewards` is 'perhaps'; expected true or false."),
        ("value_model", "own", "`value_model` is 'own'; expected separate or shared."),
        ("stop_strings", 3, "`stop_strings` is 3; expected a list, as [...]."),
        ("stop_strings", [3], "`stop_strings.0` is 3; expected text."),
    ],
)
def test_a_wrong_value_is_answered_in_plain_words(name, value, expected):
    assert said(PpoRecipe, **{name: value}) == f"file.yaml: {expected}"


def test_a_long_wrong_value_is_shown_by_its_beginning():
    assert (
        said(PpoRecipe, batch_size="x" * 500) == f"file.yaml: `batch_size` is '{'x' * 79}...; expected a whole number."
    )


def test_only_what_differs_from_the_defaults_is_named_as_changed():
    assert PpoRecipe(kl_coef=0.2, gamma=1.0).changed() == {"kl_coef": 0.2}


def test_names_are_known_where_they_stand():
    assert known_names(Budget, ()) == {"episodes", "tokens", "seconds"}
    assert known_names(Budget, ("nowhere",)) == {"episodes", "tokens", "seconds"}


def test_one_value_is_judged_by_itself():
    assert DpoRecipe.problem_with("beta", 0.1) == ""
    assert DpoRecipe.problem_with("beta", -1) == "expected more than 0; found -1"
    assert DpoRecipe.problem_with("beta", "abc") == "expected a number; found 'abc'"
    assert DpoRecipe.problem_with("learning_rate", None) == ""


@pytest.mark.parametrize(
    ("values", "in_file", "in_form"),
    [
        ({"seconds": -1}, "e: `seconds` is -1; expected more than 0.", "e: “Time” is -1; expected more than 0."),
        ({"second": 1}, "Did you mean `seconds`?", "Did you mean “Time”?"),
    ],
)
def test_a_form_names_a_setting_by_its_label_and_a_file_by_its_key(values, in_file, in_form):
    with pytest.raises(BadSetting) as caught:
        Budget.read(values, where="e")
    assert in_file in str(caught.value)
    assert in_form in caught.value.by_label({})


def test_a_setting_within_another_is_named_by_both_labels():
    with pytest.raises(BadSetting) as caught:
        Experiment.parse({"name": "e", "model": "m", "dataset": "d", "arms": [{"method": "dpo"}],
                          "budget": {"seconds": 0}, "seeds": [1]}, where="e")  # fmt: skip
    assert "`budget.seconds` is 0" in str(caught.value)
    assert "“Budget, Time” is 0" in caught.value.by_label({})


def test_labels_of_settings_around_an_error_are_given_by_who_knows_them():
    with pytest.raises(BadSetting) as caught:
        Experiment.parse({"name": "e", "reward": {"batch_size": 0}}, where="e")
    assert str(caught.value).startswith("e, `reward`: `batch_size` is 0")
    assert caught.value.by_label(Experiment.labels()).startswith("e, “Reward model”: “Batch size” is 0")
