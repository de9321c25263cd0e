"""The window's colours by what they are for. Opaque ones are #rrggbb, which Qt's style sheets and QColor both read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tokens:
    """One ground's colours; `tint` and `hover` are rgba(...), because Qt reads #rrggbbaa as #aarrggbb."""

    is_dark: bool
    ground: str
    rail: str
    card: str
    field: str
    border: str
    ink: str
    muted: str
    accent: str
    on_accent: str
    tint: str  # behind what is selected
    hover: str
    good: str
    warn: str
    bad: str
    warn_ground: str
    bad_ground: str
    win: str  # of a matrix's cell that is above one half; faded by how far
    loss: str


LIGHT = Tokens(
    is_dark=False,
    ground="#F4F5F7",
    rail="#ECEEF1",
    card="#FFFFFF",
    field="#FFFFFF",
    border="#DFE2E7",
    ink="#1B1F24",
    muted="#535C68",
    accent="#1759C2",
    on_accent="#FFFFFF",
    tint="rgba(23, 89, 194, 34)",
    hover="rgba(27, 31, 36, 14)",
    good="#177544",
    warn="#8A5A00",
    bad="#B3261E",
    warn_ground="#FFF6E0",
    bad_ground="#FDECEA",
    win="#0072B2",
    loss="#D55E00",
)
DARK = Tokens(
    is_dark=True,
    ground="#121418",
    rail="#0E1013",
    card="#1B1E24",
    field="#14171C",
    border="#2E333C",
    ink="#E8EAED",
    muted="#A2ABB6",
    accent="#5B9BFF",
    on_accent="#0B1220",
    tint="rgba(91, 155, 255, 40)",
    hover="rgba(232, 234, 237, 18)",
    good="#4CC38A",
    warn="#F0B429",
    bad="#FF8A80",
    warn_ground="#2C2412",
    bad_ground="#331A1A",
    win="#3489CC",
    loss="#EE8048",
)
