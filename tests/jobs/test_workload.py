"""Expected numbers are worked out by hand for a model of 1,000 parameters."""

import pytest

from workbench.data.text_lengths import TextLengths
from workbench.domain.experiments import Budget
from workbench.domain.recipes import DpoRecipe, EvaluateRecipe, PpoRecipe, RewardRecipe, SftRecipe
from workbench.jobs.workload import Sizes, Together, examples_in_all, tokens_an_example, workload
from workbench.storage.model_shapes import ModelShape

MODEL = ModelShape(n_parameters=1_000, n_layers=2, hidden=8, vocabulary=32, kv_width=8, context=64)
SIZES = Sizes(MODEL, MODEL, TextLengths(prompt=10, chosen=20, rejected=30), n_rows=100, sampling=5)
NONE = Budget()


def test_sft_trains_on_prompt_and_chosen_response():
    work = workload(SftRecipe(batch_size=10), SIZES, NONE)
    assert work.operations == 100 * 30 * 1_000 * 6
    assert work.passes == 10 * 4


def test_dpo_reads_both_responses_with_the_reference_too():
    work = workload(DpoRecipe(batch_size=10), SIZES, NONE)
    assert work.operations == 100 * (30 + 40) * 1_000 * (6 + 2)


def test_a_reward_model_is_normalised_on_samples_of_the_start_model():
    plain = workload(RewardRecipe(normalize=False), SIZES, NONE)
    normalised = workload(RewardRecipe(normalize_samples=7), SIZES, NONE)
    assert normalised.operations - plain.operations == 7 * (10 + 5) * 1_000 * 4


def test_ppo_samples_once_and_trains_policy_and_value_in_every_ppo_epoch():
    recipe = PpoRecipe(batch_size=50, num_ppo_epochs=3, num_mini_batches=2)
    work = workload(recipe, SIZES, NONE)
    sampled, trained = 2 * 1_000 * 5, 3 * 6 * 2 * 1_000
    assert work.operations == 100 * (10 + 5) * (sampled + trained)
    assert work.passes == 2 * (5 + 4 + 3 * 2 * 4 * 2)
    shared = workload(recipe.model_copy(update={"value_model": "shared"}), SIZES, NONE)
    assert shared.operations == 100 * (10 + 5) * (2 * 1_000 * 4 + 3 * 6 * 1_000)
    assert shared.memory_mib < work.memory_mib


def test_an_evaluation_samples_every_checkpoint():
    sizes = Sizes(MODEL, MODEL, TextLengths(10, 0, 0), n_rows=100, n_checkpoints=4)
    work = workload(EvaluateRecipe(max_new_tokens=6, max_prompts=20, batch_size=10), sizes, NONE)
    assert work.operations == 20 * 4 * 16 * 2 * (3 * 1_000 + 1_000)
    assert work.passes == 4 * 2 * (6 + 3)


def test_validation_prompts_are_sampled_beside_the_test_prompts_and_never_more_than_wanted():
    sizes = Sizes(MODEL, MODEL, TextLengths(10, 0, 0), n_rows=20, n_validation=50)
    work = workload(EvaluateRecipe(max_new_tokens=6, max_validation_prompts=10), sizes, NONE)
    assert work.operations == (20 + 10) * 16 * 2 * (3 * 1_000 + 1_000)


def test_the_first_limit_of_the_budget_ends_a_run():
    recipe = DpoRecipe(num_train_epochs=2.0)
    assert examples_in_all(recipe, SIZES, NONE) == 200
    assert examples_in_all(recipe, SIZES, Budget(episodes=50)) == 50
    assert examples_in_all(recipe, SIZES, Budget(episodes=50, tokens=700)) == 10
    assert examples_in_all(DpoRecipe(max_steps=3), SIZES, NONE) == 48
    assert examples_in_all(PpoRecipe(total_episodes=30), SIZES, NONE) == 30


def test_no_sequence_is_longer_than_the_model_can_read():
    long = Sizes(MODEL, None, TextLengths(60, 60, 1), n_rows=1)
    assert tokens_an_example(SftRecipe(), long) == 64
    assert tokens_an_example(DpoRecipe(), long) == 64 + 61
    assert tokens_an_example(SftRecipe(max_length=32), long) == 32


@pytest.mark.parametrize(
    "change", [{"gradient_checkpointing": True}, {"lora_rank": 1}, {"gradient_accumulation_steps": 4}]
)
def test_what_saves_memory_saves_memory(change):
    large = ModelShape(n_parameters=1_000_000, n_layers=12, hidden=64, vocabulary=512, kv_width=64)
    sizes = Sizes(large, None, SIZES.lengths, n_rows=100)
    whole = workload(DpoRecipe(), sizes, NONE).memory_mib
    assert workload(DpoRecipe(**change), sizes, NONE).memory_mib < whole
    assert whole > 20 * 1_000_000 / 1024**2, "weights, gradients, Adam and the reference alone"


def test_several_processes_share_the_tokens_and_each_has_the_whole_model_unless_it_is_sharded():
    large = ModelShape(n_parameters=1_000_000, n_layers=12, hidden=64, vocabulary=512, kv_width=64)
    sizes = Sizes(large, None, SIZES.lengths, n_rows=100)
    alone, two = workload(DpoRecipe(), sizes, NONE), workload(DpoRecipe(), sizes, NONE, Together(2))
    weights = 20 * 1_000_000 / 1024**2  # weights, gradients, Adam and the reference
    assert two.operations == alone.operations / 2
    assert two.passes == alone.passes
    assert two.memory_mib - weights == pytest.approx((alone.memory_mib - weights) / 2)
    assert workload(DpoRecipe(), sizes, NONE, Together(2, is_sharded=True)).memory_mib == alone.memory_mib / 2


def test_two_processes_of_ppo_sample_and_learn_half_a_batch_each():
    recipe = PpoRecipe(batch_size=50)
    alone, two = workload(recipe, SIZES, NONE), workload(recipe, SIZES, NONE, Together(2))
    assert (two.operations, two.passes) == (alone.operations / 2, alone.passes)
    assert two.memory_mib < alone.memory_mib


def test_what_trains_nothing_takes_one_process():
    assert workload(EvaluateRecipe(), SIZES, NONE, Together(2)) == workload(EvaluateRecipe(), SIZES, NONE)
