import pytest
from pydantic import ValidationError

from workbench.domain.recipes import DpoRecipe, PpoRecipe, RewardRecipe, SftRecipe


@pytest.mark.parametrize("recipe", [SftRecipe, RewardRecipe, DpoRecipe])
def test_the_parts_of_a_batch_must_be_of_one_size(recipe):
    with pytest.raises(ValidationError, match=r"is 4, which does not divide the `batch_size` of 10"):
        recipe(batch_size=10, gradient_accumulation_steps=4)
    assert recipe(batch_size=12, gradient_accumulation_steps=4).batch_size == 12


def test_ppo_weighs_its_parts_and_takes_any_number():
    assert PpoRecipe(batch_size=10, gradient_accumulation_steps=4).batch_size == 10


def test_endings_are_a_setting_of_those_that_learn_from_given_responses():
    assert DpoRecipe(append_eos="never").append_eos == "never"
    assert "append_eos" not in PpoRecipe.model_fields
