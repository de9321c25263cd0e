"""The look of everything that is kept: colours of arms, light and dark grounds."""

from dataclasses import dataclass

from workbench.domain.preferences import PaletteName

# On a light and on a dark ground, in an order in which neighbours differ in hue and in lightness, so that they can be told
# apart in grey as well. Okabe and Ito (2008); Paul Tol, "Colour schemes", SRON/EPS/TN/09-002, issue 3.2 (2021), his
# yellow left out, which is lost on white. Those for a dark ground are lightened until they reach 4.5:1 there.
_PALETTES: dict[PaletteName, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "okabe-ito": (
        ("#D55E00", "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#CC79A7"),
        ("#EE8048", "#3A90D6", "#8CCBF2", "#2DBE92", "#F0B429", "#DE9AC0"),
    ),
    "tol-bright": (
        ("#4477AA", "#EE6677", "#228833", "#AA3377", "#66CCEE"),
        ("#6C9FD2", "#F58A97", "#4FB866", "#D673AC", "#8ADCF7"),
    ),
    "tol-vibrant": (
        ("#EE7733", "#0077BB", "#33BBEE", "#CC3311", "#009988", "#EE3377"),
        ("#F59A63", "#3F9BDC", "#6ED0F5", "#F0705A", "#2FBFAE", "#F56F9F"),
    ),
}
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


@dataclass(frozen=True)
class Theme:
    """The colours of one ground. `reference` is the start model's, which is always grey."""

    name: str
    ground: str
    ink: str
    muted: str
    grid: str
    reference: str
    arms: tuple[str, ...]

    def colour(self, index: int) -> str:
        """Returns the colour of the arm at a place of a comparison; place 0 is the start model's."""
        return self.reference if index == 0 else self.arms[(index - 1) % len(self.arms)]

    def marker(self, index: int) -> str:
        """Returns the arm's marker, which tells it from the others without colour."""
        return _MARKERS[index % len(_MARKERS)]


def make_theme(*, dark: bool, palette: PaletteName = "okabe-ito") -> Theme:
    """Returns the colours of charts on a light or a dark ground."""
    on_light, on_dark = _PALETTES[palette]
    if dark:
        return Theme("dark", "#15181D", "#E8EAED", "#A2ABB6", "#2C323A", "#9AA2AD", on_dark)
    return Theme("light", "#FFFFFF", "#1B1F24", "#5B6470", "#E6E8EB", "#7F868F", on_light)


LIGHT, DARK = make_theme(dark=False), make_theme(dark=True)
