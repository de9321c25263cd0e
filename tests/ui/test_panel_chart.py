import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from workbench.compare import Axis, PanelSpec, Series
from workbench.ui.widgets.plots import ChartCard
from workbench.ui.widgets.plots.panel_chart import thin_band


def series(n: int, **values) -> Series:
    x = tuple(np.arange(n, dtype=float).tolist())
    told = {"name": "a", "arm": "a", "index": 1, "role": "metric", "x": x, "y": x, "low": x, "high": x} | values
    return Series(**told)


def panel(*drawn: Series) -> PanelSpec:
    return PanelSpec(title="KL", subtitle="", x=Axis(label="step"), y=Axis(label="KL", unit="nats"), series=drawn)


@pytest.fixture
def card(qtbot) -> ChartCard:
    made = ChartCard("KL")
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


def test_a_thinned_band_still_covers_all_of_it():
    x = np.arange(10.0)
    low, high = -x, np.where(x == 7, 99.0, x)
    places, lows, highs = thin_band(x, low, high, 5)
    assert places.tolist() == [0, 2, 4, 6, 8]
    assert lows.tolist() == [-1, -3, -5, -7, -9]
    assert highs[3] == 99
    assert thin_band(x, low, high, 10)[0] is x


def test_the_numbers_of_the_x_axis_never_touch(card, look):
    card.show_panel(panel(series(3)), look.scheme)
    axis = card.chart.getAxis("bottom")
    assert axis.tickSpacing(0, 1500, 900)[0] == (100, 0)
    assert axis.tickSpacing(0, 1500, 180)[0] == (500, 0)


def test_a_curve_of_very_many_points_is_drawn_before_the_chart_was_ever_seen(card, look):
    card.show_panel(panel(series(5_000), series(5_000, role="proxy", arm="b", name="b", index=2)), look.scheme)
    assert card.chart.n_curves() == 2


def test_the_legend_names_no_more_arms_than_leave_room_for_the_chart(card, look):
    arms = [series(2, arm=f"arm {at}", name=f"arm {at}", index=at) for at in range(30)]
    card.show_panel(panel(*arms), look.scheme)
    assert "and 18 more" in card.legend.text()


def test_a_raw_line_and_an_envelope_count_as_no_curve_of_an_arm(card, look):
    smoothed = series(3, raw=(0.0, 1.0, 5.0))
    card.show_panel(panel(smoothed, series(3, role="envelope", arm="best so far", name="best so far")), look.scheme)
    assert card.chart.n_curves() == 1


def test_only_checkpoints_can_be_picked(qtbot, card, look):
    card.show_panel(panel(series(3)), look.scheme)
    box = card.chart.getPlotItem().vb
    picked = []
    card.picked.connect(lambda arm, steps: picked.append((arm, steps)))
    card.chart.pick_at(box.mapViewToScene(box.viewRect().center()))
    assert picked == []
    card.show_panel(panel(series(3, steps=((0,), (10,), (20,)))), look.scheme)
    card.chart.pick_at(box.mapViewToScene(box.viewRect().center()))
    assert picked == [("a", (10,))]


def test_small_values_are_said_as_they_are(qtbot, card, look):
    small = series(3, x=(0.0, 0.2, 0.4), y=(0.1, 0.2, 0.3), low=(0.1, 0.2, 0.3), high=(0.1, 0.2, 0.3))
    for scheme in (look.scheme, look.scheme):  # drawn again, as after each look at the runs
        card.show_panel(panel(small), scheme)
        qtbot.waitExposed(card)
    for side in ("left", "bottom"):
        axis = card.chart.getAxis(side)
        axis.updateAutoSIPrefix()
        assert axis.autoSIPrefixScale == 1.0


def test_smoothing_leaves_checkpoints_where_they_were_measured(card, look):
    steps = ((10,), (20,), (30,))
    card.show_panel(panel(series(3, y=(0.0, 0.5, 1.0), raw=(0.0, 1.0, 2.0), steps=steps)), look.scheme)
    card.chart.ring({"a": 30})
    assert card.chart._ring.data["y"].tolist() == [2.0]
    drawn = [item for item in card.chart.getPlotItem().listDataItems() if hasattr(item, "yData")]
    marked = [item for item in drawn if item.opts["symbol"]]
    assert [item.yData.tolist() for item in marked] == [[0.0, 1.0, 2.0]]


def test_a_crowd_of_arms_is_drawn_as_bare_lines_and_that_is_said(card, look):
    few = [series(3, arm=f"arm {at}", index=at, steps=((1,), (2,), (3,)), high=(1.0, 2.0, 3.0)) for at in range(4)]
    card.show_panel(panel(*few), look.scheme)
    with_bands = len(card.chart.getPlotItem().items)
    many = [item.model_copy(update={"arm": f"{item.arm} {copy}"}) for item in few for copy in range(6)]
    card.show_panel(panel(*many), look.scheme)
    assert len(card.chart.getPlotItem().items) < with_bands
    assert card.chart.n_curves() == 24
    assert "bands and marks with fewer" in card.legend.text()


def test_all_lines_of_a_crowd_are_in_sight_and_can_be_picked(qtbot, card, look):
    steps, x = ((1,), (2,), (3,)), (0.0, 1.0, 2.0)
    arms = [
        series(3, arm=f"arm {at}", name=f"arm {at}", index=at, steps=steps, x=x, y=(0.0, at, 2.0 * at))
        for at in range(1, 21)
    ]
    card.show_panel(panel(*arms), look.scheme)
    (left, right), (low, high) = card.chart.getPlotItem().vb.viewRange()
    assert (left <= 0, right >= 2, low <= 0, high >= 40) == (True, True, True, True)
    picked = []
    card.picked.connect(lambda arm, at: picked.append((arm, at)))
    card.chart.pick_at(card.chart.getPlotItem().vb.mapViewToScene(QPointF(2.0, 40.0)))
    assert picked == [("arm 20", (3,))]


def test_a_crowd_is_painted_in_the_colours_of_its_arms(qtbot, card, look):
    arms = [series(2, arm=f"arm {at}", name=f"arm {at}", index=at, y=(at, at)) for at in range(1, 21)]
    card.show_panel(panel(*arms), look.scheme)
    qtbot.waitExposed(card)
    seen = card.chart.grab().toImage()
    box = card.chart.getPlotItem().vb
    for at in (3, 4, 17):
        place = box.mapViewToScene(QPointF(0.5, at)).toPoint()
        drawn = max((seen.pixelColor(place.x(), place.y() + away) for away in (-1, 0, 1)), key=QColor.saturation)
        assert drawn.saturation() > 60
        assert drawn.hue() == pytest.approx(QColor(look.scheme.runs.colour(at)).hue(), abs=3)
