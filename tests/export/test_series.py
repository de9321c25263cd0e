import csv

from evaluated_runs import PaperRuns

from workbench.compare import compare_runs
from workbench.export.series import COLUMNS, write_series_csv


def rows_of(panels, folder) -> list[dict[str, str]]:
    path = folder / "series.csv"
    write_series_csv(panels, path)
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_point_of_every_curve_is_one_line(comparison, tmp_path):
    rows = rows_of(comparison.panels, tmp_path)
    assert len(rows) == sum(len(series.x) for panel in comparison.panels for series in panel.series)
    assert tuple(rows[0]) == COLUMNS


def test_numbers_come_back_exactly(comparison, tmp_path):
    rows = rows_of(comparison.panels, tmp_path)
    series = comparison.panels[0].series[0]
    assert [float(row["y"]) for row in rows[: len(series.y)]] == list(series.y)
    assert rows[0]["y_name"] == "reward above start (s.d.)"


def test_a_name_that_a_spreadsheet_would_run_is_kept_as_text(runs: PaperRuns, tmp_path):
    runs.start()
    runs.arm('=HYPERLINK("x")', {100: [1.0] * 8})
    assert {row["arm"] for row in rows_of(compare_runs(runs.project).panels, tmp_path)} == {'\'=HYPERLINK("x")'}
