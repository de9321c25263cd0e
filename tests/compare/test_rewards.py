from workbench.compare.arms import Arm, gather_arms
from workbench.compare.rewards import reward_metrics, reward_words
from workbench.domain.metrics import is_known
from workbench.domain.recipes import EvaluateRecipe, PpoRecipe
from workbench.domain.records import Inputs, Job


def test_a_reward_is_told_in_words():
    def words(*models: str, **reward: object) -> str:
        inputs = Inputs(model="m", reward=models[0] if models else None, more_rewards=models[1:])
        return reward_words(Job(id="e", name="e", method="evaluate", recipe=EvaluateRecipe(**reward), inputs=inputs))

    assert words("run:a") == "the reward model"
    assert words("run:a", "run:b", ensemble="minimum") == "minimum of 2 reward models"
    assert words("run:a", rewards=("0.5*model", "-1*/home/me/rules.py:f")) == "0.5*the reward model + -1*rules.py:f"
    assert words(rewards=("vader",)) == "vader"


def test_what_a_reward_is_made_of_may_have_panels(runs):
    recipe = PpoRecipe(rewards=("model", "0.5*vader"), length_cap=20, kl_cap=5.0)
    runs.start()
    runs.arm("plain", {100: [0.0] * 8}, method="ppo")
    runs.arm("sum", {100: [0.0] * 8}, method="ppo", recipe=recipe)
    arms: list[Arm] = gather_arms(runs.project)
    names = reward_metrics(arms)
    assert names == ("reward/model", "reward/vader", "objective/length_penalty", "objective/kl_cap_penalty")
    assert all(map(is_known, names))
