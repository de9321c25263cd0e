import pytest

from workbench.compare.operations import Weights, Work, operations, passes
from workbench.domain.recipes import DpoRecipe, PpoRecipe, RewardRecipe, SftRecipe

N = Weights(policy=100, reward=10)


def test_training_takes_six_operations_a_weight_and_token():
    assert operations(SftRecipe(), Work(tokens=7), N) == 6 * 100 * 7


def test_frozen_weights_under_lora_take_four():
    assert operations(SftRecipe(lora_rank=8), Work(tokens=7), N) == 4 * 100 * 7


def test_dpo_reads_the_reference_beside_unless_it_did_so_once_for_all_epochs():
    assert operations(DpoRecipe(), Work(tokens=8), N) == (6 + 2) * 100 * 8
    once = DpoRecipe(precompute_ref_log_probs=True, num_train_epochs=4)
    assert operations(once, Work(tokens=8), N) == pytest.approx((6 + 2 / 4) * 100 * 8)


def test_a_reward_model_pays_for_the_samples_that_scale_its_scores():
    assert operations(RewardRecipe(), Work(tokens=8, sampled=3), N) == 6 * 10 * 8 + 2 * (100 + 10) * 3


def test_ppo_samples_and_reads_with_four_models_then_trains_two_in_every_ppo_epoch():
    recipe = PpoRecipe(num_ppo_epochs=4, value_model="separate")
    read = 2 * (3 * 100 + 10 + 10)  # sampling, policy, reference; reward; value, which starts from the reward model
    assert operations(recipe, Work(tokens=5), N) == 5 * (read + 4 * 6 * (100 + 10))
    assert passes(recipe) == 4
    shared = PpoRecipe(num_ppo_epochs=1, value_model="shared")
    assert operations(shared, Work(tokens=5), N) == 5 * (2 * (3 * 100 + 10) + 6 * 100)
