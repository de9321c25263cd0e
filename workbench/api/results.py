"""Results: draw the charts, write the report."""

from pathlib import Path

from workbench.api.comparisons import compare_runs
from workbench.compare import Comparison
from workbench.domain.errors import BadInput
from workbench.export.figures import draw_panels
from workbench.export.report import write_report
from workbench.export.series import write_series_csv
from workbench.storage.preferences import read_preferences
from workbench.storage.project import Project

__all__ = ["export_report", "write_all_charts", "write_charts"]
FIGURE_SUFFIXES = (".svg", ".png", ".pdf")


def write_charts(comparison: Comparison, out: Path, *, dark: bool = False) -> list[Path]:
    """Writes the three panels as a figure, or their series as CSV, by the file's ending.

    Raises:
        BadInput: an ending that is none of .svg, .png, .pdf, .csv.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".csv":
        write_series_csv(comparison.panels, out)
    elif out.suffix in FIGURE_SUFFIXES:
        draw_panels(comparison.panels, out, dark=dark, palette=read_preferences().look.palette)
    else:
        raise BadInput(
            f"{out} ends in {out.suffix or 'nothing'!r}; expected .svg, .png, .pdf or .csv.", "Rename --out."
        )
    return [out]


def write_all_charts(comparison: Comparison, folder: Path, name: str) -> list[Path]:
    """Writes the panels in every format: SVG, PNG, PDF and the series as CSV."""
    suffixes = (*FIGURE_SUFFIXES, ".csv")
    return [path for suffix in suffixes for path in write_charts(comparison, folder / f"{name}{suffix}")]


def export_report(project: Project, out: Path, *, comparison: Comparison | None = None) -> Path:
    """Writes the comparison as one HTML file that needs nothing else.

    Raises:
        NotFound: nothing has been evaluated yet.
        BadInput: the file does not end in .html.
    """
    if out.suffix not in (".html", ".htm"):
        raise BadInput(f"{out} ends in {out.suffix or 'nothing'!r}; expected .html.", "Rename --out.")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_report(comparison or compare_runs(project), project, out)
    return out
