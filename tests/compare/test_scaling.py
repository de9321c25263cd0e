import numpy as np
import pytest

from workbench.compare.scaling import Fitted, Points, fit, turning_point, value


def simulated(random, n_seeds, n_points, alpha, beta, form="rl", wobble=0.0, has_noisy_kl=False):
    """Seeds of an arm whose gold follows the form; prompts differ, and responses on top of them."""
    n_prompts = 100
    ease = random.normal(0, 0.3, n_prompts)
    seeds = []
    for _ in range(n_seeds):
        d = np.linspace(0.7, 5, n_points)
        a, b = alpha + random.normal(0, wobble), beta + random.normal(0, wobble / 2)
        kl = (d * d)[:, None] * random.gamma(4, 1 / 4, (n_points, n_prompts)) if has_noisy_kl else None
        y = value(form, a, b, d)[:, None] + (d / 5)[:, None] * ease + random.normal(0, 0.8, (n_points, n_prompts))
        y += random.normal(0, 0.5, n_prompts)  # the start model's response, which is taken from all
        seeds.append(Points(np.sqrt(kl.mean(axis=1)) if kl is not None else d, y, kl))
    return seeds


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
    found = fit("rl", simulated(np.random.default_rng(1), 1, 8, 2.0, 1.0))
    assert isinstance(found, Fitted)
    assert found.peak.mean == pytest.approx(np.e, rel=0.1)
    assert found.peak.low < np.e < found.peak.high
    assert found.peak.mean < found.farthest


@pytest.mark.parametrize(
    ("n_seeds", "n_points", "form", "parameters", "wobble", "has_noisy_kl"),
    [
        (1, 8, "rl", (2.0, 1.0), 0.0, False),
        (1, 8, "rl", (2.0, 1.0), 0.0, True),  # KL is measured on the same responses
        (3, 6, "rl", (2.0, 1.0), 0.1, True),  # seeds differ
        (1, 8, "bon", (2.0, 0.3), 0.0, False),
    ],
)
def test_its_intervals_cover_what_they_say(n_seeds, n_points, form, parameters, wobble, has_noisy_kl):
    random, n, covered = np.random.default_rng(0), 200, np.zeros(4)
    truth = (*parameters, *turning_point(form, *parameters))
    for _ in range(n):
        found = fit(form, simulated(random, n_seeds, n_points, *parameters, form, wobble, has_noisy_kl))
        assert isinstance(found, Fitted)
        intervals = (found.alpha, found.beta, found.peak, found.height)
        covered += [one.low <= true <= one.high for one, true in zip(intervals, truth, strict=True)]
    assert covered / n == pytest.approx(0.95, abs=0.04)  # 200 draws know it to within 0.03


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
