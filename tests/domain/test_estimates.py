import pytest

from workbench.domain.estimates import Estimate


@pytest.mark.parametrize(("value", "excluded"), [(0.4, True), (0.5, False), (0.6, False), (0.7, False), (0.8, True)])
def test_an_interval_excludes_what_lies_outside_and_not_its_own_ends(value, excluded):
    assert Estimate(mean=0.6, low=0.5, high=0.7, n=3).excludes(value) is excluded
