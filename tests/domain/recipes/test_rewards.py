import pytest

from workbench.domain.errors import BadSetting
from workbench.domain.experiments import Experiment
from workbench.domain.recipes import EvaluateRecipe, PpoRecipe, RewardSource, RewardTerm


@pytest.mark.parametrize(
    ("written", "weight", "source"),
    [
        ("model", 1.0, "model"),
        ("0.5*vader", 0.5, "vader"),
        (" -2 * length ", -2.0, "length"),
        ("1e-3*rules.py:score", 0.001, "rules.py:score"),
        ("ensemble:a+b", 1.0, "ensemble:a+b"),
    ],
)
def test_a_term_is_a_judge_with_a_weight_before_it(written: str, weight: float, source: str) -> None:
    assert RewardSource(rewards=(written,)).terms == (RewardTerm(weight, source),)


def test_terms_are_kept_as_they_are_shortest_written() -> None:
    assert RewardSource(rewards=("1.0 * vader", "0.50*length")).rewards == ("vader", "0.5*length")


@pytest.mark.parametrize(
    ("rewards", "said"),
    [
        (["0*vader"], r"`rewards.0` is '0\*vader'; expected a judge's name, maybe with a weight that is not zero"),
        (["model", "3*"], r"`rewards.1` is '3\*'; expected a judge's name"),
        (["1.2.3*vader"], "expected a judge's name"),
        (["llm:jury"], "expected a judge that scores one answer by itself"),
        (["vader", "0.5*vader"], "`vader` stands twice in `rewards`"),
        ([], "at least 1"),
    ],
)
def test_a_reward_that_cannot_be_is_refused_with_its_place(rewards: list[str], said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        PpoRecipe.read({"rewards": rewards}, where="e.yaml, arm `ppo`")


def test_a_form_is_told_what_is_wrong_with_a_term() -> None:
    assert PpoRecipe.problem_with("rewards", ["0*vader"]).startswith("expected a judge's name")
    assert PpoRecipe.problem_with("rewards", ["0.5*vader"]) == ""


def test_a_length_cap_stands_below_the_longest_response() -> None:
    with pytest.raises(BadSetting, match="`length_cap` is 48 tokens, and no response is longer than 48"):
        PpoRecipe.read({"length_cap": 48, "response_length": 48}, where="e.yaml")


def test_an_evaluation_takes_over_the_whole_reward() -> None:
    recipe = PpoRecipe(rewards=("model", "-1*length"), ensemble="minimum", ensemble_coef=0.3)
    evaluation = EvaluateRecipe().model_copy(update=recipe.reward_settings())
    assert (evaluation.rewards, evaluation.ensemble, evaluation.ensemble_coef) == (
        ("model", "-1*length"),
        "minimum",
        0.3,
    )


def test_a_file_holds_the_terms_as_a_list() -> None:
    raw = {"name": "e", "model": "m", "dataset": "d"}
    arm = {"name": "a", "method": "ppo", "rewards": ["model", "0.5*vader"], "reward_models": 4, "kl_cap": 8.0}
    experiment = Experiment.parse(raw | {"arms": [arm]}, where="e.yaml")
    assert experiment.to_file()["arms"] == [arm]


@pytest.mark.parametrize(
    ("rewards", "ensemble", "n_models", "words"),
    [
        (("model",), "mean", 1, ""),
        (("model",), "minimum", 3, "minimum of 3 reward models"),
        (("model", "0.5*vader"), "mean", 1, "reward model + 0.5*vader"),
        (("length",), "mean", 0, "length"),
    ],
)
def test_a_reward_is_told_in_words(rewards: tuple[str, ...], ensemble: str, n_models: int, words: str) -> None:
    assert RewardSource.read({"rewards": rewards, "ensemble": ensemble}, where="here").reward_words(n_models) == words
