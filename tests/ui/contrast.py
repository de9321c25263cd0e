"""The contrast of two colours as WCAG 2.2 defines it, and what a translucent colour looks like on its ground."""

import re


def contrast(first: str, second: str) -> float:
    """Returns the ratio, from 1 to 21, of two opaque colours as #rrggbb."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def over(colour: str, ground: str) -> str:
    """Returns how rgba(r, g, b, a) with a from 0 to 255 looks on an opaque ground."""
    *front, alpha = (int(part) for part in re.findall(r"\d+", colour))
    mixed = (round(f * alpha / 255 + g * (1 - alpha / 255)) for f, g in zip(front, _parts(ground), strict=True))
    return "#" + "".join(f"{part:02X}" for part in mixed)


def _luminance(colour: str) -> float:
    return sum(
        share * _linear(part / 255) for share, part in zip((0.2126, 0.7152, 0.0722), _parts(colour), strict=True)
    )


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _parts(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
