"""Results: compare arms, draw the charts, write the report."""

from collections.abc import Sequence
from pathlib import Path

from workbench.compare import Comparison, XAxis
from workbench.compare import compare_runs as _compare
from workbench.domain.errors import BadInput
from workbench.export.figures import draw_panels
from workbench.export.report import write_report
from workbench.export.series import write_series_csv
from workbench.storage.project import Project

__all__ = ["Comparison", "compare_runs", "export_report", "write_all_charts", "write_charts"]
FIGURE_SUFFIXES = (".svg", ".png", ".pdf")


def compare_runs(
    project: Project, run_ids: Sequence[str] | None = None, *, x: XAxis = "step", experiment: str | None = None
) -> Comparison:
    """Compares runs, or all arms of the project, on what their evaluations measured.

    Args:
        project: the project.
        run_ids: the runs; None for all that were evaluated.
        x: what the panels are drawn over: step, episodes, tokens, seconds or kl.
        experiment: compares the arms of this experiment only.

    Raises:
        NotFound: no such run or experiment, or nothing has been evaluated yet.
    """
    return _compare(project, run_ids, x=x, experiment=experiment)


def write_charts(comparison: Comparison, out: Path, *, dark: bool = False) -> list[Path]:
    """Writes the three panels as a figure, or their series as CSV, by the file's ending.

    Raises:
        BadInput: an ending that is none of .svg, .png, .pdf, .csv.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".csv":
        write_series_csv(comparison.panels, out)
    elif out.suffix in FIGURE_SUFFIXES:
        draw_panels(comparison.panels, out, dark=dark)
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
    write_report(comparison or _compare(project, None), project, out)
    return out
