"""Panels as figures that people keep: SVG, PDF and PNG, drawn without a window and the same to the byte each time."""

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, MaxNLocator

from workbench.compare.specs import ENVELOPE, Axis, PanelSpec, Series
from workbench.domain.errors import BadInput
from workbench.domain.figures import FigureStyle
from workbench.domain.preferences import PaletteName
from workbench.export.theme import Theme, make_theme
from workbench.storage.files import write_bytes

_FONTS = {"sans": "DejaVu Sans", "serif": "DejaVu Serif"}  # come with matplotlib: the same letters on every computer
_SUFFIXES = (".svg", ".pdf", ".png")
# Dates and random ids would make the same comparison another file each time it is drawn.
_NO_DATE: dict[str, dict[str, None]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None, "ModDate": None}}
_CAPTION_CHARACTERS = 15.8  # of small print across an inch
_RAW_ALPHA = 0.35
_LEGEND_ROW, _LEGEND_SHARE = 0.22, 0.35  # inches of a row; the most of a figure's height that the legend takes
_MARKS = 8  # along a line that has a point for every step
_LINE_WIDTHS = {"proxy": 1.4, "held_out": 1.4, "fit": 0.9, "point": 0.8}
_LINE_STYLES: dict[str, Any] = {
    "proxy": (0, (4, 2)),
    "held_out": (0, (1, 1.5)),
    "fit": (0, (6, 2, 1, 2)),
    "point": (0, (1, 1)),
}
_HOLLOW = ("proxy", "held_out")
_MARKED = ("gold", "point", *_HOLLOW)  # measured at single places, checkpoints or not


def draw_panels(
    panels: Sequence[PanelSpec],
    path: Path,
    style: FigureStyle | None = None,
    *,
    palette: PaletteName = "okabe-ito",
    note: str = "",
) -> None:
    """Draws panels side by side into a file; the ending says which kind.

    Args:
        panels: what to draw.
        path: ends in .svg, .pdf or .png.
        style: size, resolution, ground and letters.
        palette: the colours of the arms.
        note: small print under the figure; empty takes what the panels have in common.

    Raises:
        BadInput: another ending.
    """
    if path.suffix not in _SUFFIXES:
        raise BadInput(f"{path} ends in {path.suffix or 'nothing'!r}; expected .svg, .pdf or .png.", "Rename it.")
    write_bytes(path, render(panels, path.suffix, style, palette=palette, note=note))


def render(
    panels: Sequence[PanelSpec],
    suffix: str,
    style: FigureStyle | None = None,
    *,
    palette: PaletteName = "okabe-ito",
    note: str = "",
) -> bytes:
    """Returns the figure as a file's content; see `draw_panels`."""
    style = style or FigureStyle()
    theme = make_theme(dark=style.ground == "dark", palette=palette)
    with _settings(theme, style):
        figure = _figure(panels, theme, style, note)
        content = io.BytesIO()
        metadata = _NO_DATE.get(suffix)
        figure.savefig(content, format=suffix[1:], dpi=style.dpi, facecolor=theme.ground, metadata=metadata)
    return content.getvalue()


@contextmanager
def _settings(theme: Theme, style: FigureStyle) -> Iterator[None]:
    with mpl.rc_context(
        {
            "font.family": _FONTS[style.font],
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


def _figure(panels: Sequence[PanelSpec], theme: Theme, style: FigureStyle, note: str) -> Figure:
    width, height = style.inches(len(panels))
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    handles = _legend(panels, theme, width, max(1, int(_LEGEND_SHARE * height / _LEGEND_ROW)))
    lines = textwrap.wrap(note or _common_note(panels), max(20, int(_CAPTION_CHARACTERS * width)))
    per_row = _entries_per_row(handles, width)
    n_rows = -(-len(handles) // per_row)
    foot = (0.20 + 0.15 * len(lines) + _LEGEND_ROW * n_rows) / height
    figure.set_layout_engine("constrained", rect=(0.006, foot, 0.988, 0.985 - foot), w_pad=0.09, wspace=0.03)
    n_columns = style.across(len(panels))
    grid = figure.subplots(-(-len(panels) // n_columns), n_columns, squeeze=False).ravel()
    for axes, panel in zip(grid, panels, strict=False):
        _draw(axes, panel, theme)
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
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
    for span in panel.spans:
        colour = theme.colour(span.index)
        axes.axvspan(span.low, span.high, color=colour, alpha=0.12, linewidth=0, zorder=0.5)
        axes.axvline(span.at, color=colour, linewidth=0.9, linestyle=(0, (6, 2, 1, 2)), zorder=1.6)
    _label(axes, panel, theme)


def _draw_series(axes: Axes, series: Series, theme: Theme) -> None:
    if series.role == "envelope":
        axes.fill_between(series.x, series.low, series.high, color=theme.muted, alpha=0.14, linewidth=0, zorder=1.2)
        axes.plot(series.x, series.y, color=theme.muted, linewidth=1.2, zorder=1.8)
        return
    colour = theme.colour(series.index)
    dashed = series.role in _HOLLOW
    if series.role == "point":
        axes.vlines(series.x, series.low, series.high, color=colour, alpha=0.45, linewidth=1.2)
    else:
        axes.fill_between(series.x, series.low, series.high, color=colour, alpha=0.10 if dashed else 0.18, linewidth=0)
    marks: dict[str, Any] = {
        "marker": "" if series.role == "fit" else theme.marker(series.index),  # marks stand for what was measured
        "markevery": _marked(series),
        "markersize": 3.6 if dashed else 4.4,
        "markerfacecolor": theme.ground if dashed else colour,
        "markeredgewidth": 0.9,
    }
    if series.raw:
        axes.plot(series.x, series.raw, color=(colour, _RAW_ALPHA), linewidth=0.8, markeredgecolor=colour, **marks)
        marks = {}  # they stand at what was measured
    axes.plot(
        series.x,
        series.y,
        color=colour,
        linewidth=_LINE_WIDTHS.get(series.role, 1.8),
        linestyle=_LINE_STYLES.get(series.role, "-"),
        solid_capstyle="round",
        **marks,
    )


def _marked(series: Series) -> tuple[int, int]:
    """Returns the first and every which point has the arm's mark: all that were measured, some of a dense line.

    Marks tell lines apart in grey; those of arms that are close together stand beside one another.
    """
    if series.steps or series.role in _MARKED or len(series.x) <= _MARKS:
        return 0, 1
    every = len(series.x) // _MARKS
    return (series.index * every // 7) % every, every


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
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=panel.x.label not in ("KL to the start model", "√KL")))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    if axes.get_xlim()[1] >= 10_000:
        axes.xaxis.set_major_formatter(EngFormatter(sep="\N{THIN SPACE}"))
    axes.margins(x=0.03, y=0.06)


def _words(axis: Axis) -> str:
    return f"{axis.label} ({axis.unit})" if axis.unit else axis.label


def _legend(panels: Sequence[PanelSpec], theme: Theme, width: float, most_rows: int) -> list[Line2D]:
    """Returns the legend's entries: of more arms than have room, the first ones and how many more there are."""
    arms, roles = _arm_entries(panels, theme), _role_entries(panels, theme)
    handles = [*arms, *roles]
    for n in range(len(arms) - 1, 0, -1):
        if -(-len(handles) // _entries_per_row(handles, width)) <= most_rows:
            break
        rest = Line2D([], [], linestyle="none", label=f"and {len(arms) - n} more arms")
        handles = [*arms[:n], rest, *roles]
    return handles


def _arm_entries(panels: Sequence[PanelSpec], theme: Theme) -> list[Line2D]:
    drawn = [series for panel in panels for series in panel.series]
    arms = {series.arm: series.index for series in drawn if series.role != "envelope"}
    return [
        Line2D([], [], color=theme.colour(i), marker=theme.marker(i), markersize=4.4, linewidth=1.8, label=_short(name))
        for name, i in sorted(arms.items(), key=lambda item: item[1])
    ]


def _role_entries(panels: Sequence[PanelSpec], theme: Theme) -> list[Line2D]:
    roles = {series.role for panel in panels for series in panel.series}
    entries = []
    if "proxy" in roles:
        entries.append(
            Line2D(
                [],
                [],
                color=theme.muted,
                linewidth=1.8,
                label=" or ".join(dict.fromkeys(panel.score for panel in panels)),
            )
        )
        entries.append(Line2D([], [], color=theme.muted, linewidth=1.4, linestyle=(0, (4, 2)), label="proxy"))
    if "held_out" in roles:
        entries.append(
            Line2D([], [], color=theme.muted, linewidth=1.4, linestyle=(0, (1, 1.5)), label="held-out judge")
        )
    if "fit" in roles:
        entries.append(
            Line2D(
                [],
                [],
                color=theme.muted,
                linewidth=0.9,
                linestyle=(0, (6, 2, 1, 2)),
                label="Gao's form, and where it turns",
            )
        )
    if "envelope" in roles:
        entries.append(Line2D([], [], color=theme.muted, linewidth=1.2, label=ENVELOPE))
    if any(panel.lines for panel in panels):
        entries.append(Line2D([], [], color=theme.muted, linewidth=0.9, linestyle=(0, (1, 2)), label="start model"))
    return entries


def _short(name: str, most: int = 28) -> str:
    # Names that are long often differ at their ends: "... beta 0.1", "... beta 0.3".
    return name if len(name) <= most else f"{name[: most // 2 - 1].rstrip()}…{name[-most // 2 :].lstrip()}"


def _common_note(panels: Sequence[PanelSpec]) -> str:
    """The last sentence of the captions, where all have the same: what the intervals are over."""
    banded = [panel for panel in panels if panel.caption and not _is_scatter(panel)] or panels
    endings = {panel.caption.rstrip(".").rpartition(". ")[2] for panel in banded if panel.caption}
    return f"Bands: {endings.pop()}." if len(endings) == 1 else ""


def _is_scatter(panel: PanelSpec) -> bool:
    return any(series.role == "point" for series in panel.series)
