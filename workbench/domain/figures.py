"""How a figure is drawn for keeps: its size, its resolution, its ground, its letters."""

from typing import Literal

from workbench.domain.settings import Settings, setting

Ground = Literal["light", "dark"]
Font = Literal["sans", "serif"]
MM = 25.4  # an inch


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
        100.0, label="Height", unit="mm", help="Of the whole figure, legend and small print included.", ge=30, le=1200
    )
    dpi: int = setting(200, label="Resolution", unit="dpi", help="Of PNG files; SVG and PDF have none.", ge=50, le=1200)
    ground: Ground = setting("light", label="Ground", help="Colours for a light or for a dark page.")
    font: Font = setting(
        "sans", label="Font", help="Letters without or with serifs; both are drawn the same everywhere."
    )

    @property
    def inches(self) -> tuple[float, float]:
        """Width and height in inches."""
        return self.width / MM, self.height / MM

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of a PNG."""
        width, height = self.inches
        return round(width * self.dpi), round(height * self.dpi)
