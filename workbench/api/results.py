"""Results: draw the charts, write the report, hand over what was logged."""

from collections.abc import Collection, Sequence
from pathlib import Path

from workbench.api.comparisons import compare_runs
from workbench.compare import Comparison, PanelSpec
from workbench.domain.errors import BadInput, NotFound
from workbench.domain.figures import FigureStyle
from workbench.export.figures import draw_panels, render
from workbench.export.logged import SUFFIXES, write_logged
from workbench.export.report import REPORT_SUFFIXES, write_report
from workbench.export.series import write_series_csv
from workbench.storage.preferences import read_preferences
from workbench.storage.project import Project, nearest

__all__ = ["FigureStyle", "export_logged", "export_report", "preview_charts", "write_all_charts", "write_charts"]
FIGURE_SUFFIXES = (".svg", ".png", ".pdf")


def write_charts(
    comparison: Comparison, out: Path, style: FigureStyle | None = None, *, panel: str | None = None
) -> list[Path]:
    """Writes the panels as a figure, or their series as CSV, by the file's ending.

    Args:
        comparison: what is drawn.
        out: the file.
        style: size, resolution, ground and letters of a figure.
        panel: draws this panel of the comparison's view alone.

    Raises:
        BadInput: an ending that is none of .svg, .png, .pdf, .csv.
        NotFound: the view has no such panel.
    """
    panels = _panels(comparison, panel)
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".csv":
        write_series_csv(panels, out)
    elif out.suffix in FIGURE_SUFFIXES:
        draw_panels(panels, out, style, palette=read_preferences().look.palette)
    else:
        raise BadInput(
            f"{out} ends in {out.suffix or 'nothing'!r}; expected .svg, .png, .pdf or .csv.", "Rename --out."
        )
    return [out]


def preview_charts(comparison: Comparison, style: FigureStyle | None = None, *, panel: str | None = None) -> bytes:
    """Returns the figure that `write_charts` would write, as a PNG of a screen's resolution.

    Raises:
        NotFound: the view has no such panel.
    """
    shown = (style or FigureStyle()).model_copy(update={"dpi": 96})
    return render(_panels(comparison, panel), ".png", shown, palette=read_preferences().look.palette)


def write_all_charts(comparison: Comparison, folder: Path, name: str) -> list[Path]:
    """Writes the panels in every format: SVG, PNG, PDF and the series as CSV."""
    suffixes = (*FIGURE_SUFFIXES, ".csv")
    return [path for suffix in suffixes for path in write_charts(comparison, folder / f"{name}{suffix}")]


def export_report(project: Project, out: Path, *, comparison: Comparison | None = None) -> list[Path]:
    """Writes the comparison as one HTML file that needs nothing else, or as Markdown with its charts beside it.

    Args:
        project: the project.
        out: ends in .html or .md.
        comparison: None compares the whole project.

    Returns:
        What was written, the report first.

    Raises:
        NotFound: nothing has been evaluated yet.
        BadInput: the file ends in something else.
    """
    if out.suffix not in REPORT_SUFFIXES:
        raise BadInput(f"{out} ends in {out.suffix or 'nothing'!r}; expected .html or .md.", "Rename --out.")
    out.parent.mkdir(parents=True, exist_ok=True)
    return write_report(comparison or compare_runs(project), project, out)


def export_logged(
    project: Project, out: Path, *, run_ids: Sequence[str] | None = None, metrics: Collection[str] | None = None
) -> Path:
    """Writes every metric that runs logged, at every step, as one table: CSV, or Parquet, by the file's ending.

    Args:
        project: the project.
        out: the file.
        run_ids: the runs; None for all.
        metrics: those wanted; None for all.

    Raises:
        NotFound: no such run or metric, or nothing has been logged yet.
        BadInput: an ending that is neither .csv nor .parquet.
        DiskFull: there is no room for the file.
    """
    if out.suffix not in SUFFIXES:
        raise BadInput(f"{out} ends in {out.suffix or 'nothing'!r}; expected .csv or .parquet.", "Rename --out.")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_logged(project, out, run_ids, metrics)
    return out


def _panels(comparison: Comparison, panel: str | None) -> tuple[PanelSpec, ...]:
    if panel is None:
        return comparison.panels
    names = comparison.view.panels
    if panel not in names:
        raise NotFound(f"The view has no panel `{panel}`.", nearest(panel, names, "panel"))
    return (comparison.panels[names.index(panel)],)
