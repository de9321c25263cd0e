"""The look of everything that is kept: colours of arms, light and dark grounds. Colours are Okabe and Ito's (2008)."""

from dataclasses import dataclass

# In an order in which neighbours differ in hue and in lightness, so that they can be told apart in grey as well.
_ARMS = ("#D55E00", "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#CC79A7")
_ARMS_ON_DARK = ("#EE8048", "#3489CC", "#8CCBF2", "#2DBE92", "#F0B429", "#DE9AC0")
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


LIGHT = Theme("light", "#FFFFFF", "#1B1F24", "#5B6470", "#E6E8EB", "#7F868F", _ARMS)
DARK = Theme("dark", "#15181D", "#E8EAED", "#A2ABB6", "#2C323A", "#9AA2AD", _ARMS_ON_DARK)
