from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread

from workbench.compare import Axis, PanelSpec, Series
from workbench.compare.specs import ENVELOPE
from workbench.domain.errors import BadInput
from workbench.domain.figures import FigureStyle
from workbench.export.figures import draw_panels, render


def panel_of(*names: str, x_end: float = 100.0) -> PanelSpec:
    series = [
        Series(name=name, arm=name, index=i, role="kl", x=(0, x_end), y=(0, i), low=(0, i - 0.5), high=(0, i + 0.5))
        for i, name in enumerate(names, 1)
    ]
    return PanelSpec(
        title="KL", subtitle="of all", x=Axis(label="tokens"), y=Axis(label="KL", unit="nats"), series=tuple(series)
    )


def test_a_figure_is_the_same_to_the_byte_each_time(comparison):
    for suffix in (".svg", ".pdf"):
        assert render(comparison.panels, suffix) == render(comparison.panels, suffix)


def test_an_svg_needs_no_font_and_tells_no_date(comparison):
    svg = render(comparison.panels, ".svg")
    ElementTree.fromstring(svg)
    assert b"<text" not in svg
    assert b"dc:date" not in svg


def test_a_pdf_embeds_its_font(comparison):
    pdf = render(comparison.panels, ".pdf")
    assert pdf.startswith(b"%PDF")
    assert b"/FontFile2" in pdf
    assert b"CreationDate" not in pdf


@pytest.mark.parametrize(("dark", "ground"), [(False, (255, 255, 255)), (True, (21, 24, 29))])
def test_a_png_of_12_by_4_inches_has_the_ground_asked_for(comparison, tmp_path, dark, ground):
    path = tmp_path / "panels.png"
    draw_panels(comparison.panels, path, FigureStyle(width=304.8, height=101.6, ground="dark" if dark else "light"))
    pixels = (imread(path) * 255).round().astype(int)
    assert pixels.shape[:2] == (800, 2400)
    assert tuple(pixels[0, 0, :3]) == ground


@pytest.mark.parametrize("n_arms", [1, 3, 9])
def test_nothing_is_cut_off_at_the_edges(tmp_path, n_arms):
    panel = panel_of(*(f"an arm with quite a long name {i}" for i in range(n_arms)), x_end=2_000_000)
    path = tmp_path / "panels.png"
    draw_panels([panel, panel, panel], path, FigureStyle(width=304.8, height=101.6), note="a note " * 60)
    ink = (imread(path)[:, :, :3] < 0.9).any(axis=2)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert rows[0] >= 4
    assert rows[-1] < 796
    assert columns[0] >= 4
    assert columns[-1] < 2396


def test_names_are_text_and_never_formulas(tmp_path):
    draw_panels([panel_of(r"$\frac{", "_hidden", "a" * 200)], tmp_path / "panels.svg")
    ElementTree.parse(tmp_path / "panels.svg")
    drawn = (tmp_path / "panels.svg").read_text(encoding="utf-8")
    assert "frac{" in drawn  # each drawn text stands as a comment before its outlines
    assert "_hidden" in drawn


def test_drawing_leaves_matplotlibs_settings_as_they_were(comparison):
    before = dict(mpl.rcParams)
    render(comparison.panels, ".svg")
    assert dict(mpl.rcParams) == before


def test_another_ending_is_refused(comparison, tmp_path):
    with pytest.raises(BadInput, match=r"expected \.svg, \.pdf or \.png"):
        draw_panels(comparison.panels, tmp_path / "panels.gif")


def test_a_narrow_figure_has_its_panels_below_each_other_and_nothing_is_cut_off(tmp_path):
    path = tmp_path / "column.png"
    draw_panels([panel_of("one", "two")] * 3, path, FigureStyle(width=85))
    pixels = imread(path)[:, :, :3]
    assert pixels.shape[0] > 2 * pixels.shape[1]
    ink = (pixels < 0.9).any(axis=2)
    assert not ink[:, :2].any()
    assert not ink[:, -2:].any()


def test_the_raw_line_and_the_envelope_are_drawn_and_named(tmp_path):
    smoothed = panel_of("one").series[0].model_copy(update={"raw": (0.0, 5.0)})
    envelope = smoothed.model_copy(update={"role": "envelope", "arm": ENVELOPE, "raw": ()})
    panel = panel_of("one").model_copy(update={"series": (smoothed, envelope)})
    draw_panels([panel], tmp_path / "panels.svg")
    drawn = (tmp_path / "panels.svg").read_text(encoding="utf-8")
    assert ENVELOPE in drawn
    plain = render([panel.model_copy(update={"series": (smoothed.model_copy(update={"raw": ()}), envelope)})], ".svg")
    assert ("stroke-opacity: 0.35" in drawn, b"stroke-opacity: 0.35" in plain) == (True, False)


def test_a_legend_of_fifty_long_names_leaves_room_for_the_charts(tmp_path):
    panel = panel_of(*(f"PPO, kl_coef 0.0{i:02d}, learning rate 2e-6" for i in range(50)))
    draw_panels([panel], tmp_path / "many.png", FigureStyle(width=130, ground="light"))
    assert imread(tmp_path / "many.png").shape[0] > 100
