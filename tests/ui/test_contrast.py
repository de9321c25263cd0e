"""Text and signs stand out from their ground in light and in dark."""

import pytest

from tests.ui.contrast import contrast, over
from workbench import api
from workbench.ui.tokens import DARK, LIGHT, Tokens

TEXT, SIGN = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
GROUNDS = ("ground", "rail", "card", "field")
INKS = ("ink", "muted", "accent", "good", "warn", "bad")


def test_contrast_is_as_wcag_defines_it():
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#FFFFFF", "#767676") == pytest.approx(4.54, abs=0.01)
    assert over("rgba(0, 0, 0, 51)", "#FFFFFF") == "#CCCCCC"


def _texts(tokens: Tokens) -> dict[str, float]:
    """Every ink on every ground on which the style sheet puts it."""
    colours = vars(tokens)
    found = {f"{ink} on {ground}": contrast(colours[ink], colours[ground]) for ink in INKS for ground in GROUNDS}
    for ink in ("ink", "muted"):
        for ground in ("warn_ground", "bad_ground"):
            found[f"{ink} on {ground}"] = contrast(colours[ink], colours[ground])
    for veil in ("tint", "hover"):
        for ground in ("ground", "rail", "card"):
            behind = over(colours[veil], colours[ground])
            for ink in ("ink", "muted", "accent"):
                found[f"{ink} on {veil} over {ground}"] = contrast(colours[ink], behind)
    return found | {"on_accent on accent": contrast(tokens.on_accent, tokens.accent)}


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_all_text_stands_out_from_its_ground(tokens):
    assert {pair: round(ratio, 2) for pair, ratio in _texts(tokens).items() if ratio < TEXT} == {}


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_the_mark_of_the_focus_and_of_what_is_checked_stands_out(tokens):
    for ground in GROUNDS:
        assert contrast(tokens.accent, vars(tokens)[ground]) >= SIGN
        assert contrast(tokens.muted, vars(tokens)[ground]) >= SIGN


@pytest.mark.parametrize("palette", ["okabe-ito", "tol-bright", "tol-vibrant"])
def test_the_colours_of_runs_stand_out_on_dark_and_differ(palette):
    light, dark = (api.chart_theme(dark=dark, palette=palette) for dark in (False, True))
    assert [colour for colour in dark.arms if contrast(colour, dark.ground) < SIGN] == []
    # Okabe and Ito's yellow and light blue are pale on white by design; each curve has its marker and its name besides.
    assert [colour for colour in light.arms if contrast(colour, light.ground) < 1.8] == []
    assert len(light.arms) == len(dark.arms) == len(set(light.arms))
