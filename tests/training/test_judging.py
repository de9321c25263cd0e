"""Several reward models as one judge."""

import numpy as np
import pytest

from workbench.training.judging import Answers, Ensemble

ANSWERS = Answers((), (), (" a", " b"), (True, True))


def test_an_ensemble_gives_mean_minimum_and_population_spread():
    ensemble = Ensemble([lambda _: [1.0, 0.0], lambda _: [2.0, 0.0], lambda _: [3.0, 0.0]])
    scores = ensemble.scores(ANSWERS)
    assert scores.mean(axis=0).tolist() == [2.0, 0.0]
    assert scores.min(axis=0).tolist() == [1.0, 0.0]  # WCO of Coste et al. 2310.02743
    spread = scores.std(axis=0)
    assert 2.0 - 0.5 * spread[0] ** 2 == pytest.approx(1.6667, abs=1e-4)  # their UWO with a weight of 0.5
    assert spread[1] == 0.0


def test_each_member_is_asked_once_about_the_answers_in_hand():
    asked = []
    ensemble = Ensemble([lambda answers: asked.append(answers) or [0.0, 0.0]])
    for _ in range(3):
        ensemble.scores(ANSWERS)
    assert len(asked) == 1
    assert np.array_equal(ensemble.scores(Answers((), (), (" c",), (True,))), [[0.0, 0.0]])
    assert len(asked) == 2
