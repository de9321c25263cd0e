"""Charts inside a page: vector drawings of their own, once for light pages and once for dark ones."""

import re
from collections.abc import Sequence

from workbench.compare.specs import PanelSpec
from workbench.domain.figures import FigureStyle, Ground
from workbench.export.figures import render
from workbench.export.markup import Markup, join, tag

_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_GROUNDS: tuple[Ground, ...] = ("light", "dark")
_ID = re.compile(r'(\bid="|href="#|url\(#)')


def inline_charts(panels: Sequence[PanelSpec]) -> Markup:
    """Returns the panels side by side; the reader's system decides whether the light or the dark drawing is shown."""
    words = ", ".join(f"{panel.title} over {panel.x.label}" for panel in panels)
    figures = [
        tag("div", _as_element(render(panels, ".svg", FigureStyle(ground=ground)), ground), class_=f"chart {ground}", role="img",
            aria_label=words)
        for ground in _GROUNDS
    ]  # fmt: skip
    return tag("div", join(*figures), class_="scroll")


def _as_element(svg: bytes, prefix: str) -> Markup:
    text = svg.decode()
    text = _METADATA.sub("", text[text.index("<svg") :])
    # Ids count for the whole page: both drawings define the same letters.
    return Markup(_ID.sub(lambda found: f"{found[1]}{prefix}-", text))
