import pytest

from workbench.domain.methods import run_words, stage_words, step_words


@pytest.mark.parametrize(
    ("name", "method", "said"),
    [
        ("sft", "sft", "fine-tuning · seed 3"),
        ("reward", "reward", "reward model · seed 3"),
        ("held-out reward model", "reward", "held-out reward model · seed 3"),
        ("reference", "evaluate", "start model · evaluation · seed 3"),
        ("ppo", "ppo", "ppo · seed 3"),
        ("soft", "ppo", "soft · PPO · seed 3"),
        ("DPO beta 0.1", "dpo", "DPO beta 0.1 · seed 3"),
        ("DPO beta 0.1", "evaluate", "DPO beta 0.1 · evaluation · seed 3"),
        ("best of 16", "best_of_n", "best of 16 · seed 3"),
    ],
)
def test_a_run_is_named_as_people_name_it(name, method, said):
    assert run_words(name, method, 3) == said


def test_evaluations_of_one_start_model_are_told_apart_by_their_rewards():
    assert run_words("reference", "evaluate", 3, "0.5*vader") == "start model · evaluation · by 0.5*vader · seed 3"


def test_an_arm_that_somebody_called_after_a_stage_keeps_its_name():
    assert stage_words("reward", "ppo") == "reward"


def test_what_trains_nothing_has_no_training_steps():
    assert step_words("ppo").axis == "training step"
    assert step_words("evaluate").axis == "checkpoint, by its training step"
    assert step_words("best_of_n").axis == "n-th response to each prompt"
