import numpy as np
import pytest
from evaluated_runs import keys
from scipy import special

from workbench.compare.arms import gather_arms
from workbench.compare.length_control import Outcomes, control_length
from workbench.compare.winrates import compare_arms


def outcomes(wins: np.ndarray, longer: np.ndarray, s: int = 1) -> Outcomes:
    """Comparisons of `s` seeds on the same prompts, given seed after seed."""
    p = len(wins) // s
    return Outcomes(wins.astype(float), longer.astype(float), np.repeat(np.arange(s), p), np.tile(np.arange(p), s))


def drawn(
    random: np.random.Generator, theta: float, phi: float, n: int = 300, longer_by: float = 0.6, s: int = 1
) -> Outcomes:
    """Comparisons that AlpacaEval 2's model holds of exactly."""
    longer = random.normal(100 * longer_by, 100, n * s)
    p = special.expit(theta + phi * np.tanh(longer / longer.std()))
    return outcomes(random.random(n * s) < p, longer, s)


def test_a_judge_who_prefers_length_alone_is_brought_back_to_one_half():
    random = np.random.default_rng(0)
    longer = random.normal(100, 100, 4000)
    wins = random.random(4000) < special.expit(4 * np.tanh(longer / longer.std()))
    found = control_length(outcomes(wins, longer))
    assert found is not None
    assert wins.mean() == pytest.approx(0.79, abs=0.02)
    assert found.rate.mean == pytest.approx(0.48, abs=0.03)
    assert found.rate.low <= 0.5 <= found.rate.high
    assert found.length_effect == pytest.approx(4, abs=0.3)
    assert found.longer == pytest.approx(100, abs=5)


def test_a_lead_that_is_not_of_length_stays():
    found = control_length(drawn(np.random.default_rng(1), theta=1.0, phi=0.0, n=4000))
    assert found is not None
    assert found.rate.mean == pytest.approx(special.expit(1.0), abs=0.03)


def test_a_model_against_itself_is_one_half():
    found = control_length(outcomes(np.full(50, 0.5), np.zeros(50)))
    assert found is not None
    assert found.rate.mean == pytest.approx(0.5, abs=1e-12)
    assert found.p_value > 0.999


def test_exchanging_the_two_exchanges_the_rate():
    one = drawn(np.random.default_rng(2), theta=0.4, phi=0.8, s=3)
    found, mirrored = control_length(one), control_length(one._replace(wins=1 - one.wins, longer=-one.longer))
    assert found is not None
    assert mirrored is not None
    assert found.rate.mean + mirrored.rate.mean == pytest.approx(1, abs=1e-9)
    assert found.rate.low + mirrored.rate.high == pytest.approx(1, abs=1e-9)
    assert found.length_effect == pytest.approx(mirrored.length_effect)
    assert found.swapped().rate.low == pytest.approx(mirrored.rate.low)
    assert found.swapped().longer == pytest.approx(mirrored.longer)


def test_one_who_wins_everything_keeps_the_uncertainty_of_the_prompts():
    found = control_length(outcomes(np.ones(40), np.random.default_rng(3).normal(size=40)))
    assert found is not None
    assert 0.5 < found.rate.low < 0.99 < found.rate.high < 1


def test_answers_that_are_all_longer_by_as_much_tell_nothing():
    assert control_length(outcomes(np.array([1.0, 0.0, 1.0]), np.full(3, 7.0))) is None
    assert control_length(outcomes(np.empty(0), np.empty(0))) is None
    assert control_length(outcomes(np.array([1.0]), np.zeros(1))) is None


def test_lengths_are_those_of_the_texts_in_characters(runs):
    runs.start([0.0] * 8, response=["ä" * 10] * 8)
    runs.arm("dpo", {100: [1.0] * 6 + [-1.0] * 2}, others={100: {"response": ["x" * (12 + i) for i in range(8)]}})
    reference, dpo = gather_arms(runs.project)
    cell = compare_arms(dpo, reference)
    assert cell is not None
    assert cell.length_controlled is not None
    assert cell.length_controlled.longer == pytest.approx(2 + 3.5)
    mirrored = compare_arms(reference, dpo)
    assert mirrored is not None
    assert mirrored.length_controlled is not None
    assert cell.swapped().length_controlled.rate.mean == pytest.approx(mirrored.length_controlled.rate.mean)


def test_lengths_follow_their_prompts_where_the_orders_differ(runs):
    runs.start([0.0] * 4, prompt_key=keys(4)[::-1], response=["a", "aa", "aaa", "aaaa"])
    runs.arm("dpo", {100: [1.0, 1.0, -1.0, -1.0]}, others={
        100: {"prompt_key": keys(4), "response": ["aaaa", "aaa", "aa", "aaa"]}})  # fmt: skip
    reference, dpo = gather_arms(runs.project)
    cell = compare_arms(dpo, reference)
    assert cell is not None
    assert cell.length_controlled is not None
    assert cell.length_controlled.longer == pytest.approx(0.5)  # 4-4, 3-3, 2-2, 3-1
