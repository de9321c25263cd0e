import re

from workbench.export.inline_svg import inline_charts


def test_the_reader_s_system_chooses_between_two_drawings_with_ids_of_their_own(comparison):
    html = inline_charts(comparison.panels)
    assert html.count("<svg") == 2
    assert "<?xml" not in html
    assert "<metadata" not in html
    assert {found.split("-")[0] for found in re.findall(r'\bid="([^"]+)"', html)} == {"light", "dark"}
    assert (
        'aria-label="Reward over training step, KL to the start model over training step, Win rate over training step"'
        in html
    )
