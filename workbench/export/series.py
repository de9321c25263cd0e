"""The numbers behind the charts, as CSV: one line for each point of each curve."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from workbench.compare.specs import Axis, PanelSpec
from workbench.storage.files import write_bytes

COLUMNS = ("panel", "arm", "role", "x_name", "x", "y_name", "y", "low", "high", "raw", "responses")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_series_csv(panels: Sequence[PanelSpec], path: Path) -> None:
    """Writes every curve of the panels with its band, in the order drawn.

    Raises:
        DiskFull: there is no room for the file.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for panel in panels:
        for series in panel.series:
            names = (panel.title, as_text(series.arm), series.role)
            raws = series.raw or series.y  # the same where nothing was smoothed
            counts = series.counts or ("",) * len(series.x)
            for x, y, low, high, raw, n in zip(series.x, series.y, series.low, series.high, raws, counts, strict=True):
                rows.writerow([*names, _title(panel.x), x, _title(panel.y), y, low, high, raw, n])
    write_bytes(path, text.getvalue().encode())


def _title(axis: Axis) -> str:
    return f"{axis.label} ({axis.unit})" if axis.unit else axis.label


def as_text(name: str) -> str:
    """Returns a name as it may stand in a cell."""
    # A spreadsheet runs a cell that begins like a formula; the names of arms are whatever a project's author wrote.
    return f"'{name}" if name.startswith(_FORMULA) else name
