"""Frames a second while 12 curves of 100,000 points are panned: `python tests/benchmarks/pan_charts.py`.

The display decides: with `QT_QPA_PLATFORM=offscreen` what counts is the drawing alone.
"""

import time

import numpy as np
from PySide6.QtWidgets import QApplication

from workbench.compare import Axis, PanelSpec, Series
from workbench.ui.application import make_application
from workbench.ui.theme import Look
from workbench.ui.widgets.plots import ChartCard

N_CURVES, N_POINTS, N_FRAMES = 12, 100_000, 120


def panel() -> PanelSpec:
    """Random walks with a band, half of them dashed."""
    random = np.random.default_rng(0)
    x = tuple(np.arange(N_POINTS, dtype=float).tolist())
    series = []
    for index in range(N_CURVES):
        y = np.cumsum(random.normal(0, 0.01, N_POINTS)) + random.normal(0, 0.2, N_POINTS)
        raw = {name: tuple((y + shift).tolist()) for name, shift in (("y", 0.0), ("low", -0.5), ("high", 0.5))}
        role = "proxy" if index % 2 else "metric"
        series.append(Series(name=f"arm {index}", arm=f"arm {index}", index=index + 1, role=role, x=x, **raw))
    return PanelSpec(
        title="KL", subtitle="", x=Axis(label="training step"), y=Axis(label="KL", unit="nats"), series=tuple(series)
    )


def main() -> None:
    """Pans the chart over a third of its width, at full sight and zoomed in, and says how fast that was."""
    application = make_application(["benchmark"])
    look = Look("light")
    look.dress()
    card = ChartCard("KL")
    card.setStyleSheet(look.sheet())
    card.resize(900, 500)
    card.show()
    begin = time.perf_counter()
    card.show_panel(panel(), look.scheme)
    frame(application, card)
    print(f"first drawn after {time.perf_counter() - begin:.2f} s")
    for words, width in (("all of it", 1.0), ("a tenth of it", 0.1)):
        span = width * N_POINTS
        begin, began = time.process_time(), time.perf_counter()
        for at in range(N_FRAMES):
            left = at / N_FRAMES * N_POINTS / 3
            card.chart.setXRange(left, left + span, padding=0)
            frame(application, card)
        own, wall = time.process_time() - begin, time.perf_counter() - began
        print(f"{words}: {N_FRAMES / wall:.0f} frames a second by the clock, {N_FRAMES / own:.0f} of processor time")


def frame(application: QApplication, card: ChartCard) -> None:
    """Draws what has changed, once: moving has asked for it."""
    application.processEvents()


if __name__ == "__main__":
    main()
