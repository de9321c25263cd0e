"""The few signs that the style sheet needs as images, drawn in the colours of the tokens."""

import shutil
import weakref
from pathlib import Path
from string import Template
from tempfile import mkdtemp

from workbench.ui.tokens import Tokens

_FRAME = Template(
    '<svg xmlns="http://www.w3.org/2000/svg" width="12" height="12" viewBox="0 0 12 12" fill="none" stroke="$colour" '
    'stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"><path d="$path"/></svg>'
)
_PATHS = {
    "down": "M2.5 4.5 L6 8 L9.5 4.5",
    "menu": "M2.5 4.5 L6 8 L9.5 4.5",
    "up": "M2.5 7.5 L6 4 L9.5 7.5",
    "left": "M7.5 2.5 L4 6 L7.5 9.5",
    "right": "M4.5 2.5 L8 6 L4.5 9.5",
    "check": "M2.5 6.3 L5 8.8 L9.5 3.4",
    "dash": "M3 6 L9 6",
    "dot": "M6 5.2 A0.8 0.8 0 1 1 5.99 5.2",
}
_ON_ACCENT = {"check", "dash", "dot", "menu"}


class Glyphs:
    """Keeps the images in a folder that goes away with it, at the latest when the program ends."""

    def __init__(self) -> None:
        self._place = mkdtemp(prefix="workbench-signs-")
        weakref.finalize(self, shutil.rmtree, self._place, ignore_errors=True)  # a TemporaryDirectory warns of going

    def folder(self, tokens: Tokens) -> str:
        """Returns the folder of the images in these colours.

        down.svg, up.svg, left.svg and right.svg are quiet; check.svg, dash.svg, dot.svg and menu.svg stand on the accent.
        """
        folder = Path(self._place) / ("dark" if tokens.is_dark else "light")
        if not folder.exists():
            folder.mkdir()
            for name, path in _PATHS.items():
                colour = tokens.on_accent if name in _ON_ACCENT else tokens.muted
                (folder / f"{name}.svg").write_text(_FRAME.substitute(colour=colour, path=path))
        return folder.as_posix()
