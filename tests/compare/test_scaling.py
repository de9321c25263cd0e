import numpy as np
import pytest

from tests.simulations import measured_over
from workbench.compare.scaling import Fitted, Points, fit, turning_point, value


def test_the_learning_form_turns_at_e_to_the_alpha_over_beta_less_one():
    d, height = turning_point("rl", 2.0, 1.0)
    assert d == pytest.approx(np.e)
    assert height == pytest.approx(1.0 * np.e)  # beta d
    assert height == pytest.approx(value("rl", 2.0, 1.0, np.array([d]))[0])


def test_the_form_of_best_of_n_turns_at_alpha_over_two_beta():
    d, height = turning_point("bon", 2.0, 0.5)
    assert (d, height) == pytest.approx((2.0, 2.0))
    assert height == pytest.approx(value("bon", 2.0, 0.5, np.array([d]))[0])


def test_a_known_turn_is_recovered_and_said_to_be_measured():
    found = fit("rl", measured_over(np.random.default_rng(1), 1, 8, "rl", (2.0, 1.0)))
    assert isinstance(found, Fitted)
    assert found.peak.mean == pytest.approx(np.e, rel=0.1)
    assert found.peak.low < np.e < found.peak.high
    assert found.peak.mean < found.farthest


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        (lambda d: 0.4 * d, "A straight line fits as well"),
        (lambda d: np.full(len(d), 1.0), "A constant fits as well"),
        (lambda d: value("rl", 0.5, -1.0, d), "No turn is shown: beta"),  # bends upwards
    ],
)
def test_no_form_is_shown_where_none_fits(scores, why):
    d = np.linspace(0.7, 5, 8)
    noise = np.random.default_rng(3).normal(0, 0.2, (8, 200))
    said = fit("rl", [Points(d, scores(d)[:, None] + noise)])
    assert isinstance(said, str)
    assert said.startswith(why)


def test_points_near_the_start_do_not_count():
    d = np.array([0.1, 0.2, 0.3, 0.4, 1.0, 2.0])
    said = fit("rl", [Points(d, np.zeros((6, 10)))])
    assert said == "Too few points beyond √KL 0.5: 2, where 5 are needed, and 3 of each seed."
