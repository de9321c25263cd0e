import numpy as np
import pytest

from workbench.compare.power import (
    prompts_for_pairs,
    prompts_for_rate,
    prompts_for_two_rates,
    tabulate_power,
    what_decides,
)
from workbench.compare.rates import mcnemar
from workbench.compare.statistics import spread
from workbench.domain.errors import BadSetting


def test_five_points_take_as_many_prompts_as_are_published():
    assert prompts_for_rate(0.55) == 783
    assert prompts_for_two_rates(0.5, 0.55) == 1562
    assert [prompts_for_pairs(discordance, 0.05) for discordance in (0.2, 0.3, 0.5)] == [626, 940, 1568]


def test_the_table_holds_all_of_them():
    table = tabulate_power(5)
    assert (table.against_half, table.independent) == (783, 1562)
    assert table.paired == {0.2: 626, 0.3: 940, 0.5: 1568}


@pytest.mark.parametrize("points", [0, -3, 50, 80])
def test_a_difference_that_no_rate_can_have_is_refused(points):
    with pytest.raises(BadSetting, match="more than 0 and less than 50"):
        tabulate_power(points)


def test_fewer_deciding_prompts_than_the_difference_are_refused():
    with pytest.raises(BadSetting, match=r"0\.02 of the prompts cannot make a difference of 5 points"):
        tabulate_power(5, [0.02])


def test_mcnemar_finds_the_difference_8_times_in_10_on_so_many_prompts():
    n = prompts_for_pairs(0.3, 0.05)
    outcomes = np.random.default_rng(0).multinomial(n, [0.175, 0.125, 0.7], size=1500)
    found = np.mean([mcnemar(int(b), int(c))[1] > 1.959964**2 for b, c, _ in outcomes])
    assert 0.77 <= found <= 0.83  # three standard errors of the simulation are 0.03


def rates(random: np.random.Generator, mean: float, between: float, s: int, p: int) -> np.ndarray:
    """Win rates of prompts under seeds: [s x p]."""
    return (
        mean
        + between * random.normal(size=(s, 1))
        + 0.2 * random.normal(size=(1, p))
        + 0.4 * random.normal(size=(s, p))
    )


def test_what_one_seed_needs_is_mcnemars_number():
    wins = np.array([[1.0] * 30 + [0.0] * 24 + [0.5] * 46])  # 54 % are not tied, 6 points between the two
    found = spread(wins)
    assert found is not None
    needs = what_decides(found)
    assert needs.prompts == pytest.approx(prompts_for_pairs(0.54, 0.06), rel=0.02)
    assert needs.seeds is None


def test_more_seeds_decide_what_more_prompts_cannot():
    found = spread(rates(np.random.default_rng(3), 0.58, 0.05, 3, 400))
    assert found is not None
    needs = what_decides(found)
    assert needs.prompts is None
    assert needs.seeds is not None
    assert needs.seeds > 3


def test_more_prompts_decide_where_seeds_agree():
    found = spread(rates(np.random.default_rng(8), 0.52, 0.0, 3, 400))
    assert found is not None
    needs = what_decides(found)
    assert needs.prompts is not None
    assert needs.prompts > 400


def test_as_many_seeds_as_are_asked_for_do_decide_about_8_times_in_10():
    random = np.random.default_rng(0)
    # What an experiment of very many seeds knows of the variances, so that the number it asks for is not a guess.
    known = spread(rates(random, 0.55, 0.06, 400, 200))
    assert known is not None
    residual = known.v_residual * 100
    prompts = known.v_prompts - known.v_residual + residual
    few = known._replace(v_seeds=known.v_between * 100 + residual, v_prompts=prompts, v_residual=residual, n_seeds=4)
    seeds = what_decides(few).seeds
    assert seeds is not None
    found = [spread(rates(random, 0.55, 0.06, seeds, 200)) for _ in range(400)]
    shown = np.mean([one is not None and one.p_value(0.5) < 0.05 for one in found])
    assert 0.72 <= shown <= 0.92


def test_a_rate_of_one_half_is_never_decided():
    found = spread(np.array([[1.0, 0.0] * 20]))
    assert found is not None
    needs = what_decides(found)
    assert (needs.prompts, needs.seeds) == (None, None)
    assert 0 < needs.detectable < 0.5


def test_one_of_ten_claims_needs_more_than_one_alone():
    found = spread(rates(np.random.default_rng(8), 0.52, 0.0, 1, 400))
    assert found is not None
    alone, among = what_decides(found), what_decides(found, alpha=0.005)
    assert alone.prompts is not None
    assert among.prompts is not None
    assert among.prompts > alone.prompts
    assert among.detectable > alone.detectable
