"""Charts inside a page: vector drawings of their own, once for light pages and once for dark ones."""

import re
from collections.abc import Sequence

from workbench.compare.panels import PanelSpec
from workbench.export.figures import render
from workbench.export.markup import Markup, join, tag

_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_ID = re.compile(r'(\bid="|href="#|url\(#)')


def inline_charts(panels: Sequence[PanelSpec]) -> Markup:
    """Returns the panels side by side; the reader's system decides whether the light or the dark drawing is shown."""
    words = ", ".join(f"{panel.title} over {panel.x.label}" for panel in panels)
    figures = [
        tag("div", _as_element(render(panels, ".svg", dark=dark), name), class_=f"chart {name}", role="img",
            aria_label=words)
        for name, dark in (("light", False), ("dark", True))
    ]  # fmt: skip
    return tag("div", join(*figures), class_="scroll")


def _as_element(svg: bytes, prefix: str) -> Markup:
    text = svg.decode()
    text = _METADATA.sub("", text[text.index("<svg") :])
    # Ids count for the whole page: both drawings define the same letters.
    return Markup(_ID.sub(lambda found: f"{found[1]}{prefix}-", text))
