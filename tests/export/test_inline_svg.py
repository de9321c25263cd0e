import re

from workbench.export.inline_svg import inline_charts


def test_the_reader_s_system_chooses_between_two_drawings_with_ids_of_their_own(comparison):
    html = inline_charts(comparison.panels)
    assert html.count("<svg") == 2 * len(comparison.panels)
    assert "<?xml" not in html
    assert "<metadata" not in html
    prefixes = {found.split("-")[0] for found in re.findall(r'\bid="([^"]+)"', html)}
    assert prefixes == {f"{ground}{place}" for ground in ("light", "dark") for place in range(len(comparison.panels))}
    assert 'aria-label="KL to the start model over training step"' in html


def test_each_chart_stands_above_its_caption(comparison):
    html = inline_charts(comparison.panels)
    assert html.count("<figcaption>") == len(comparison.panels)
    assert html.index("<b>Reward. </b>") < html.index("KL to the start model over training step")
