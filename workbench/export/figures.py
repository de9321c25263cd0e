"""Panels as figures that people keep: SVG, PDF and PNG, drawn without a window and the same to the byte each time."""

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, MaxNLocator

from workbench.compare.panels import Axis, PanelSpec, Series
from workbench.domain.errors import BadInput
from workbench.domain.preferences import PaletteName
from workbench.export.theme import Theme, make_theme
from workbench.storage.files import write_bytes

WIDTH, HEIGHT = 12.0, 4.0  # inches, for three panels
_DPI = 200
_SUFFIXES = (".svg", ".pdf", ".png")
# Dates and random ids would make the same comparison another file each time it is drawn.
_NO_DATE: dict[str, dict[str, None]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None, "ModDate": None}}
_CAPTION_CHARACTERS = 190  # of small print across 12 inches


def draw_panels(
    panels: Sequence[PanelSpec],
    path: Path,
    *,
    dark: bool = False,
    palette: PaletteName = "okabe-ito",
    width: float = WIDTH,
    height: float = HEIGHT,
    note: str = "",
) -> None:
    """Draws panels side by side into a file; the ending says which kind.

    Args:
        panels: what to draw.
        path: ends in .svg, .pdf or .png.
        dark: for a dark page.
        palette: the colours of the arms.
        width, height: in inches.
        note: small print under the figure; empty takes what the panels have in common.

    Raises:
        BadInput: another ending.
    """
    if path.suffix not in _SUFFIXES:
        raise BadInput(f"{path} ends in {path.suffix or 'nothing'!r}; expected .svg, .pdf or .png.", "Rename it.")
    write_bytes(path, render(panels, path.suffix, dark=dark, palette=palette, width=width, height=height, note=note))


def render(
    panels: Sequence[PanelSpec],
    suffix: str,
    *,
    dark: bool = False,
    palette: PaletteName = "okabe-ito",
    width: float = WIDTH,
    height: float = HEIGHT,
    note: str = "",
) -> bytes:
    """Returns the figure as a file's content; see `draw_panels`."""
    theme = make_theme(dark=dark, palette=palette)
    with _settings(theme):
        figure = _figure(panels, theme, width, height, note)
        content = io.BytesIO()
        metadata = _NO_DATE.get(suffix)
        figure.savefig(content, format=suffix[1:], dpi=_DPI, facecolor=theme.ground, metadata=metadata)
    return content.getvalue()


@contextmanager
def _settings(theme: Theme) -> Iterator[None]:
    with mpl.rc_context(
        {
            "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every computer
            "font.size": 9,
            "svg.fonttype": "path",
            "svg.hashsalt": f"workbench-{theme.name}",
            "pdf.fonttype": 42,
            "path.simplify": True,
            "axes.edgecolor": theme.muted,
            "axes.labelcolor": theme.muted,
            "xtick.color": theme.muted,
            "ytick.color": theme.muted,
            "text.color": theme.ink,
            "text.parse_math": False,  # an arm may be called "$5"
        }
    ):
        yield


def _figure(panels: Sequence[PanelSpec], theme: Theme, width: float, height: float, note: str) -> Figure:
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    handles = _legend_entries(panels, theme)
    lines = textwrap.wrap(note or _common_note(panels), int(_CAPTION_CHARACTERS * width / WIDTH))
    per_row = _entries_per_row(handles, width)
    n_rows = -(-len(handles) // per_row)
    foot = (0.20 + 0.15 * len(lines) + 0.22 * n_rows) / height
    figure.set_layout_engine("constrained", rect=(0.006, foot, 0.988, 0.985 - foot), w_pad=0.09, wspace=0.03)
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _draw(axes, panel, theme)
    if handles:
        # Below the axes, so that it never covers data.
        figure.legend(
            handles=handles,
            loc="lower center",
            bbox_to_anchor=(0.5, (0.14 + 0.15 * len(lines)) / height),
            ncols=min(per_row, len(handles)),
            frameon=False,
            handlelength=2.6,
            columnspacing=1.8,
            borderaxespad=0,
            borderpad=0,
        )
    figure.text(0.5, 0.08 / height, "\n".join(lines), ha="center", va="bottom", fontsize=7.5, color=theme.muted)
    _settle(figure)
    return figure


def _settle(figure: Figure) -> None:
    """Fixes the layout: its solver's last digits differ from run to run, which would change the file."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        axes.set_position(tuple(round(value, 5) for value in axes.get_position().bounds))


def _entries_per_row(handles: Sequence[Line2D], width: float) -> int:
    widths = [0.75 + 0.072 * len(str(handle.get_label())) for handle in handles]  # inches: line, gap, letters
    if sum(widths) <= width - 0.4:
        return max(1, len(widths))
    return max(1, int((width - 0.4) // max(widths)))


def _draw(axes: Axes, panel: PanelSpec, theme: Theme) -> None:
    axes.set_facecolor(theme.ground)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=theme.grid, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(length=3, width=0.8)
    for series in panel.series:
        _draw_series(axes, series, theme)
    for line in panel.lines:
        draw = axes.axhline if line.axis == "y" else axes.axvline
        draw(line.value, color=theme.muted, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1.5)
    _label(axes, panel, theme)


def _draw_series(axes: Axes, series: Series, theme: Theme) -> None:
    colour = theme.colour(series.index)
    dashed = series.role == "proxy"
    axes.fill_between(series.x, series.low, series.high, color=colour, alpha=0.10 if dashed else 0.18, linewidth=0)
    axes.plot(
        series.x,
        series.y,
        color=colour,
        linewidth=1.4 if dashed else 1.8,
        linestyle=(0, (4, 2)) if dashed else "-",
        marker=theme.marker(series.index),
        markersize=3.6 if dashed else 4.4,
        markerfacecolor=theme.ground if dashed else colour,
        markeredgewidth=0.9,
        solid_capstyle="round",
    )


def _label(axes: Axes, panel: PanelSpec, theme: Theme) -> None:
    axes.set_title(panel.title, loc="left", fontsize=10.5, fontweight="bold", pad=17)
    axes.annotate(
        panel.subtitle,
        xy=(0, 1),
        xycoords="axes fraction",
        xytext=(0, 5),
        textcoords="offset points",
        fontsize=8.5,
        color=theme.muted,
    )
    axes.set_xlabel(_words(panel.x))
    axes.set_ylabel(_words(panel.y))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=panel.x.label != "KL to the reference"))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    if axes.get_xlim()[1] >= 10_000:
        axes.xaxis.set_major_formatter(EngFormatter(sep="\N{THIN SPACE}"))
    axes.margins(x=0.03, y=0.06)


def _words(axis: Axis) -> str:
    return f"{axis.label} ({axis.unit})" if axis.unit else axis.label


def _legend_entries(panels: Sequence[PanelSpec], theme: Theme) -> list[Line2D]:
    arms = {series.arm: series.index for panel in panels for series in panel.series}
    entries = [
        Line2D([], [], color=theme.colour(i), marker=theme.marker(i), markersize=4.4, linewidth=1.8, label=_short(name))
        for name, i in sorted(arms.items(), key=lambda item: item[1])
    ]
    roles = {series.role for panel in panels for series in panel.series}
    if "proxy" in roles:
        entries.append(Line2D([], [], color=theme.muted, linewidth=1.8, label="gold"))
        entries.append(
            Line2D([], [], color=theme.muted, linewidth=1.4, linestyle=(0, (4, 2)), label="proxy (reward model)")
        )
    if any(panel.lines for panel in panels):
        entries.append(
            Line2D([], [], color=theme.muted, linewidth=0.9, linestyle=(0, (1, 2)), label="reference (start model)")
        )
    return entries


def _short(name: str, most: int = 28) -> str:
    # Names that are long often differ at their ends: "... beta 0.1", "... beta 0.3".
    return name if len(name) <= most else f"{name[: most // 2 - 1].rstrip()}…{name[-most // 2 :].lstrip()}"


def _common_note(panels: Sequence[PanelSpec]) -> str:
    """The last sentence of the captions, where all have the same: what the intervals are over."""
    endings = {panel.caption.rstrip(".").rpartition(". ")[2] for panel in panels if panel.caption}
    return f"Bands: {endings.pop()}." if len(endings) == 1 else ""
