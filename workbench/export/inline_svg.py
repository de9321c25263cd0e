"""Charts inside a page: vector drawings of their own, once for light pages and once for dark ones."""

import re
from collections.abc import Sequence

from workbench.compare.specs import PanelSpec
from workbench.domain.figures import FigureStyle, Ground
from workbench.export.figures import render
from workbench.export.markup import Markup, tag

_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_GROUNDS: tuple[Ground, ...] = ("light", "dark")
_WIDTH = 130.0  # mm; the letters are readable where the page shows a chart half as wide
_ID = re.compile(r'(\bid="|href="#|url\(#)')


def inline_charts(panels: Sequence[PanelSpec]) -> Markup:
    """Returns a figure for each panel, as many side by side as there is room for, each with its caption.

    The reader's system decides whether the light or the dark drawings are shown.
    """
    return tag("div", *(_figure(panel, place) for place, panel in enumerate(panels)), class_="charts")


def _figure(panel: PanelSpec, place: int) -> Markup:
    drawings = [
        tag("div", _as_element(render([panel], ".svg", FigureStyle(width=_WIDTH, ground=ground)), f"{ground}{place}"),
            class_=f"chart {ground}", role="img", aria_label=f"{panel.title} over {panel.x.label}")
        for ground in _GROUNDS
    ]  # fmt: skip
    caption = tag("figcaption", tag("b", f"{panel.title}. "), panel.caption) if panel.caption else None
    return tag("figure", *drawings, caption)


def _as_element(svg: bytes, prefix: str) -> Markup:
    text = svg.decode()
    text = _METADATA.sub("", text[text.index("<svg") :])
    # Ids count for the whole page: all drawings define the same letters.
    return Markup(_ID.sub(lambda found: f"{found[1]}{prefix}-", text))
