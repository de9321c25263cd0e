"""The reward as a sum of terms: what each gives, and what is said of it."""

import numpy as np
import pytest

from workbench.domain.metrics import is_known
from workbench.training.judging import Answers, Ensemble
from workbench.training.rewarding import Reward, Term, combine

ANSWERS = Answers((), (), (" a", " b"), (True, True))
THREE = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]])


def term(weight: float, source: str, *members: list[float]) -> Term:
    return Term(weight, source, Ensemble([lambda _, scores=scores: scores for scores in members]))


@pytest.mark.parametrize(
    ("rule", "coef", "first"),
    [("mean", 0.5, 2.0), ("minimum", 0.5, 1.0), ("mean_minus_variance", 0.5, 2 - 0.5 * 2 / 3)],
)
def test_members_become_one_score_as_in_coste_et_al(rule: str, coef: float, first: float) -> None:
    assert combine(THREE, rule, coef).tolist() == pytest.approx([first, 0.0])


def test_one_member_is_itself_under_every_rule() -> None:
    for rule in ("mean", "minimum", "mean_minus_variance"):
        assert combine(THREE[:1], rule, 0.5).tolist() == [1.0, 0.0]


def test_the_reward_is_the_weighted_sum_of_its_terms_and_so_are_their_metrics() -> None:
    reward = Reward([term(1, "model", [1.0, 2.0]), term(-0.5, "length", [4.0, 8.0])], "mean", 0.1)
    found = reward(ANSWERS)
    assert found.total.tolist() == [-1.0, -2.0]
    metrics = reward.metrics(found)
    assert metrics == {"reward/model": 1.5, "reward/length": -3.0}
    assert sum(metrics.values()) == found.total.mean()


def test_an_ensemble_tells_its_mean_its_minimum_and_its_spread() -> None:
    reward = Reward([term(2, "model", *THREE.tolist())], "minimum", 0.1)
    found = reward(ANSWERS)
    assert found.total.tolist() == [2.0, 0.0]
    metrics = reward.metrics(found)
    assert metrics == pytest.approx(
        {
            "reward/model": 1.0,
            "ensemble/model mean": 1.0,
            "ensemble/model minimum": 0.5,
            "ensemble/model spread": np.sqrt(2 / 3) / 2,
        }
    )
    assert all(map(is_known, metrics))


def test_a_model_alone_has_no_metric_beside_the_score() -> None:
    reward = Reward([term(1, "model", [1.0, 2.0])], "mean", 0.1)
    assert reward.metrics(reward(ANSWERS)) == {}


def test_samples_have_the_proxy_and_what_it_is_made_of() -> None:
    reward = Reward([term(1, "model", *THREE.tolist()), term(0.5, "vader", [4.0, 8.0])], "mean", 0.1)
    columns = {name: score(ANSWERS) for name, score in reward.columns()}
    assert columns.pop("score:reward model spread") == pytest.approx([np.sqrt(2 / 3), 0.0])
    assert columns == {
        "proxy": [4.0, 4.0],
        "score:reward model": [2.0, 0.0],
        "score:vader": [4.0, 8.0],
        "score:reward model minimum": [1.0, 0.0],
    }
    alone = Reward([term(1, "model", [1.0, 2.0])], "mean", 0.1)
    assert [name for name, _ in alone.columns()] == ["proxy"]


def test_every_member_is_asked_once_about_the_answers_in_hand() -> None:
    asked = []
    reward = Reward([Term(1, "vader", Ensemble([lambda answers: asked.append(answers) or [0.0, 0.0]]))], "mean", 0.1)
    reward(ANSWERS)
    for _, score in reward.columns():
        score(ANSWERS)
    assert len(asked) == 1
