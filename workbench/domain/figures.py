"""How a figure is drawn for keeps: its size, its resolution, its ground, its letters."""

from typing import Literal

from workbench.domain.settings import Settings, setting

Ground = Literal["light", "dark"]
Font = Literal["sans", "serif"]
MM = 25.4  # an inch
_LEAST, _TALLEST = 66.0, 100.0  # mm that a panel needs for its words, and that one row of them takes at most


class FigureStyle(Settings):
    """The settings of an exported figure."""

    width: float = setting(
        300.0,
        label="Width",
        unit="mm",
        help="Of the whole figure. A column of a paper has about 85 mm, a page 170, a slide 300.",
        ge=40,
        le=1200,
    )
    height: float = setting(
        0.0,
        label="Height",
        unit="mm",
        help="Of the whole figure, legend and small print included; 0: as much as its panels need.",
        ge=0,
        le=2400,
    )
    dpi: int = setting(200, label="Resolution", unit="dpi", help="Of PNG files; SVG and PDF have none.", ge=50, le=1200)
    ground: Ground = setting("light", label="Background", help="Colours for a light or for a dark page.")
    font: Font = setting(
        "sans", label="Font", help="Letters without or with serifs; both are drawn the same everywhere."
    )

    def across(self, n_panels: int) -> int:
        """Returns how many panels stand side by side: as many as leave each the width that its words need."""
        most = 2 if n_panels == 4 else 3
        return max(1, min(n_panels, most, int(self.width / _LEAST)))

    def inches(self, n_panels: int) -> tuple[float, float]:
        """Returns width and height of a figure of so many panels, in inches."""
        across = self.across(n_panels)
        row = min(_TALLEST, max(_LEAST, self.width / across * 0.95))
        return self.width / MM, (self.height or row * -(-n_panels // across)) / MM

    def pixels(self, n_panels: int) -> tuple[int, int]:
        """Returns width and height of a PNG of so many panels."""
        width, height = self.inches(n_panels)
        return round(width * self.dpi), round(height * self.dpi)
