from itertools import pairwise

import pytest

from workbench.export.theme import DARK, LIGHT


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_can_be_read_on_its_ground(theme):
    assert contrast(theme.ink, theme.ground) >= 7
    assert contrast(theme.muted, theme.ground) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_first_three_arms_differ_in_grey(theme):
    greys = sorted(luminance(theme.colour(i)) for i in (1, 2, 3))
    assert min(high - low for low, high in pairwise(greys)) > 0.04


def test_the_start_model_is_grey_and_arms_keep_their_colour_and_marker():
    assert LIGHT.colour(0) == LIGHT.reference
    assert LIGHT.colour(1) == LIGHT.colour(7) == "#D55E00"
    assert LIGHT.marker(1) != LIGHT.marker(2)
